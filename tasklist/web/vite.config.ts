import { defineConfig } from "vite";

/** Where `npm run dev` finds a running `baton dev`. */
const server = "http://127.0.0.1:8080";

export default defineConfig({
  base: "/",
  build: {
    outDir: "../static",
    emptyOutDir: true,
    assetsDir: "assets",
    assetsInlineLimit: 0, // the page's policy lets nothing in that is written into the page itself, but for pictures
    modulePreload: { polyfill: false },
    target: "es2022",
    chunkSizeWarningLimit: 3000,
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { proxy: { "/engine-rest": server, "/api": server, "/login": server, "/setup": server } },
});
