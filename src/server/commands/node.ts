import packageJson from '../../../package.json' with { type: 'json' };
import { surviveDefects } from '../guard/defects.ts';
import { startHeadlessNode } from '../headless/headless-node.ts';
import { NODE_HELP, readHeadlessOptions } from '../headless/options.ts';
import { readPassphrase, terminalPrompt } from '../headless/passphrase.ts';
import { untilStopped } from '../stop.ts';
import type { Command } from './command.ts';

/** `npm run node`: a node without a browser. */
export const node: Command = {
  name: 'node',
  summary: 'runs a node without a browser, with the REST interface over HTTP (this is npm run node)',
  help: NODE_HELP,
  async run(args) {
    const options = readHeadlessOptions(args);
    const source = {
      file: options.passphraseFile,
      environment: process.env,
      ask: terminalPrompt(process.stdin, process.stderr),
    };
    surviveDefects((line) => console.error(line));
    const running = await startHeadlessNode(options, {
      version: packageJson.version,
      passphrase: (isNew) => readPassphrase(source, isNew),
      log: (line) => console.error(line),
    });
    for (const address of running.addresses) console.log(`For the --peer of others, with this machine’s own address: ${address}`);
    console.log(`Sett is ready: ${running.url}`);
    return untilStopped(() => running.stop());
  },
};
