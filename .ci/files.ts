import { globSync } from 'node:fs';
import { ROOT } from './process.ts';

/** Every TypeScript file of ours, as a path from the project's folder, sorted. Generated declarations are not sources. */
export function sourceFiles(): string[] {
  return globSync(['{src,e2e,bench,.ci}/**/*.{ts,tsx}'], { cwd: ROOT })
    .filter((file) => !file.endsWith('.d.ts'))
    .sort();
}
