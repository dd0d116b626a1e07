import { surviveDefects } from '../guard/defects.ts';
import { RELAY_HELP, readOptions } from '../options.ts';
import { startServer } from '../server.ts';
import { untilStopped } from '../stop.ts';
import type { Command } from './command.ts';

/** `npm start`: the app, `bootstrap.json` and the relay. */
export const relay: Command = {
  name: 'relay',
  summary: 'serves the app and relays between its tabs (this is npm start)',
  help: RELAY_HELP,
  async run(args) {
    surviveDefects((line) => console.error(line));
    const server = await startServer(readOptions(args));
    console.log(`Sett is ready: ${server.url}`);
    return untilStopped(() => server.stop());
  },
};
