import { open, readFile } from 'node:fs/promises';
import { LIMITS } from '../../records/index.ts';
import { parseArguments } from '../arguments.ts';
import { callNode, passphraseOf, readNodeUrl } from '../node-client.ts';
import { type Command, EXIT_OK, OperatorError, UsageError } from './command.ts';

const OPTIONS = {
  url: { type: 'string', default: 'http://127.0.0.1:8002' },
  token: { type: 'string' },
  'passphrase-file': { type: 'string' },
} as const;

const COMMON_HELP = `  --url URL            where the node answers (http://127.0.0.1:8002)
  --token TOKEN        a token of the role chain, for a node on another machine
  --passphrase-file FILE
                       the backup's passphrase in a file (its first line); else the environment's SETT_PASSPHRASE,
                       else you are asked
  --help               this text`;

/** `npm run sett -- backup`: the keys, seeds and blocks of a running node into one file. */
export const backup: Command = {
  name: 'backup',
  summary: 'writes the keys, seeds and blocks of a running node into one file',
  help: `Sett: writes all keys and seeds of a running node into one file, encrypted under a passphrase of its own.

  npm run sett -- backup FILE [options]

  FILE                 is made, and must not be there yet
  --blocks             the final blocks too
${COMMON_HELP}`,
  async run(args) {
    const { values, positionals } = parseArguments(args, { ...OPTIONS, blocks: { type: 'boolean', default: false } });
    const name = onlyFile(positionals);
    const url = readNodeUrl(values.url);
    const passphrase = await passphraseOf(values['passphrase-file'], true);
    const answer = await callNode(url, '/api/v1/backup', { passphrase, blocks: values.blocks }, values.token);
    const { keys } = JSON.parse(answer) as { readonly keys: readonly unknown[] };
    await writeNew(name, answer);
    console.log(
      `${name} holds the keys of ${keys.length} ${keys.length === 1 ? 'group' : 'groups'}. Without its passphrase nobody can open it.`,
    );
    return EXIT_OK;
  },
};

/** `npm run sett -- restore`: gives a backup to a running node. */
export const restore: Command = {
  name: 'restore',
  summary: 'takes the groups of a backup into a running node',
  help: `Sett: takes the groups of a backup into a running node. What the node has already stays as it is.

  npm run sett -- restore FILE [options]

${COMMON_HELP}`,
  async run(args) {
    const { values, positionals } = parseArguments(args, OPTIONS);
    const name = onlyFile(positionals);
    const url = readNodeUrl(values.url);
    const file = await readBackup(name);
    const passphrase = await passphraseOf(values['passphrase-file'], false);
    const { groups } = JSON.parse(await callNode(url, '/api/v1/restore', { backup: file, passphrase }, values.token)) as {
      readonly groups: readonly {
        readonly group_id: string;
        readonly group_name: string;
        readonly outcome: keyof typeof OUTCOMES;
      }[];
    };
    for (const group of groups) console.log(`${group.group_id}  ${JSON.stringify(group.group_name)}: ${OUTCOMES[group.outcome]}`);
    if (groups.length === 0) console.log('The backup holds no group.');
    return EXIT_OK;
  },
};

const OUTCOMES = {
  restored: 'restored',
  present: 'was here already',
  'other-key': 'is here under another key, which stays; leave and clear the group to restore it',
} as const;

function onlyFile(positionals: readonly string[]): string {
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new UsageError('Name one file.');
  return name;
}

/** Never over a file that is there: it may be the only backup. */
async function writeNew(name: string, text: string): Promise<void> {
  try {
    const file = await open(name, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new OperatorError(`The file ${name} cannot be written: ${(cause as Error).message}.`, { cause });
  }
}

async function readBackup(name: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(name, 'utf8');
  } catch (cause) {
    throw new OperatorError(`The file ${name} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  if (text.length > 2 * LIMITS.backupBytes) throw new OperatorError(`The file ${name} is larger than any backup.`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new OperatorError(`The file ${name} is no backup, or was cut.`, { cause });
  }
}
