import { defineConfig, type Plugin } from "vite";

/** Where `npm run dev` finds a running `baton dev`. */
const server = "http://127.0.0.1:8080";

/** What SVG takes as an attribute as well as in a style (SVG 2, 6.1). */
const PRESENTATION = /^(fill|opacity|stroke(-\w+)*)$/;

/**
 * Some packages write styles into markup, which the pages' policy forbids. Those of pictures become attributes; the
 * one that sizes the properties panel stands in `modeler.css` instead.
 */
function withoutInlineStyles(): Plugin {
  return {
    name: "without-inline-styles",
    transform(code, id) {
      if (!/node_modules\/(bpmn-js|diagram-js|@bpmn-io|(bpmn|dmn)-js-properties-panel)\//.test(id) || !code.includes(' style="')) return null;
      return {
        code: code.replaceAll(/ style="([^"\\]*)"/g, (whole, style: string) => {
          const rules = style.split(";").map((rule) => rule.split(":").map((part) => part.trim())).filter((rule) => rule.length === 2);
          if (style === "height: 100%") return "";
          if (!rules.length || !rules.every(([name = ""]) => PRESENTATION.test(name))) return whole;
          return rules.map(([name, value]) => ` ${name}="${value}"`).join("");
        }),
        map: null,
      };
    },
  };
}

/** The files of dmn-js that write styles into markup; what they say stands in `decisions.css` instead. */
function withoutStylesOfDecisions(): Plugin {
  return {
    name: "without-styles-of-decisions",
    transform(code, id) {
      const logo = /node_modules\/dmn-js-shared\/lib\/util\/PoweredByUtil\.js/.test(id);
      if (!logo && !/node_modules\/dmn-js-decision-table\/lib\/features\/drag-and-drop\/DragAndDrop\.js/.test(id)) return null;
      if (!code.includes('style="')) throw new Error("dmn-js has changed: look how it writes its styles now");
      // the logo of bpmn.io stays where it is seen, in the colour of the text
      const without = logo ? code.replaceAll(/style="[^"]*"/g, "").replaceAll('fill="#000000"', 'fill="currentColor"') : code.replace(/style="[^"]*"/, 'class="dmn-drag-image"');
      return { code: without, map: null };
    },
  };
}

/** CodeMirror writes its styles into an element of the page, which the policy forbids; sheets that are adopted it allows. */
function withAdoptedStyles(): Plugin {
  const asked = "!root.head && root.adoptedStyleSheets";
  return {
    name: "with-adopted-styles",
    transform(code, id) {
      if (!/node_modules\/style-mod\//.test(id)) return null;
      if (!code.includes(asked)) throw new Error("style-mod has changed: look how it adds its styles now");
      return { code: code.replace(asked, "root.adoptedStyleSheets"), map: null };
    },
  };
}

/** The properties panel brings a Preact of its own; what the packages of bpmn.io draw together must be drawn by one. */
function withOnePreact(): Plugin {
  return {
    name: "with-one-preact",
    enforce: "pre",
    resolveId(source, importer, options) {
      const own = /^@bpmn-io\/properties-panel\/(preact(\/.*)?)$/.exec(source)?.[1];
      const beside = importer && /@bpmn-io\/properties-panel\/dist\//.test(importer) ? /^\.\.\/(preact(\/.*)?)$/.exec(source)?.[1] : undefined;
      const wanted = own ?? beside;
      return wanted === undefined ? null : this.resolve(wanted, new URL("src/main.tsx", import.meta.url).pathname, { ...options, skipSelf: true });
    },
  };
}

export default defineConfig({
  base: "/",
  plugins: [withoutInlineStyles(), withoutStylesOfDecisions(), withAdoptedStyles(), withOnePreact()],
  resolve: { dedupe: ["preact"] },
  build: {
    outDir: "../static",
    emptyOutDir: true,
    assetsDir: "assets",
    assetsInlineLimit: 0, // the page's policy lets nothing in that is written into the page itself, but for pictures
    modulePreload: { polyfill: false },
    target: "es2022",
    cssTarget: ["chrome123", "edge123", "firefox120", "safari17.5"], // the first that know light-dark(), of 2024 at the latest
    chunkSizeWarningLimit: 3000,
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { proxy: { "/engine-rest": server, "/api": server, "/login": server, "/setup": server } },
});
