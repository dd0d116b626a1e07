/** The node worker: the node itself, its storage and keys, and the REST interface, away from the page's thread. */
import { version } from '../../package.json';
import { createRouter } from '../api/index.ts';
import { publicOrigin } from '../network/index.ts';
import { type NodeOptions, openNode } from '../node/index.ts';
import type { Notice } from '../node/view.ts';
import { openBrowserVault, openIndexedDbStore } from '../store/index.ts';
import { machineClock, machineRandom, privateCipher } from '../world/index.ts';
import { CallServer } from './call-server.ts';
import { EventOutlet } from './event-outlet.ts';
import { channelLine, portLine } from './line.ts';
import {
  databaseName,
  type FromClient,
  readStart,
  SEAM_VERSION,
  type StartMessage,
  seamName,
  type ToClient,
  type WorkerReport,
} from './messages.ts';
import { createRemoteNetwork } from './remote-network.ts';
import { watchStore } from './watched-store.ts';

const TICK_MS = 1_000;
/** A tick that comes this late means that the machine slept: every connection and every idea of the newest block may be stale. */
const SLEPT_MS = 5_000;

function report(message: WorkerReport): void {
  postMessage(message);
}

/** What the node is opened with besides what every browser gives it. The shipped worker gives nothing. */
export type NodeWorkerOptions = Pick<NodeOptions, 'trustedDealer'>;

/** The first reason counts; what follows from it is noise. */
let isStopped = false;
function stop(code: string, message: string, error?: unknown): void {
  if (isStopped) return;
  isStopped = true;
  console.warn(`sett: the node has stopped: ${message}`, ...(error === undefined ? [] : [error]));
  const problem: Notice = { code, message };
  report({ type: 'stopped', problem });
}

function crash(error: unknown): void {
  stop('node-crashed', 'The node stopped because of a defect and is being started again. Nothing acknowledged is lost.', error);
}

async function run(start: StartMessage, options: NodeWorkerOptions): Promise<void> {
  const database = databaseName(start.profile);
  const store = watchStore(await openIndexedDbStore({ name: database, fence: true }), () =>
    stop('fenced', 'Another tab has taken over this profile.'),
  );
  const network = createRemoteNetwork(portLine(start.network), machineClock.after);
  const node = await openNode(
    { store, vault: await openBrowserVault(database), network, clock: machineClock, random: machineRandom, privateCipher },
    { ...options, ownUrls: async () => [await publicOrigin(location.origin)] },
  );
  const router = createRouter(node, {
    version,
    onUnexpectedError: (error) => console.error('sett: a call met a defect', error),
  });

  const calls = new CallServer((request) => router.fetch(request));
  const page = portLine(start.calls);
  const windows = channelLine(new BroadcastChannel(seamName(start.profile)));
  const openWindows = new Set<string>();
  const leading: ToClient = { type: 'leading', version: SEAM_VERSION, leader: start.leader, state: 'ready' };
  const pong: ToClient = { type: 'pong' };
  const outlet = (line: typeof page, credit: boolean) =>
    new EventOutlet({
      send: (events) => line.post({ type: 'events', events } satisfies ToClient),
      after: machineClock.after,
      credit,
    });
  const toPage = outlet(page, true);
  // Nobody on a channel can hold the sender back: windows leave it before they are frozen, and events are gathered.
  const toWindows = outlet(windows, false);

  node.subscribe((event) => {
    toPage.push(event);
    if (openWindows.size > 0) toWindows.push(event);
  });
  const fromClient = (line: typeof page, events: EventOutlet) => (message: Exclude<FromClient, { type: 'call' }>) => {
    switch (message.type) {
      case 'hello':
        if (line === windows) openWindows.add(message.client);
        line.post(leading);
        events.push({ type: 'view', view: node.view() });
        break;
      case 'bye':
        openWindows.delete(message.client);
        break;
      case 'ping':
        if (line === windows) openWindows.add(message.client);
        line.post(pong);
        break;
      case 'events-taken':
        events.taken();
    }
  };
  calls.attach(page, fromClient(page, toPage));
  calls.attach(windows, fromClient(windows, toWindows));

  let lastTickMs = machineClock.monotonicMs();
  setInterval(() => {
    const nowMs = machineClock.monotonicMs();
    if (nowMs - lastTickMs > SLEPT_MS) node.wake();
    lastTickMs = nowMs;
    network.tick();
  }, TICK_MS);

  // The page says hello itself; windows wait for this word, and send their calls again.
  windows.post(leading);
  report({ type: 'ready' });
}

/** Makes this worker a profile's node as soon as its page says which; to be called once, at once. */
export function startNodeWorker(load: () => Promise<NodeWorkerOptions> = async () => ({})): void {
  // An error that nobody caught leaves the node in an unknown state: start over from what is stored.
  addEventListener('error', (event) => crash(event.error ?? event.message));
  addEventListener('unhandledrejection', (event) => crash(event.reason));
  addEventListener(
    'message',
    (event: MessageEvent<unknown>) => {
      const start = readStart(event.data);
      if (start === undefined) {
        stop('node-crashed', 'The page and its node do not belong together. Reload the page.');
        return;
      }
      load()
        .then((options) => run(start, options))
        .catch((error: unknown) =>
          stop(
            'node-not-started',
            `The node could not start: ${error instanceof Error ? error.message : 'unknown reason'}`,
            error,
          ),
        );
    },
    { once: true },
  );
}
