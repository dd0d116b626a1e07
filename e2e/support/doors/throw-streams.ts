/** Broken bytes of the last stages, from a libp2p peer that has proved who it is: yamux, and the streams of every protocol. */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { identify } from '@libp2p/identify';
import type { Connection, MessageStream, Stream, StreamMuxerFactory } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { webSockets } from '@libp2p/websockets';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p, type Libp2p } from 'libp2p';
import { muxer } from '../../../src/network/muxer.ts';
import type { SeededRandom } from '../../../src/sim/random.ts';
import { brokenStreams, brokenYamux, type StreamAct } from './broken-streams.ts';
import { type Attack, type Door, inLanes, type Report, sleep } from './order.ts';
import { type Detour, openDetour, sourceAddress } from './raw-socket.ts';

const LANES = 8;
const DIAL_TIMEOUT_MS = 10_000;
const STAY_MS = 150;
/** Detours that are open: more than there are lanes. */
const DETOURS_MAX = 16;

interface Dialled {
  readonly node: Libp2p;
  readonly connection: Connection;
  /** Writes bytes where yamux's frames go. */
  send(bytes: Uint8Array): boolean;
  readonly remote: MessageStream;
}

/** The transports of libp2p cannot be told where to dial from, so they dial detours. */
class Detours {
  readonly #random: SeededRandom;
  readonly #open: Detour[] = [];

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  async address(address: string): Promise<string> {
    const port = Number(/\/tcp\/(\d+)/.exec(address)?.[1]);
    const detour = await openDetour(port, sourceAddress(this.#random));
    this.#open.push(detour);
    if (this.#open.length > DETOURS_MAX) this.#open.shift()?.close();
    return address.replace(/\/tcp\/\d+/, `/tcp/${detour.port}`);
  }

  close(): void {
    for (const detour of this.#open) detour.close();
  }
}

/** Dials with a muxer that lets bytes be written beside its own. Rejects where it is not let in. */
async function dial(address: string, signal: AbortSignal): Promise<Dialled> {
  const inner: MessageStream[] = [];
  const watched = (): StreamMuxerFactory => {
    const factory = muxer()();
    return {
      protocol: factory.protocol,
      createStreamMuxer: (remote) => {
        inner.push(remote);
        return factory.createStreamMuxer(remote);
      },
    };
  };
  const node = await createLibp2p({
    transports: [webSockets(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [watched],
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: { reconnectRetries: 0 },
    services: { identify: identify() },
  });
  try {
    const connection = await node.dial(multiaddr(address), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]),
    });
    // Of a circuit the last one: the first is the connection to the relay.
    const remote = inner.at(-1);
    if (remote === undefined) throw new Error('There is no muxer.');
    return { node, connection, remote, send: (bytes) => remote.status === 'open' && remote.send(bytes) };
  } catch (error) {
    await node.stop();
    throw error;
  }
}

export const throwYamux: Attack = async ({ scene, random, signal, isRepeated }) => {
  const detours = new Detours(random.fork('detours'));
  const thrown = scene.doors.flatMap((door) =>
    door.address === undefined ? [] : brokenYamux(random.fork(door.name)).map((act) => ({ address: door.address ?? '', act })),
  );
  return async () => {
    let [tried, reached] = [0, 0];
    do {
      await inLanes(thrown, LANES, signal, async ({ address, act }) => {
        tried++;
        try {
          const { node, send, remote } = await dial(await detours.address(address), signal);
          reached++;
          for (const chunk of act.chunks) if (!send(chunk)) await Promise.race([once(remote, 'drain'), sleep(STAY_MS)]);
          await sleep(STAY_MS);
          if (act.ending === 'abort') remote.abort(new Error('enough'));
          await node.stop();
        } catch {
          // It was not let in, or not any more.
        }
      });
    } while (isRepeated && !signal.aborted);
    detours.close();
    return { tried, reached };
  };
};

function once(target: MessageStream | Stream, event: 'drain' | 'close'): Promise<void> {
  return new Promise((resolve) => target.addEventListener(event, () => resolve(), { once: true }));
}

/** What a peer says that it handles. */
async function protocolsOf({ node, connection }: Dialled, signal: AbortSignal): Promise<readonly string[]> {
  for (let attempt = 0; attempt < 50 && !signal.aborted; attempt++) {
    const { protocols } = await node.peerStore.get(connection.remotePeer).catch(() => ({ protocols: [] as string[] }));
    if (protocols.length > 0) return protocols;
    await sleep(100);
  }
  return [];
}

async function throwOn(connection: Connection, protocol: string, act: StreamAct): Promise<boolean> {
  const options = { runOnLimitedConnection: true, signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) };
  let stream: Stream;
  try {
    stream = await connection.newStream(protocol, options);
  } catch {
    return false;
  }
  try {
    for (const chunk of act.chunks) {
      if (stream.status !== 'open') break;
      if (!stream.send(chunk)) await Promise.race([once(stream, 'drain'), once(stream, 'close'), sleep(STAY_MS)]);
    }
    if (act.ending === 'close') await stream.close({ signal: AbortSignal.timeout(STAY_MS) });
    if (act.ending === 'abort') stream.abort(new Error('enough'));
  } catch {
    // The other side has ended it.
  }
  await sleep(STAY_MS);
  // Left open, it goes with the connection.
  if (act.ending === 'close') stream.abort(new Error('enough'));
  return true;
}

/** One connection after another for each protocol of a door: who breaks one is cut off, and the next is somebody else. */
export const throwStreams: Attack = async ({ scene, random, signal, isRepeated }) => {
  const detours = new Detours(random.fork('detours'));
  const doors = scene.doors.filter((door): door is Door & { address: string } => door.address !== undefined);
  const found = await Promise.all(
    doors.map(async ({ name, address }) => {
      const first = await dial(await detours.address(address), signal);
      const protocols = await protocolsOf(first, signal);
      await first.node.stop();
      return protocols.map((protocol) => ({ address, protocol, acts: brokenStreams(random.fork(`${name} ${protocol}`)) }));
    }),
  );
  return async (): Promise<Report> => {
    let [tried, reached] = [0, 0];
    do {
      await inLanes(found.flat(), LANES, signal, async ({ address, protocol, acts }) => {
        let dialled: Dialled | undefined;
        for (const act of acts) {
          if (signal.aborted) break;
          tried++;
          if (dialled?.connection.status !== 'open') {
            await dialled?.node.stop();
            // Where it is not let in it may be the next time.
            dialled = await dial(await detours.address(address), signal).catch(() => undefined);
          }
          if (dialled !== undefined && (await throwOn(dialled.connection, protocol, act))) reached++;
        }
        await dialled?.node.stop();
      });
    } while (isRepeated && !signal.aborted);
    detours.close();
    return { tried, reached };
  };
};
