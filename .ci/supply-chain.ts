/**
 * What comes from others (`docs/dependencies.md`): every entry of the lockfile has a hash and an allowed licence, comes from the registry,
 * and runs nothing at installation that nobody looked at; what is installed is what the lockfile says; the Node.js in it has hashes; an SBOM can be made.
 * `npm run supply-chain` prints what breaks a rule.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { allows, expressionOf } from './licences.ts';
import { type LockEntry, type Lockfile, nameOf, readLockfile, referenceOf, waysTo } from './lockfile.ts';
import { ROOT } from './process.ts';
import { makeSbom, sbomProblems } from './sbom.ts';

/** What a package says about itself where it is installed. */
export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
}

export interface NodeHashes {
  readonly version: string;
  /** Platform and processor → SHA-256 of the binary. */
  readonly sha256: Readonly<Record<string, string>>;
}

const ALLOWED: readonly string[] = [
  'MIT',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'ISC',
  // Only unmodified: nothing here changes a package's files.
  'MPL-2.0',
];
/** For tools, which nobody gets from us. */
const ALLOWED_FOR_TOOLS: readonly string[] = [
  // graceful-fs, by way of dependency-cruiser. It asks for what MIT asks for, and grants patents besides.
  'BlueOak-1.0.0',
];
/** One hash, and of this kind: npm takes older kinds too if they are there. */
const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/;
const SHA256 = /^[0-9a-f]{64}$/;
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];
/** Where our own checks run. */
const PLATFORM_OF_CI = 'linux-x64';

function licenceProblem({ license, dev }: LockEntry): string | undefined {
  if (license === undefined) return 'the lockfile names no licence';
  const isAllowed = (id: string) => ALLOWED.includes(id) || (dev === true && ALLOWED_FOR_TOOLS.includes(id));
  return allows(expressionOf(license), isAllowed) ? undefined : `its licence is ${license}, which is not on the list`;
}

/** Everything that breaks a rule in a lockfile, one sentence each. `scripts`: packages whose install scripts somebody has looked at. */
export function lockfileProblems(lock: Lockfile, scripts: readonly string[]): string[] {
  const ways = waysTo(lock);
  const entries = Object.entries(lock.packages).filter(([folder, { link }]) => folder.includes('node_modules/') && !link);
  // Links lead to folders of ours: no hash, no licence from others.
  const links = Object.entries(lock.packages).filter(([, { link }]) => link);
  const strayLinks = links.filter(([, { resolved }]) => resolved === undefined || !resolved.startsWith('src/'));
  return [
    ...entries.flatMap(([folder, entry]) => {
      const name = nameOf(folder, entry);
      const problems = [
        entry.integrity === undefined ? 'the lockfile has no hash of it' : undefined,
        entry.integrity !== undefined && !SHA512.test(entry.integrity)
          ? `its hash is not a single SHA-512: ${entry.integrity}`
          : undefined,
        licenceProblem(entry),
        // `.npmrc` keeps the registry's addresses out of the lockfile, so what is there leads elsewhere.
        entry.resolved === undefined ? undefined : `it does not come from the registry but from ${entry.resolved}`,
        entry.hasInstallScript && !scripts.includes(name)
          ? 'it runs a script at installation, and allowScripts in package.json does not say whether it may'
          : undefined,
      ].filter((problem) => problem !== undefined);
      const way = ways.get(folder) ?? 'nothing asks for it';
      return problems.map((problem) => `${referenceOf(folder, entry)}: ${problem} (${way})`);
    }),
    ...strayLinks.map(([folder, { resolved }]) => `${folder}: a link to ${resolved}, which is not in src`),
  ];
}

/** Where installed packages differ from what the lockfile says of them; packages of other platforms are not installed. */
export function installedProblems(lock: Lockfile, manifestOf: (folder: string) => Manifest | undefined): string[] {
  return Object.entries(lock.packages).flatMap(([folder, entry]) => {
    const manifest = folder === '' || entry.link ? undefined : manifestOf(folder);
    if (manifest === undefined) return [];
    const expected: readonly (readonly [what: string, installed: unknown, locked: unknown])[] = [
      ['name', manifest.name, nameOf(folder, entry)],
      ['version', manifest.version, entry.version],
      ['licence', manifest.license, entry.license],
      [
        'script at installation',
        INSTALL_SCRIPTS.some((script) => manifest.scripts?.[script] !== undefined),
        entry.hasInstallScript ?? false,
      ],
    ];
    return expected
      .filter(([, installed, locked]) => installed !== locked)
      .map(([what, installed, locked]) => `${folder}: ${what} is ${installed}, the lockfile says ${locked}`);
  });
}

/** Whether `.ci/check-node.mjs` has something to compare the Node.js of the lockfile with. */
export function nodeHashProblems(lock: Lockfile, { version, sha256 }: NodeHashes): string[] {
  const locked = lock.packages['node_modules/node']?.version;
  if (version !== locked) {
    return [`.ci/node-hashes.json is for Node ${version}, the lockfile has ${locked}. Run: npm run node-hashes`];
  }
  const bad = Object.entries(sha256).filter(([, hash]) => !SHA256.test(hash));
  return [
    ...(sha256[PLATFORM_OF_CI] === undefined ? [`.ci/node-hashes.json has no hash for ${PLATFORM_OF_CI}`] : []),
    ...bad.map(([platform, hash]) => `.ci/node-hashes.json: not a SHA-256 for ${platform}: ${hash}`),
  ];
}

function readJson(file: string) {
  return JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));
}

function manifestIn(folder: string): Manifest | undefined {
  try {
    return readJson(`${folder}/package.json`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Everything that breaks a rule in this project, one sentence each. */
export async function checkSupplyChain(): Promise<string[]> {
  const lock = readLockfile();
  const { allowScripts } = readJson('package.json');
  // npm makes none where lockfile and package.json disagree; what else is wrong is worth saying then.
  const sbom = await makeSbom(lock).then(
    (made) => sbomProblems(made, lock),
    (error: unknown) => [String(error)],
  );
  return [
    ...lockfileProblems(lock, Object.keys(allowScripts)),
    ...installedProblems(lock, manifestIn),
    ...nodeHashProblems(lock, readJson('.ci/node-hashes.json')),
    ...sbom,
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const problems = await checkSupplyChain();
  for (const problem of problems) console.log(problem);
  console.log(`${Object.keys(readLockfile().packages).length} entries, ${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
