import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import react from '@vitejs/plugin-react';
import { build, defineConfig, type Plugin, type ResolvedConfig } from 'vite';

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

/** Served from the root, so that its scope is the whole app. */
const SERVICE_FILE = 'service.js';
/** Below it names carry a hash of the content; everything else needs a revision. */
const HASHED = 'assets/';
/** For developers only. */
const LEFT_OUT = /\.map$/;

interface AppFile {
  readonly url: string;
  readonly revision: string | null;
}

/** Builds the service worker after the app, with the list of the app's files in it. Test pages, which have another root, go without. */
function serviceWorker(entry: string): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'sett-service-worker',
    apply: 'build',
    configResolved(resolved) {
      config = resolved;
    },
    async closeBundle() {
      if (config.root !== import.meta.dirname) return;
      const { outDir, sourcemap } = config.build;
      const directory = resolve(config.root, outDir);
      await build({
        configFile: false,
        publicDir: false,
        logLevel: config.logLevel ?? 'info',
        define: {
          SETT_FILES: JSON.stringify(await filesOf(directory)),
          'process.env.NODE_ENV': JSON.stringify('production'),
        },
        build: {
          outDir: directory,
          emptyOutDir: false,
          sourcemap,
          target: config.build.target,
          lib: { entry, formats: ['iife'], name: 'sett', fileName: () => SERVICE_FILE },
        },
      });
    },
  };
}

async function filesOf(directory: string): Promise<AppFile[]> {
  const files: AppFile[] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || LEFT_OUT.test(entry.name) || entry.name === SERVICE_FILE) continue;
    const path = join(entry.parentPath, entry.name);
    const url = relative(directory, path).split(sep).join('/');
    const revision = url.startsWith(HASHED)
      ? null
      : createHash('sha256')
          .update(await readFile(path))
          .digest('hex')
          .slice(0, 16);
    files.push({ url, revision });
  }
  return files.sort((a, b) => (a.url < b.url ? -1 : 1));
}

/** The app is served by our own relay (or any static host) under a strict content security policy: no inline script, no eval. */
export default defineConfig({
  plugins: [react(), serviceWorker(join(import.meta.dirname, 'src/service/main.ts'))],
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
