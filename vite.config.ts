import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

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
  worker: { format: 'es' },
  server: { host: '127.0.0.1' },
  preview: { host: '127.0.0.1' },
});
