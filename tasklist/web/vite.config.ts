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
      if (!/node_modules\/(bpmn-js|diagram-js|@bpmn-io|bpmn-js-properties-panel)\//.test(id) || !code.includes(' style="')) return null;
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

export default defineConfig({
  base: "/",
  plugins: [withoutInlineStyles()],
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
