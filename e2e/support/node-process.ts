/** The real headless node, as `npm run node` runs it, in a process of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseExact } from '../../src/records/index.ts';
import { freePort, type RunningProcess, startCommand } from './process.ts';
import { type RelayProcess, startRelayProcess } from './relay.ts';

export const PASSPHRASE = 'correct horse battery';
const PAUSE_MS = 100;
/** A step that takes longer has failed: several times what a busy machine with two cores needs. */
const STEP_TIMEOUT_MS = 90_000;

// biome-ignore lint/suspicious/noExplicitAny: answers are JSON, and what is in them is what tests look at
export type Json = any;

export interface NodeProcess extends Pick<RunningProcess, 'pid' | 'origin' | 'output' | 'isRunning'> {
  readonly port: number;
  readonly dataDirectory: string;
  /** A call that must be answered with 200; with a body it is a POST. */
  call(target: string, body?: object): Promise<Json>;
  /** Asks it to stop; resolves with its exit code. */
  stop(): Promise<number | null>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

export interface NodeProcessOptions {
  readonly dataDirectory: string;
  /** Any that is free, without one. */
  readonly port?: number;
  readonly args?: readonly string[];
}

export async function startNodeProcess(options: NodeProcessOptions): Promise<NodeProcess> {
  const port = options.port ?? (await freePort());
  const node = await startCommand(['node', '--port', String(port), '--data', options.dataDirectory, ...(options.args ?? [])], {
    environment: { SETT_PASSPHRASE: PASSPHRASE },
  });
  return {
    pid: node.pid,
    origin: node.origin,
    port,
    dataDirectory: options.dataDirectory,
    output: node.output,
    isRunning: node.isRunning,
    call: (target, body) => call(node.origin, target, body),
    stop: () => {
      node.signal('SIGTERM');
      return node.exited;
    },
    kill: async () => {
      node.signal('SIGKILL');
      await node.exited;
    },
  };
}

/** A call that must be answered with 200. */
export async function call(origin: string, target: string, body?: object): Promise<Json> {
  const response = await fetch(`${origin}${target}`, {
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${target} was answered ${response.status}: ${text}`);
  return parseExact(text);
}

/** A public group of this owner. */
export function createGroup(owner: NodeProcess, name: string): Promise<{ readonly group_id: string; readonly seed: string }> {
  return owner.call('/api/v1/group', {
    group_name: name,
    consensus_type: 'poa',
    encryption_type: 'public',
    app_key: 'sett_test',
  });
}

/** Waits until something is so. Errors of the attempts count as "not yet", and the last one is told. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + STEP_TIMEOUT_MS;
  let last: unknown;
  while (performance.now() < endMs) {
    try {
      if (await isSo()) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error(`Waited in vain until ${what}.`, { cause: last });
}

export interface HeadlessWorld {
  readonly relay: RelayProcess;
  /** A new node that finds the others over the relay, unless `relay` is false. */
  start(options?: Partial<NodeProcessOptions> & { readonly relay?: boolean }): Promise<NodeProcess>;
  /** Ends everything and removes what it kept. */
  end(): Promise<void>;
}

export interface HeadlessWorldOptions {
  /** What the relay serves. */
  readonly appDirectory?: string;
  /** Files that the relay may have open. */
  readonly relayOpenFiles?: number;
}

/** A relay, and nodes as they are asked for. */
export async function openHeadlessWorld({ appDirectory, relayOpenFiles }: HeadlessWorldOptions = {}): Promise<HeadlessWorld> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sett-headless-'));
  const relay = await startRelayProcess({
    dataDirectory: path.join(directory, 'relay'),
    appDirectory: appDirectory ?? path.join(directory, 'no-app'),
    ...(relayOpenFiles !== undefined && { openFiles: relayOpenFiles }),
  });
  const nodes: NodeProcess[] = [];
  return {
    relay,
    async start(options = {}) {
      const node = await startNodeProcess({
        dataDirectory: path.join(directory, `node-${nodes.length}`),
        ...options,
        args: [...(options.relay === false ? [] : ['--relay', relay.origin]), ...(options.args ?? [])],
      });
      nodes.push(node);
      return node;
    },
    async end() {
      await Promise.all(nodes.map((node) => node.kill()));
      await relay.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
