/**
 * Who may import whom (`docs/architecture.md`). dependency-cruiser reads the imports, this file judges them;
 * `node .ci/arrows.ts` prints the forbidden ones. The check also tests itself, because a parser that cannot read TypeScript finds
 * nothing wrong: it plants one forbidden import of each kind in a temporary tree and demands that each is found, and that every
 * source file of the project was read.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { cruise, type ICruiseResult, type IDependency } from 'dependency-cruiser';
import { sourceFiles } from './files.ts';
import { ROOT } from './process.ts';

/** Folders without IO: they run in a tab, headless and in the simulator alike. */
export const PURE_FOLDERS: readonly string[] = ['records', 'crypto', 'consensus', 'ledger', 'node', 'sim'];

/**
 * Folder → folders whose face it may import. `node/types` stands for node's public types: ports.ts, view.ts, service.ts; `records/limits` for limits.ts, quorum.ts and
 * token-bucket.ts, `records/json` for json.ts;
 * `store/server` for what runs in Node.js alone.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  records: [],
  crypto: ['records'],
  consensus: ['records', 'crypto'],
  ledger: ['records', 'crypto'],
  node: ['records', 'crypto', 'consensus', 'ledger'],
  sim: ['records', 'crypto', 'consensus', 'ledger', 'node'],
  store: ['node/types', 'records'],
  network: ['node/types', 'records'],
  world: ['node/types'],
  // Answers carry records, whose JSON form is in `records`; the tool routes, which need no node, compute an address and check seeds and receipts.
  api: ['node', 'records', 'crypto', 'ledger'],
  // The client library: types of the interface, and JSON with exact integers.
  sdk: ['api', 'records'],
  // Entry points: they wire the folders above for one place.
  worker: ['records', 'crypto', 'node', 'store', 'network', 'api', 'world'],
  page: ['records', 'node/types', 'store', 'network', 'api', 'api/events', 'worker'],
  service: ['node/types', 'api/events', 'worker'],
  ui: ['node/types', 'records/limits', 'records/json', 'api', 'page'],
  server: ['records', 'crypto', 'ledger', 'node', 'store/server', 'network', 'api', 'world'],
};

/** Packages that the pure folders may use: computing only, no IO. */
const PURE_PACKAGES = [
  '@noble/curves',
  '@noble/hashes',
  '@noble/ciphers',
  '@bitauth/libauth',
  '@scure/base',
  'hash-wasm',
  'libsodium-wrappers-sumo',
];

/** Folders that end up in a browser, besides the pure ones. */
const BROWSER_FOLDERS: readonly string[] = ['api', 'sdk', 'world', 'worker', 'page', 'service', 'ui'];

const NODE_TYPES = ['src/node/ports.ts', 'src/node/view.ts', 'src/node/service.ts'];
/** Bounds, quorums and rates, in numbers only: forms show them before anything is sent. */
const RECORD_LIMITS = ['src/records/limits.ts', 'src/records/quorum.ts', 'src/records/token-bucket.ts'];
/** JSON with exact integers: what people see and send again is what was posted. */
const RECORD_JSON = 'src/records/json.ts';
/** The store on an embedded database: it needs Node.js, and must not get into a page. */
const STORE_FOR_SERVERS = 'src/store/server.ts';

/** How events become a stream: light, where the router is heavy. */
const EVENTS = 'src/api/events.ts';

/** Whether a file is the face of a folder, as named in ARROWS. */
function isFace(file: string, folder: string): boolean {
  if (folder === 'node/types') return NODE_TYPES.includes(file);
  if (folder === 'records/limits') return RECORD_LIMITS.includes(file);
  if (folder === 'records/json') return file === RECORD_JSON;
  if (folder === 'api/events') return file === EVENTS;
  if (folder === 'store/server') return file === STORE_FOR_SERVERS;
  if (file === `src/${folder}/index.ts`) return true;
  if (folder === 'node') return NODE_TYPES.includes(file);
  return folder === 'records' && RECORD_LIMITS.includes(file);
}

/** `src/node/epoch.ts` → `node`; undefined outside `src` and for files directly in it. */
function folderOf(file: string): string | undefined {
  return /^src\/([^/]+)\//.exec(file)?.[1];
}

export function isTest(file: string): boolean {
  return /\.test\.tsx?$/.test(file);
}

/** `../node_modules/@noble/hashes/sha2.js` → `@noble/hashes`. */
function packageOf(resolved: string): string | undefined {
  return /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(resolved)?.[1];
}

/** The name of the broken rule, and what it says; undefined for an import that is fine. */
function judge(from: string, to: IDependency): { rule: string; why: string } | undefined {
  const types: readonly string[] = to.dependencyTypes;
  const isTypeOnly = types.includes('type-only');
  const folder = folderOf(from);
  const target = folderOf(to.resolved);

  if (to.circular) return { rule: 'circle', why: 'these files import each other, perhaps by way of others' };
  if (to.couldNotResolve) return { rule: 'nowhere', why: 'this import leads nowhere' };
  if (types.includes('npm-no-pkg') || types.includes('npm-unknown'))
    return { rule: 'undeclared', why: 'package.json does not name this package' };
  if (isTest(to.resolved)) return { rule: 'test', why: 'nobody imports a test' };
  if (!from.startsWith('src/')) return undefined;

  if (/^(e2e|bench|\.ci)\//.test(to.resolved))
    return { rule: 'app-on-tools', why: 'the app imports nothing of its tests, benchmarks and tools' };
  if (folder === undefined) return undefined;
  const allowed = ARROWS[folder];
  if (allowed === undefined)
    return { rule: 'unknown-folder', why: 'this folder has no row in .ci/arrows.ts: it has no place in the architecture yet' };

  // Starting a worker is no import: its own imports are judged where they stand. And a contract suite is there to be run against other bodies.
  const isOwnWorld = /\?(worker|sharedworker)\b/.test(to.module) || (isTest(from) && to.resolved.endsWith('/contract.ts'));
  if (target !== undefined && target !== folder && !isOwnWorld) {
    const faces = isTest(from) ? [...allowed, 'sim', 'node/types'] : allowed;
    if (!faces.some((face) => isFace(to.resolved, face))) {
      return { rule: 'arrow', why: `${folder} may import the faces of ${faces.join(', ') || 'no other folder'} only` };
    }
  }
  if (isTest(from)) return undefined;

  const isPure = PURE_FOLDERS.includes(folder) && from !== 'src/sim/main.ts';
  if (types.includes('core') && (isPure || BROWSER_FOLDERS.includes(folder))) {
    return { rule: 'builtin', why: `${folder} does not run on Node.js alone, so it uses no built-ins of it` };
  }
  const name = packageOf(to.resolved);
  if (isPure && name !== undefined && !PURE_PACKAGES.includes(name)) {
    return { rule: 'pure-package', why: `${folder} has no IO; the packages that it may use are ${PURE_PACKAGES.join(', ')}` };
  }
  if (types.includes('npm-dev') && !types.includes('npm') && !isTypeOnly)
    return { rule: 'dev-package', why: 'the app uses no development dependency' };
  return undefined;
}

interface Read {
  readonly problems: readonly { readonly rule: string; readonly from: string; readonly to: string; readonly why: string }[];
  /** File → the files and packages that it imports. */
  readonly imports: ReadonlyMap<string, readonly string[]>;
}

/** Reads all imports in some folders below `baseDir` and judges them. */
async function read(baseDir: string, folders: readonly string[]): Promise<Read> {
  const { output } = await cruise([...folders], {
    baseDir,
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: 'node_modules',
    // Our stand-ins for packages are no sources of the app.
    exclude: '^src/network/no-(keychain|react-native)/',
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'browser', 'node', 'default'] },
  });
  const modules = (output as ICruiseResult).modules.filter(({ source }) =>
    folders.some((folder) => source.startsWith(`${folder}/`)),
  );
  const problems = modules.flatMap(({ source, dependencies }) =>
    dependencies.flatMap((dependency) => {
      const broken = judge(source, dependency);
      return broken ? [{ ...broken, from: source, to: dependency.resolved }] : [];
    }),
  );
  return {
    problems,
    imports: new Map(modules.map(({ source, dependencies }) => [source, dependencies.map(({ resolved }) => resolved)])),
  };
}

/** One forbidden import for each kind of fault: where, what, and the rule that must find it. */
const PLANTS: readonly (readonly [file: string, statement: string, rule: string])[] = [
  ['src/records/one.ts', `import type { x } from '../ledger/index.ts'`, 'arrow'],
  ['src/ledger/two.ts', `import { x } from '../crypto/inner.ts'`, 'arrow'],
  ['src/store/three.ts', `import { x } from '../node/index.ts'`, 'arrow'],
  ['src/ui/four.tsx', `export { x } from '../crypto/index.ts'`, 'arrow'],
  ['src/ledger/five.test.ts', `import { x } from '../node/index.ts'`, 'arrow'],
  ['src/page/six.ts', `const x = await import('../crypto/index.ts')`, 'arrow'],
  ['src/crypto/seven.ts', `import { readFileSync } from 'node:fs'`, 'builtin'],
  ['src/ui/eight.tsx', `import { join } from 'node:path'`, 'builtin'],
  ['src/node/nine.ts', `import { openDB } from 'idb'`, 'pure-package'],
  ['src/api/ten.ts', `import { x } from '../../e2e/support/x.ts'`, 'app-on-tools'],
  ['src/api/eleven.ts', `import { x } from './nowhere.ts'`, 'nowhere'],
  ['src/page/twelve.ts', `import type { x } from './thirteen.ts'`, 'circle'],
  ['src/page/thirteen.ts', `import { x } from './twelve.ts'`, 'circle'],
  ['src/unheard/fourteen.ts', `import { x } from '../records/index.ts'`, 'unknown-folder'],
  ['e2e/fifteen.ts', `import { x } from '../src/ledger/five.test.ts'`, 'test'],
  ['src/api/sixteen.ts', `import { x } from 'stranger'`, 'undeclared'],
  ['src/network/seventeen.ts', `import { tool } from 'tool'`, 'dev-package'],
];

/** Faults of the check itself: plants that it did not find, and allowed imports that it finds fault with. */
async function selfTest(): Promise<string[]> {
  const tree = mkdtempSync(path.join(tmpdir(), 'sett-arrows-'));
  const put = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
    writeFileSync(path.join(tree, file), text);
  };
  try {
    put('package.json', '{ "type": "module", "dependencies": { "idb": "1" }, "devDependencies": { "tool": "1" } }');
    for (const name of ['idb', 'tool', 'stranger']) {
      put(`node_modules/${name}/package.json`, `{ "name": "${name}", "version": "1.0.0", "type": "module", "main": "index.js" }`);
      put(`node_modules/${name}/index.js`, 'export const x = 1;\n');
    }
    for (const file of [
      'src/records/index.ts',
      'src/crypto/index.ts',
      'src/crypto/inner.ts',
      'src/node/index.ts',
      'e2e/support/x.ts',
    ]) {
      put(file, 'export const x: number = 1;\n');
    }
    put(
      'src/ledger/index.ts',
      `import { x } from '../crypto/index.ts';\nimport type { x as y } from '../records/index.ts';\nexport const z: typeof y = x;\n`,
    );
    for (const [file, statement] of PLANTS) put(file, `${statement};\nexport const planted: number = 1;\n`);

    const { problems } = await read(tree, ['src', 'e2e']);
    const missed = PLANTS.filter(([file, , rule]) => !problems.some((problem) => problem.rule === rule && problem.from === file));
    const invented = problems.filter(({ from }) => !PLANTS.some(([file]) => file === from));
    return [
      ...missed.map(([file, , rule]) => `the check is blind: rule ${rule} did not find what was planted in ${file}`),
      ...invented.map(({ rule, from, to }) => `the check is wrong: rule ${rule} forbids ${from} → ${to}`),
    ];
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

/** Everything wrong with the project's imports, one sentence each; and who imports what, for the check for dead files. */
export async function checkArrows(): Promise<{ problems: string[]; imports: ReadonlyMap<string, readonly string[]> }> {
  const blind = await selfTest();
  const { problems, imports } = await read(ROOT, ['src', 'e2e', 'bench', '.ci']);
  const unread = sourceFiles().filter((file) => !imports.has(file));
  return {
    problems: [
      ...blind,
      ...unread.map((file) => `${file} was not read by dependency-cruiser`),
      ...problems.map(({ rule, from, to, why }) => `${from} → ${to}: ${why} [${rule}]`),
    ],
    imports,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { problems, imports } = await checkArrows();
  for (const problem of problems) console.log(problem);
  console.log(`${imports.size} files read, ${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
