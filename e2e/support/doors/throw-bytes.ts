/** Throws broken bytes at every door: stage by stage, over sockets that stay, end, or break off. */
import type { SeededRandom } from '../../../src/sim/random.ts';
import { frameThrows, multistreamThrows, noiseThrows } from './broken-frames.ts';
import { httpThrows, type Throw, tcpThrows, upgradeThrows } from './broken-http.ts';
import { type Attack, type Door, inLanes, type Report, sleep } from './order.ts';
import { openSocket, sourceAddress } from './raw-socket.ts';

const LANES = 24;
/** What a door needs to answer an opening, on a machine that is busy. */
const OPENING_TIMEOUT_MS = 5_000;
/** How long it is stayed after the last byte: what a process says to it may take a turn or two. */
const STAY_MS = 150;

const ENDINGS = ['stay', 'half-close', 'close', 'reset', 'more'] as const;
type Ending = (typeof ENDINGS)[number];

/** Answers whether the stage was reached. */
async function throwAt(port: number, { opening, chunks }: Throw, ending: Ending, random: SeededRandom): Promise<boolean> {
  const { socket, isOpen, received, until } = await openSocket(port, sourceAddress(random));
  const send = (chunk: string | Uint8Array) => {
    if (socket.writable) socket.write(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk);
  };
  for (const chunk of opening?.chunks ?? []) send(chunk);
  if (opening !== undefined) await until(opening.answer, OPENING_TIMEOUT_MS);
  const isReached = opening === undefined ? isOpen : received().includes(opening.answer);
  for (const chunk of chunks) send(chunk);
  if (ending === 'half-close') socket.end();
  if (ending === 'reset') socket.resetAndDestroy();
  if (ending === 'close') socket.destroySoon();
  if (ending === 'more') {
    await sleep(STAY_MS);
    send(random.bytes(64));
  }
  await until('\0 nothing that comes', STAY_MS);
  socket.destroy();
  return isReached;
}

type Throws = (random: SeededRandom, door: Door) => Throw[];

/** One stage; a door that has no such stage is left out. */
function stage(throws: Throws, isThere: (door: Door) => boolean): Attack {
  return async ({ scene, random, signal, isRepeated }) => {
    const thrown = scene.doors
      .filter(isThere)
      .flatMap((door) =>
        throws(random.fork(door.name), door).flatMap((one) => ENDINGS.map((ending) => ({ port: door.port ?? 0, one, ending }))),
      );
    return async (): Promise<Report> => {
      let [tried, reached] = [0, 0];
      do {
        await inLanes(thrown, LANES, signal, async ({ port, one, ending }) => {
          tried++;
          if (await throwAt(port, one, ending, random)) reached++;
        });
      } while (isRepeated && !signal.aborted);
      return { tried, reached };
    };
  };
}

const hasPort = ({ port }: Door) => port !== undefined;
const hasWebSocket = ({ port, path }: Door) => port !== undefined && path !== undefined;
const hasLibp2p = ({ port, address }: Door) => port !== undefined && address !== undefined;

export const throwTcp = stage(tcpThrows, hasPort);
export const throwHttp = stage(httpThrows, hasPort);
export const throwUpgrades = stage(upgradeThrows, hasPort);
export const throwFrames = stage(frameThrows, hasWebSocket);
export const throwMultistream = stage(multistreamThrows, hasLibp2p);
export const throwNoise = stage(noiseThrows, hasLibp2p);
