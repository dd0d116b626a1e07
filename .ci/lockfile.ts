/** `package-lock.json`, as far as our checks read it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './process.ts';

export interface LockEntry {
  /** Where it differs from the folder: an alias, or a folder of ours. */
  readonly name?: string;
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface Lockfile {
  /** Folder → what is there; '' is the project. */
  readonly packages: Readonly<Record<string, LockEntry>>;
}

export function readLockfile(): Lockfile {
  return JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
}

export function nameOf(folder: string, entry: LockEntry): string {
  return entry.name ?? folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** `name@version`. */
export function referenceOf(folder: string, entry: LockEntry): string {
  return `${nameOf(folder, entry)}@${entry.version}`;
}

/** The folder in which Node.js finds a package that one in `from` asks for. */
function resolve(lock: Lockfile, from: string, name: string): string | undefined {
  for (let folder = from; ; ) {
    const candidate = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (lock.packages[candidate] !== undefined) return candidate;
    if (folder === '') return undefined;
    const outer = folder.lastIndexOf('/node_modules/');
    folder = outer < 0 ? '' : folder.slice(0, outer);
  }
}

/** Folder → the shortest way on which it is asked for, from the project's own dependencies on. */
export function waysTo(lock: Lockfile): ReadonlyMap<string, string> {
  const ways = new Map<string, string>([['', '']]);
  // A map is walked in the order in which it grows.
  for (const [folder, way] of ways) {
    const entry = lock.packages[folder] ?? {};
    const names = Object.keys({
      ...entry.dependencies,
      ...entry.devDependencies,
      ...entry.optionalDependencies,
      ...entry.peerDependencies,
    });
    for (const name of names) {
      const target = resolve(lock, folder, name);
      if (target !== undefined && !ways.has(target)) ways.set(target, way === '' ? name : `${way} → ${name}`);
    }
  }
  return ways;
}
