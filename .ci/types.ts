/** Type-checks everything, then the pure folders without any IO in sight. */
import { pathToFileURL } from 'node:url';
import { run, tool } from './process.ts';

/** Each configuration with what it proves. */
const PROJECTS = ['tsconfig.json', 'tsconfig.core.json'] as const;

/** What the compiler says; empty when all is well. */
export async function checkTypes(): Promise<string> {
  const results = await Promise.all(
    PROJECTS.map(async (project) => {
      const ran = await run(process.execPath, [tool('typescript/bin/tsc'), '-p', project, '--pretty', 'false'], {
        timeoutMs: 5 * 60_000,
      });
      return ran.code === 0 ? '' : `${project}:\n${ran.timedOut ? 'no end within five minutes' : ran.output}`;
    }),
  );
  return results.join('');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const problems = await checkTypes();
  process.stdout.write(problems);
  process.exitCode = problems === '' ? 0 : 1;
}
