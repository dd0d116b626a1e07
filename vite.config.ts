import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/**
 * Zod carries its messages in 50 languages, a fifth of the node worker's code. The interface speaks English (its `code` is what programs read), and
 * that language is set by an import of its own.
 */
const withoutZodLanguages: Plugin = {
  name: 'sett-without-zod-languages',
  enforce: 'pre',
  resolveId: (source, importer) =>
    source.endsWith('/locales/index.js') && importer?.includes('/node_modules/zod/') ? '\0no-languages' : undefined,
  load: (id) => (id === '\0no-languages' ? 'export {};' : undefined),
};

/** The app is served by our own relay (or any static host) under a strict content security policy: no inline script, no eval. */
export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2024',
    sourcemap: true,
    // Inlined assets would be `data:` URLs, which the policy does not allow for scripts and workers.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
  },
  worker: { format: 'es', plugins: () => [withoutZodLanguages] },
  server: { host: '127.0.0.1' },
  preview: { host: '127.0.0.1' },
});
