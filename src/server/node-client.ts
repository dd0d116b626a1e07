/** Calls of a running node's REST interface, for commands. */
import { originOf } from './arguments.ts';
import { OperatorError, UsageError } from './commands/command.ts';
import { readPassphrase, terminalPrompt } from './headless/passphrase.ts';

/** The origin that `--url` names. Throws {@link UsageError}. */
export function readNodeUrl(text: string): string {
  const origin = originOf(text);
  if (origin === undefined)
    throw new UsageError(`--url takes the address of a node, for example http://127.0.0.1:8002, not "${text}".`);
  return origin;
}

/** The passphrase of a backup. */
export function passphraseOf(file: string | undefined, isNew: boolean): Promise<string> {
  const ask = terminalPrompt(process.stdin, process.stderr);
  return readPassphrase({ file, environment: process.env, ask, what: 'the backup' }, isNew);
}

/** Posts JSON and gives the answer's text. A refusal is told in the node's own words. */
export async function callNode(origin: string, path: string, body: unknown, token: string | undefined): Promise<string> {
  const headers = { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  let response: Response;
  let text: string;
  try {
    response = await fetch(new URL(path, origin), { method: 'POST', headers, body: JSON.stringify(body) });
    text = await response.text();
  } catch (cause) {
    throw new OperatorError(`No node answers at ${origin}. Start one with "npm run node", or name another with --url.`, {
      cause,
    });
  }
  if (response.ok) return text;
  let message: unknown;
  try {
    message = JSON.parse(text)?.message;
  } catch {
    message = undefined;
  }
  throw new OperatorError(typeof message === 'string' ? message : `The node at ${origin} answered ${response.status}.`);
}
