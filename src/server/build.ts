/** Builds the app if what is in `dist/` is older than its sources: `npm start` in a fresh clone needs no second command. */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const BUILT = join(ROOT, 'dist/index.html');
/** What the app is built from. */
const SOURCES = ['src', 'public', 'index.html', 'vite.config.ts', 'package-lock.json'];

function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newestMs(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  // The directory's own time tells of files that were removed.
  const below = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => !name.endsWith('.test.ts'));
  return Math.max(stats.mtimeMs, ...below.map((name) => modifiedMs(join(path, name))));
}

if (Math.max(...SOURCES.map((source) => newestMs(join(ROOT, source)))) > modifiedMs(BUILT)) {
  console.log('Building the app (some seconds, once) …');
  const { status } = spawnSync(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) {
    console.error('The app could not be built; see above.');
    process.exit(1);
  }
}
