/** `npm start`: the command line. */
import { HELP, OptionsError, readOptions, type ServerOptions } from './options.ts';
import { ListenError, startServer } from './server.ts';

const EXIT_USAGE = 2;
/** A second signal, or connections that do not close, end the process without ceremony. */
const STOP_TIMEOUT_MS = 5_000;

async function main(): Promise<void> {
  let options: ServerOptions | undefined;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    console.error(error.message);
    process.exitCode = EXIT_USAGE;
    return;
  }
  if (options === undefined) {
    console.log(HELP);
    return;
  }
  const server = await startServer(options);
  console.log(`Sett is ready: ${server.url}`);
  const stop = () => {
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
    void server.stop().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
  // A port in use or an unreadable key is for the operator; anything else is for us, with its trace.
  console.error(
    error instanceof ListenError || !(error instanceof Error) || error.cause !== undefined ? (error as Error).message : error,
  );
  process.exit(1);
});
