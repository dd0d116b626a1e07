/** Where the passphrase of a node's keys comes from: a file, the environment, or whoever sits at the terminal. It is written nowhere. */
import { readFile } from 'node:fs/promises';
import type { ReadStream } from 'node:tty';
import { PASSPHRASE_CHARS_MIN } from '../../store/server.ts';
import { OperatorError } from '../commands/command.ts';

export const PASSPHRASE_VARIABLE = 'SETT_PASSPHRASE';

export interface PassphraseSource {
  readonly file: string | undefined;
  /** The environment; the variable is taken out of it, so that no child process gets it. */
  readonly environment: NodeJS.ProcessEnv;
  /** Asks without showing what is typed; undefined where there is nobody to ask. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  /** What is encrypted under it, if not the node's keys. */
  readonly what?: string;
}

/** @param isNew the keys do not exist yet: what is typed is asked for twice. Rejects with {@link OperatorError}. */
export async function readPassphrase(source: PassphraseSource, isNew: boolean): Promise<string> {
  const passphrase = await obtain(source, isNew);
  if (isNew && passphrase.length < PASSPHRASE_CHARS_MIN) {
    throw new OperatorError(`The passphrase is too short: ${PASSPHRASE_CHARS_MIN} characters at least.`);
  }
  return passphrase;
}

async function obtain({ file, environment, ask, what = 'this node’s keys' }: PassphraseSource, isNew: boolean): Promise<string> {
  const variable = environment[PASSPHRASE_VARIABLE];
  delete environment[PASSPHRASE_VARIABLE];
  if (file !== undefined) return fromFile(file);
  if (variable !== undefined && variable !== '') return variable;
  if (ask === undefined) {
    throw new OperatorError(
      `A passphrase is needed for ${what}, and there is no terminal to ask for it. Give it with --passphrase-file, or in ${PASSPHRASE_VARIABLE}.`,
    );
  }
  if (!isNew) return ask(`Passphrase of ${what}: `);
  const first = await ask(`New passphrase for ${what} (whoever forgets it has lost them): `);
  if (first !== (await ask('The same again: '))) throw new OperatorError('The two passphrases differ. Start again.');
  return first;
}

async function fromFile(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new OperatorError(`The passphrase file ${file} cannot be read.`, { cause });
  }
  const line = text.split(/\r?\n/, 1)[0] ?? '';
  if (line === '') throw new OperatorError(`The passphrase file ${file} is empty.`);
  return line;
}

/** Asks at the terminal, showing nothing of the answer; undefined if there is no terminal. */
export function terminalPrompt(input: ReadStream, output: NodeJS.WriteStream): PassphraseSource['ask'] {
  if (!input.isTTY) return undefined;
  return (question) =>
    new Promise((resolve, reject) => {
      let answer = '';
      const finish = (end: () => void) => {
        input.off('data', read);
        input.setRawMode(false);
        input.pause();
        output.write('\n');
        end();
      };
      const read = (data: Buffer) => {
        for (const character of data.toString('utf8')) {
          if (character === '\r' || character === '\n') return finish(() => resolve(answer));
          if (character === '\u0003' || character === '\u0004') return finish(() => reject(new OperatorError('Cancelled.')));
          if (character === '\u007f' || character === '\b') answer = [...answer].slice(0, -1).join('');
          else if (character >= ' ') answer += character;
        }
      };
      // Standard output may go to a file: the question must not.
      output.write(question);
      input.setRawMode(true);
      input.resume();
      input.on('data', read);
    });
}
