/** The real relay, as `npm start` runs it, in a process of its own. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const READY = /Sett is ready: (\S+)/;

export interface RelayProcess {
  /** Origin of the app, of `bootstrap.json` and of the relay. */
  readonly origin: string;
  readonly port: number;
  /** Makes it do nothing while its sockets stay open, as those of a machine that is out of reach. */
  freeze(): void;
  thaw(): void;
  /** Asks it to stop and waits until it has. */
  stop(): Promise<number | null>;
}

export interface RelayProcessOptions {
  /** A port; without one, any that is free. */
  readonly port?: number;
  /** Where it keeps its identity: the same directory gives the same peer id. */
  readonly dataDirectory: string;
  /** What it serves. */
  readonly appDirectory: string;
  readonly args?: readonly string[];
}

export async function startRelayProcess(options: RelayProcessOptions): Promise<RelayProcess> {
  const port = options.port ?? (await freePort());
  const child = spawn(
    process.execPath,
    [
      ...['src/server/main.ts', 'relay', '--port', String(port), '--data', options.dataDirectory, '--app', options.appDirectory],
      ...(options.args ?? []),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
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
    void exited.then((code) => reject(new Error(`The relay ended with ${code}: ${output}`)));
  });
  return {
    origin,
    port,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
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
