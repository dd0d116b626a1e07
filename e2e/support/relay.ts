/** The real relay, as `npm start` runs it, in a process of its own. */
import { freePort, type RunningProcess, startCommand } from './process.ts';

export interface RelayProcess extends Pick<RunningProcess, 'pid' | 'output' | 'isRunning'> {
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
  readonly openFiles?: number;
}

export async function startRelayProcess(options: RelayProcessOptions): Promise<RelayProcess> {
  const port = options.port ?? (await freePort());
  const relay = await startCommand(
    ['relay', '--port', String(port), '--data', options.dataDirectory, '--app', options.appDirectory, ...(options.args ?? [])],
    options.openFiles === undefined ? {} : { openFiles: options.openFiles },
  );
  return {
    pid: relay.pid,
    output: relay.output,
    isRunning: relay.isRunning,
    origin: relay.origin,
    port,
    freeze: () => relay.signal('SIGSTOP'),
    thaw: () => relay.signal('SIGCONT'),
    stop: () => {
      relay.signal('SIGTERM');
      return relay.exited;
    },
  };
}
