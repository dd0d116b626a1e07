/** The app as people get it, built for tests. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'vite';

/** Builds the app and returns the directory that the relay can serve it from; the caller removes it. */
export async function buildApp(): Promise<string> {
  const outDir = await mkdtemp(path.join(tmpdir(), 'sett-app-'));
  const root = path.join(import.meta.dirname, '../..');
  await build({
    root,
    configFile: path.join(root, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, sourcemap: false },
  });
  return outDir;
}
