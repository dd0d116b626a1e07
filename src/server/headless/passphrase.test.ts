import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PassphraseSource, readPassphrase, terminalPrompt } from './passphrase.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sett-passphrase-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const source = (change: Partial<PassphraseSource>): PassphraseSource => ({
  file: undefined,
  environment: {},
  ask: undefined,
  ...change,
});

describe('readPassphrase', () => {
  it('takes the first line of a file, before the environment', async () => {
    const file = path.join(directory, 'passphrase');
    await writeFile(file, 'from the file\r\nsomething else\n');
    expect(await readPassphrase(source({ file, environment: { SETT_PASSPHRASE: 'from the environment' } }), true)).toBe(
      'from the file',
    );
    await writeFile(file, '\n');
    await expect(readPassphrase(source({ file }), true)).rejects.toThrow(/empty/);
    await expect(readPassphrase(source({ file: `${file}x` }), true)).rejects.toThrow(/cannot be read/);
  });

  it('takes the environment’s, and leaves it to no child process', async () => {
    const environment = { SETT_PASSPHRASE: 'from the environment' };
    expect(await readPassphrase(source({ environment }), true)).toBe('from the environment');
    expect(environment).toEqual({});
  });

  it('asks twice for a new one, once for a known one', async () => {
    const answers = ['long enough', 'long enough', 'known'];
    const ask = async () => answers.shift() ?? '';
    expect(await readPassphrase(source({ ask }), true)).toBe('long enough');
    expect(await readPassphrase(source({ ask }), false)).toBe('known');
    answers.push('long enough', 'long enougj');
    await expect(readPassphrase(source({ ask }), true)).rejects.toThrow(/differ/);
  });

  it('refuses a short one for new keys, and says what to do where nobody can be asked', async () => {
    await expect(readPassphrase(source({ environment: { SETT_PASSPHRASE: 'short' } }), true)).rejects.toThrow(/too short/);
    await expect(readPassphrase(source({}), false)).rejects.toThrow(/--passphrase-file/);
  });
});

describe('terminalPrompt', () => {
  function terminal() {
    const keys = new PassThrough() as PassThrough & { isTTY: boolean; setRawMode(on: boolean): void };
    const modes: boolean[] = [];
    keys.isTTY = true;
    keys.setRawMode = (on) => void modes.push(on);
    const screen = new PassThrough();
    const ask = terminalPrompt(keys as unknown as ReadStream, screen as unknown as NodeJS.WriteStream);
    return { keys, modes, ask, shown: () => String(screen.read() ?? '') };
  }

  it('shows nothing of what is typed, and lets it be corrected', async () => {
    const { keys, modes, ask, shown } = terminal();
    const answer = ask?.('Passphrase: ');
    keys.write('secrex\u007ft ü\r');
    expect(await answer).toBe('secret ü');
    expect(shown()).toBe('Passphrase: \n');
    expect(modes).toEqual([true, false]);
  });

  it('can be cancelled', async () => {
    const { keys, ask } = terminal();
    const answer = ask?.('Passphrase: ');
    keys.write('\u0003');
    await expect(answer).rejects.toThrow('Cancelled.');
  });

  it('is nothing where there is no terminal', () => {
    expect(terminalPrompt(new PassThrough() as unknown as ReadStream, process.stderr)).toBeUndefined();
  });
});
