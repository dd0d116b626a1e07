/** A command of `npm run sett`, in a process of its own. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const READY = /Sett is ready: (\S+)/;

export interface RunningProcess {
  readonly pid: number;
  /** Origin of the URL that it says it is ready at. */
  readonly origin: string;
  /** Everything that it has said. */
  output(): string;
  signal(signal: NodeJS.Signals): void;
  isRunning(): boolean;
  /** Resolves with the exit code once it has ended; null after a signal. */
  readonly exited: Promise<number | null>;
}

export interface CommandOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** Files, sockets among them, that it may have open; without one, as many as this process. */
  readonly openFiles?: number;
}

/** Starts a command and waits until it says that it is ready. Rejects with its words if it ends before. */
export async function startCommand(
  args: readonly string[],
  { environment = {}, openFiles }: CommandOptions = {},
): Promise<RunningProcess> {
  const whole = [process.execPath, 'src/server/main.ts', ...args];
  // Only a shell can lower the limit, of itself and then of what it becomes.
  const limited = openFiles === undefined ? whole : ['sh', '-c', 'ulimit -n "$0" && exec "$@"', String(openFiles), ...whole];
  const [command = '', ...rest] = limited;
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
  let output = '';
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const origin = await new Promise<string>((resolve, reject) => {
    const read = (data: Buffer) => {
      output += data.toString();
      const url = READY.exec(output)?.[1];
      if (url !== undefined) resolve(new URL(url).origin);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('close', (code) => reject(new Error(`sett ${args[0]} ended with ${code}: ${output}`)));
  });
  return {
    pid: child.pid ?? 0,
    origin,
    exited,
    output: () => output,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    signal: (signal) => void child.kill(signal),
  };
}

/** A TCP port of 127.0.0.1 that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}
