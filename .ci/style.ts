/** Style rules as a check (`docs/decisions.md`); `node .ci/style.ts` prints what breaks them. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkArrows, isTest, PURE_FOLDERS } from './arrows.ts';
import { sourceFiles } from './files.ts';
import { ROOT } from './process.ts';

/** Longer files are not read in one go. */
const MAX_LINES = 500;

interface BannedWord {
  readonly pattern: RegExp;
  readonly why: string;
  readonly appliesTo: (file: string) => boolean;
}

const isPure = (file: string) =>
  PURE_FOLDERS.some((folder) => file.startsWith(`src/${folder}/`)) && file !== 'src/sim/main.ts' && !isTest(file);
const isAnyTest = (file: string) => isTest(file) || file.startsWith('e2e/');
// The patterns below are written so that they do not find themselves.
const BANNED: readonly BannedWord[] = [
  {
    pattern: /\bDate\s*\.\s*now\b/,
    why: 'the pure folders get the time from their Clock, or replay is not exact',
    appliesTo: isPure,
  },
  {
    pattern: /\bnew\s+Date\s*\(\s*\)/,
    why: 'the pure folders get the time from their Clock, or replay is not exact',
    appliesTo: isPure,
  },
  {
    pattern: /\bMath\s*\.\s*random\b/,
    why: 'the pure folders get chance from their Random, or replay is not exact',
    appliesTo: isPure,
  },
  {
    pattern: /\bset(Timeout|Interval)\s*\(/,
    why: 'the pure folders get their timers from their Clock, or replay is not exact',
    appliesTo: isPure,
  },
  { pattern: /\b(TO[D]O|FI[X]ME|X[X]X)\b/, why: 'open work belongs into the list of issues', appliesTo: () => true },
  { pattern: /\b(test|it|describe)(\.\w+)*\.(only|skip|todo|fixme)\b/, why: 'every test runs, always', appliesTo: isAnyTest },
  { pattern: /\bwaitForTimeout\s*\(/, why: 'tests wait for conditions, never for time', appliesTo: isAnyTest },
];

/** Files that nobody imports but somebody starts. */
const ENTRY_POINTS: readonly RegExp[] = [
  /^src\/(worker|service|server|ui|sim)\/main\.tsx?$/,
  /^e2e\/(run|kills|curl|doors|[^/]+\.spec|.*\/[^/]+\.spec)\.ts$/,
  /^bench\/main\.ts$/,
  /^\.ci\/(test|types|arrows|style|openapi)\.ts$/,
  // Read by tsconfig.core.json.
  /^\.ci\/no-io\.ts$/,
];

/** Where files are named without an import: pages' scripts, workers, commands, builds. */
const NAMING_FILES = ['index.html', 'package.json', 'vite.config.ts', 'playwright.config.ts', 'vitest.config.ts'];

function wordProblems(file: string, text: string): string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      BANNED.filter(({ pattern, appliesTo }) => appliesTo(file) && pattern.test(line)).map(
        ({ why }) => `${file}:${index + 1}: ${why}: ${line.trim()}`,
      ),
    );
}

/** Files that nothing reaches: no import, no worker URL, no page, no command. */
function deadFiles(
  files: readonly string[],
  texts: ReadonlyMap<string, string>,
  imports: ReadonlyMap<string, readonly string[]>,
): string[] {
  const imported = new Set([...imports].flatMap(([from, targets]) => targets.filter((target) => target !== from)));
  const naming = NAMING_FILES.filter((file) => existsSync(path.join(ROOT, file))).map((file) =>
    readFileSync(path.join(ROOT, file), 'utf8'),
  );
  const urls = [...texts].flatMap(([from, text]) =>
    [...text.matchAll(/new URL\(\s*['"](\.[^'"]+)['"]/g)].map(([, target]) =>
      path.posix.join(path.posix.dirname(from), target ?? ''),
    ),
  );
  return files
    .filter((file) => !isTest(file) && !ENTRY_POINTS.some((pattern) => pattern.test(file)))
    .filter((file) => !imported.has(file) && !urls.includes(file) && !naming.some((text) => text.includes(file)))
    .map((file) => `${file}: nothing imports or starts it`);
}

/** Everything that breaks a rule, one sentence each. */
export function checkStyle(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const files = sourceFiles();
  const texts = new Map(files.map((file) => [file, readFileSync(path.join(ROOT, file), 'utf8')]));
  const long = [...texts].flatMap(([file, text]) => {
    const lines = text.split('\n').length - 1;
    return lines > MAX_LINES ? [`${file}: ${lines} lines, at most ${MAX_LINES} are read in one go`] : [];
  });
  return [...long, ...[...texts].flatMap(([file, text]) => wordProblems(file, text)), ...deadFiles(files, texts, imports)];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { imports } = await checkArrows();
  const problems = checkStyle(imports);
  for (const problem of problems) console.log(problem);
  console.log(`${sourceFiles().length} files, ${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
