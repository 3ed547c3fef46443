import { defineConfig } from "vite";

// The build is committed and embedded into the router, so that Go alone builds everything: file names must not depend
// on the machine, and every address is relative, so that the router may stand behind a path.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    assetsInlineLimit: 0, // the content security policy allows no data: scripts
    chunkSizeWarningLimit: 8000,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // "use client" directives of libraries mean nothing here.
      onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning),
    },
  },
  worker: { format: "es" },
});
