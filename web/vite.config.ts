/** How the pages are built: into dist/pages, nothing inline, nothing from elsewhere. */

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [svelte({ configFile: false, compilerOptions: { runes: true, modernAst: true } })],
  build: {
    outDir: '../dist/pages',
    emptyOutDir: true,
    target: 'es2023',
    // The policy that the pages are sent with allows neither scripts nor images inside of documents.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Which plugin takes how long is nobody's business who builds.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});
