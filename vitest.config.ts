import { defineConfig } from 'vitest/config';

// Unit tests stand beside their files. The app's own build settings (vite.config.ts) are not wanted here: these tests run in Node.js.
export default defineConfig({
  test: {
    include: ['{src,e2e,bench,.ci}/**/*.test.{ts,tsx}'],
    environment: 'node',
    // Property tests and simulations on a busy machine; a hang is still a failure.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
