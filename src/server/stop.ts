import { EXIT_FAILED, EXIT_OK } from './commands/command.ts';

/** Connections that do not close end the process without ceremony. */
const STOP_TIMEOUT_MS = 5_000;

/** Waits for SIGINT or SIGTERM, then stops; a second signal, or a stop that takes too long, ends the process at once. Resolves with the exit code. */
export function untilStopped(stop: () => Promise<void>): Promise<number> {
  return new Promise((resolve, reject) => {
    let isStopping = false;
    const onSignal = () => {
      if (isStopping) process.exit(EXIT_FAILED);
      isStopping = true;
      setTimeout(() => process.exit(EXIT_FAILED), STOP_TIMEOUT_MS).unref();
      stop().then(() => resolve(EXIT_OK), reject);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
