import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import vectors from '../../../vectors/change-consensus.json' with { type: 'json' };

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command as a person runs it. */
function run(args: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['src/server/main.ts', 'inspect', ...args], (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
    child.stdin?.end(input);
  });
}

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sett-inspect-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('sett inspect', () => {
  const trx = JSON.stringify(vectors.consensus_trx.trx);

  it('verifies a file, standard input and a seed, and says so with its exit code', async () => {
    const file = path.join(directory, 'trx.json');
    await writeFile(file, trx);
    const fromFile = await run([file, '--seed', vectors.seed.url]);
    expect(fromFile).toMatchObject({
      code: 0,
      out: expect.stringMatching(/trx \(JSON\)[\s\S]*decrypted[\s\S]*Everything that is signed verifies/),
    });
    const fromInput = await run(['-', '--json'], trx);
    expect(fromInput.code).toBe(0);
    expect(JSON.parse(fromInput.out)).toMatchObject({ kind: 'trx', isValid: true, record: vectors.consensus_trx.trx });
    expect(await run([vectors.seed.url])).toMatchObject({ code: 0, out: expect.stringMatching(/not covered/) });
  });

  it('fails for what does not verify, and tells a wrong command line from it', async () => {
    const changed = await run(['-'], trx.replace('"Version":"2.0.0"', '"Version":"2.0.1"'));
    expect(changed).toMatchObject({ code: 1, out: expect.stringMatching(/NOT VALID[\s\S]*It does not verify/) });
    expect(await run([path.join(directory, 'none')])).toMatchObject({ code: 1, err: expect.stringMatching(/cannot be read/) });
    expect(await run([])).toMatchObject({ code: 2, err: expect.stringMatching(/Name one file/) });
    expect(await run(['-', '--seed', 'x'])).toMatchObject({ code: 2, err: expect.stringMatching(/--seed: This is not a seed/) });
  });
});
