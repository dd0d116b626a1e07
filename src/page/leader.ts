import { createHost, type Host } from '../network/index.ts';
import type { Notice } from '../node/view.ts';
import { loadOrMakePeerKey } from '../store/index.ts';
import { databaseName, type Line, portLine, readReport, type StartMessage } from '../worker/index.ts';
import { bridgeNetwork } from './bridge.ts';
import { trustedScriptUrl } from './trusted.ts';

/** An Ed25519 seed. */
const PEER_KEY_BYTES = 32;

/** A node at work in this tab, as the client sees it. */
export interface RunningNode {
  /** Where calls go; what is sent before the node is ready waits in the port. */
  readonly calls: Line;
  /** Ends the node at once. What it acknowledged is stored; a write under way happens whole or not at all. */
  stop(): void;
}

export interface NodeReports {
  ready(): void;
  /** The node is of no use any more: stop it, and start another if this tab still leads. */
  stopped(problem: Notice): void;
}

export type StartNode = (options: { readonly profile: string; readonly leader: string }, reports: NodeReports) => RunningNode;

/** Starts a profile's node in this tab with the worker of this URL. */
export const nodeStarter =
  (workerUrl: string): StartNode =>
  (options, reports) =>
    startNode(workerUrl, options, reports);

/** Starts the profile's node in this tab: the worker with the node, and libp2p here in the page, because WebRTC exists only here. */
function startNode(workerUrl: string, options: Parameters<StartNode>[0], reports: NodeReports): RunningNode {
  const worker = new Worker(trustedScriptUrl(workerUrl), { type: 'module', name: `sett ${options.profile}` });
  const network = new MessageChannel();
  const calls = new MessageChannel();
  let isStopped = false;
  let host: Host | undefined;

  const stopped = (problem: Notice) => {
    if (!isStopped) reports.stopped(problem);
  };
  const wake = () => host?.wake();

  worker.onmessage = (event: MessageEvent<unknown>) => {
    const report = readReport(event.data);
    if (report?.type === 'ready' && !isStopped) reports.ready();
    if (report?.type === 'stopped') stopped(report.problem);
  };
  // Fires if the worker’s script cannot be loaded; a running worker reports its own errors.
  worker.onerror = (event) =>
    stopped({
      code: 'node-not-started',
      message: `The node could not be loaded: ${event.message || 'its script did not come'}.`,
    });
  const start: StartMessage = {
    type: 'start',
    profile: options.profile,
    leader: options.leader,
    network: network.port2,
    calls: calls.port2,
  };
  worker.postMessage(start, [network.port2, calls.port2]);

  async function startHost(): Promise<void> {
    const privateKey = await loadOrMakePeerKey(databaseName(options.profile), async () =>
      crypto.getRandomValues(new Uint8Array(PEER_KEY_BYTES)),
    );
    if (isStopped) return;
    const started = await createHost({
      privateKey,
      trustedOrigins: [location.origin],
      log: (line) => console.debug(`sett network: ${line}`),
    });
    if (isStopped) {
      await started.stop();
      return;
    }
    host = started;
    addEventListener('online', wake);
    // The port has kept what the worker said so far.
    bridgeNetwork(started, portLine(network.port1));
  }
  startHost().catch((error: unknown) => {
    console.error('sett: the network could not start', error);
    const reason = error instanceof Error ? error.message : 'unknown reason';
    stopped({ code: 'network-not-started', message: `The network of this tab could not start: ${reason}` });
  });

  return {
    calls: portLine(calls.port1),
    stop() {
      isStopped = true;
      worker.onmessage = null;
      worker.onerror = null;
      worker.terminate();
      network.port1.close();
      calls.port1.close();
      removeEventListener('online', wake);
      host?.stop().catch((error: unknown) => console.error('sett: the network did not stop', error));
    },
  };
}
