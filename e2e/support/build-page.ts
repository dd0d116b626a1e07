/** Test pages are built as the app is, so that they run under its content security policy. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'vite';

/** Builds `e2e/pages/<name>` and returns the directory that it can be served from. */
export async function buildPage(name: string): Promise<string> {
  const outDir = await mkdtemp(path.join(tmpdir(), `sett-page-${name}-`));
  await build({
    root: path.join(import.meta.dirname, '../pages', name),
    configFile: path.join(import.meta.dirname, '../../vite.config.ts'),
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, sourcemap: false },
  });
  return outDir;
}
