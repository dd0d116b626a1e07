import { open } from 'node:fs/promises';
import { initCrypto, initThreshold, verifySeed } from '../../crypto/index.ts';
import { type Finding, type Inspection, inspectRecord } from '../../ledger/index.ts';
import { LIMITS, parseSeed, type Seed, SeedError, stringifyExact } from '../../records/index.ts';
import { parseArguments } from '../arguments.ts';
import { type Command, EXIT_FAILED, EXIT_OK, OperatorError, UsageError } from './command.ts';

/** The longest record, a block, in hex or JSON with room for both. */
const INPUT_BYTES = 3 * LIMITS.blockBytes;
const LOOKS_LIKE_SEED = /^(?:rum:|web\+rum:|seed\?|https?:\/\/)/i;

const HELP = `Sett: decodes a record and verifies everything in it that is signed.

  npm run sett -- inspect FILE|-|SEED [options]

  FILE                 a file with a trx, block, announcement, request, response, result bundle or receipt,
                       in JSON (as the REST interface prints it) or protobuf, plain or in hex or base64
  -                    the same from standard input
  SEED                 a seed URL

  --seed SEED          the seed of the record's group: its cipher key opens encrypted contents, which are verified
                       too. A receipt is verified against it, and cannot be without.
  --json               print one JSON object: kind, form, record, contents, findings, isValid
  --help               this text

Exit code: 0 if something is signed and all of it verifies, 1 if not, 2 for a wrong command line.
What no signature covers is listed as such: whoever passed the record on can have put it there.`;

/** `npm run sett -- inspect`. */
export const inspect: Command = {
  name: 'inspect',
  summary: 'decodes a record, and says what of it is signed and verifies',
  help: HELP,
  async run(args) {
    const { values, positionals } = parseArguments(args, { seed: { type: 'string' }, json: { type: 'boolean', default: false } });
    const [input, ...others] = positionals;
    if (input === undefined || others.length > 0) throw new UsageError('Name one file, or - for standard input, or give a seed.');
    await Promise.all([initCrypto(), initThreshold()]);
    const seed = values.seed === undefined ? undefined : readSeed(values.seed);
    const found = inspectRecord(LOOKS_LIKE_SEED.test(input) ? new TextEncoder().encode(input) : await read(input), seed);
    console.log(values.json ? stringifyExact(found) : report(found));
    return found.isValid ? EXIT_OK : EXIT_FAILED;
  },
};

function readSeed(text: string): Seed {
  try {
    const seed = parseSeed(text);
    if (verifySeed(seed)) return seed;
  } catch (error) {
    if (error instanceof SeedError) throw new UsageError(`--seed: ${error.message}`, { cause: error });
    throw error;
  }
  throw new UsageError('--seed: its signature does not verify: it was changed or cut.');
}

async function read(name: string): Promise<Uint8Array> {
  const tooLarge = () => new OperatorError(`That is more than ${INPUT_BYTES} bytes: no record is so large.`);
  if (name === '-') {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of process.stdin as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > INPUT_BYTES) throw tooLarge();
      parts.push(part);
    }
    return Buffer.concat(parts);
  }
  try {
    const file = await open(name);
    try {
      if ((await file.stat()).size > INPUT_BYTES) throw tooLarge();
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    throw new OperatorError(`The file ${name} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

const WORDS: Readonly<Record<Finding['state'], string>> = {
  valid: 'valid',
  invalid: 'NOT VALID',
  'not-covered': 'not covered',
  note: 'note',
};
const WORD_CHARS = Math.max(...Object.values(WORDS).map(({ length }) => length));

function report({ kind, form, record, contents, findings, isValid }: Inspection): string {
  const lines: string[] = [];
  if (kind !== undefined) lines.push(`${kind} (${form})`);
  if (record !== undefined) lines.push(pretty(record));
  for (const [place, content] of Object.entries(contents)) lines.push(`${place}, decrypted:`, pretty(content));
  lines.push('', ...findings.map(({ state, at, message }) => `${WORDS[state].padEnd(WORD_CHARS)}  ${at}: ${message}`), '');
  lines.push(isValid ? 'Everything that is signed verifies.' : 'It does not verify.');
  return lines.join('\n');
}

/** Indented, integers beyond 2^53 exact. Control characters of a stranger's text stay escaped. */
function pretty(value: unknown): string {
  const source = (_name: string, member: unknown) =>
    typeof member === 'bigint' ? (JSON as unknown as RawJson).rawJSON(member.toString()) : member;
  return JSON.stringify(value, source, 2);
}

/** In Node.js since 21; not in TypeScript's library yet. */
interface RawJson {
  rawJSON(text: string): unknown;
}
