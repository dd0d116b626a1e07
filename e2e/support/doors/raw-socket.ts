/** Sockets of somebody else: bare TCP from any loopback address, and a detour that gives libp2p such an address. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { SeededRandom } from '../../../src/sim/random.ts';

const CONNECT_TIMEOUT_MS = 2_000;
/** More of an answer is not looked at. */
const KEPT_CHARS = 4_096;

/** An address of this machine that stands for another one: it is counted by itself, and is nobody's own. */
export function sourceAddress(random: SeededRandom): string {
  return `127.${1 + random.int(250)}.${random.int(256)}.${1 + random.int(250)}`;
}

export interface RawSocket {
  readonly socket: Socket;
  /** Whether it was let in. */
  readonly isOpen: boolean;
  /** The beginning of what came. */
  received(): string;
  /** Resolves when this text has come, when the other side has closed, or when the time is up. */
  until(text: string, timeoutMs: number): Promise<void>;
}

/** Connects; never rejects. */
export async function openSocket(port: number, localAddress: string): Promise<RawSocket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress, allowHalfOpen: true });
  socket.on('error', () => {});
  let received = '';
  socket.on('data', (data: Buffer) => {
    if (received.length < KEPT_CHARS) received += data.toString('latin1');
  });
  const wait = (isDone: () => boolean, timeoutMs: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(end, timeoutMs);
      function look() {
        if (isDone() || socket.destroyed) end();
      }
      function end() {
        clearTimeout(timer);
        for (const event of ['connect', 'data', 'close']) socket.off(event, look);
        resolve();
      }
      for (const event of ['connect', 'data', 'close']) socket.on(event, look);
      look();
    });
  await wait(() => !socket.connecting, CONNECT_TIMEOUT_MS);
  return {
    socket,
    isOpen: !socket.connecting && !socket.destroyed,
    received: () => received,
    until: (text, timeoutMs) => wait(() => received.includes(text), timeoutMs),
  };
}

export interface Detour {
  readonly port: number;
  close(): void;
}

/** A port whose connections go on to another one, from another address. */
export async function openDetour(port: number, localAddress: string): Promise<Detour> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket, other: () => Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      other().destroy();
    });
  };
  const server: Server = createServer((near) => {
    const far = connect({ port, host: '127.0.0.1', localAddress });
    keep(near, () => far);
    keep(far, () => near);
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return {
    port: address.port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
