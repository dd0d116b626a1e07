import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SocketGuard, type SocketLimits } from './socket-guard.ts';

const LIMITS: SocketLimits = {
  sockets: 8,
  socketsPerAddress: 3,
  reservedSockets: 2,
  headMs: 60_000,
  answerMs: 60_000,
  crowdedAnswerMs: 60_000,
};

const open: { close(): unknown }[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of open.splice(0)) server.close();
});

async function listening<T extends Server>(server: T): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function guarded(limits: Partial<SocketLimits> = {}): Promise<{ guard: SocketGuard; port: number }> {
  const guard = new SocketGuard({ ...LIMITS, ...limits });
  const server = createServer();
  guard.watch(server);
  return { guard, port: await listening(server) };
}

interface Client {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  isClosed(): boolean;
}

/** A silent socket from a loopback address, connected and counted. */
async function client(port: number, localAddress = '127.0.0.1'): Promise<Client> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  sockets.push(socket);
  socket.on('error', () => {});
  socket.resume();
  let isClosed = false;
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => {
      isClosed = true;
      resolve();
    }),
  );
  await new Promise((resolve) => socket.once('connect', resolve));
  // A second connection is accepted after the first, so the first is counted by then.
  await new Promise((resolve) => setImmediate(resolve));
  return { socket, closed, isClosed: () => isClosed };
}

describe('SocketGuard', () => {
  it('gives up the idlest socket of an address that has too many, and leaves others', async () => {
    const { guard, port } = await guarded();
    const other = await client(port, '127.0.0.3');
    const greedy = [];
    for (let index = 0; index < LIMITS.socketsPerAddress + 2; index++) greedy.push(await client(port, '127.0.0.2'));
    await Promise.all(greedy.slice(0, 2).map(({ closed }) => closed));
    await expect.poll(() => guard.size).toBe(1 + LIMITS.socketsPerAddress);
    expect(greedy.map(({ isClosed }) => isClosed())).toEqual([true, true, false, false, false]);
    expect(other.isClosed()).toBe(false);
  });

  it('makes room for a newcomer at the cost of the address that has most', async () => {
    const { port } = await guarded({ socketsPerAddress: 100 });
    const other = await client(port, '127.0.0.3');
    const greedy = [];
    for (let index = 0; index < LIMITS.sockets - LIMITS.reservedSockets - 1; index++)
      greedy.push(await client(port, '127.0.0.2'));
    const newcomer = await client(port, '127.0.0.4');
    await greedy[0]?.closed;
    expect([other, newcomer, ...greedy.slice(1)].some(({ isClosed }) => isClosed())).toBe(false);
  });

  it('keeps some for this machine, whose silent sockets give way to each other only then', async () => {
    const { guard, port } = await guarded({ socketsPerAddress: 100 });
    for (let index = 0; index < 2 * LIMITS.sockets; index++) await client(port, '127.0.0.2');
    const own = [await client(port), await client(port)];
    expect(own.some(({ isClosed }) => isClosed())).toBe(false);
    for (let index = 0; index < 3 * LIMITS.sockets; index++) own.push(await client(port));
    await own[0]?.closed;
    await expect.poll(() => guard.size).toBe(LIMITS.sockets);
    expect(own.at(-1)?.isClosed()).toBe(false);
  });

  it('takes others too where the system allows few sockets', async () => {
    const { guard, port } = await guarded({ sockets: 8, reservedSockets: 64 });
    const other = await client(port, '127.0.0.2');
    await expect.poll(() => guard.size).toBe(1);
    expect(other.isClosed()).toBe(false);
  });

  it('gives up nobody whose call is at work, and refuses a newcomer then', async () => {
    const answers: (() => void)[] = [];
    const web: HttpServer = createHttpServer((_request, response) => answers.push(() => response.end('ok')));
    const guard = new SocketGuard({ ...LIMITS, socketsPerAddress: 2 });
    guard.watchHttp(web);
    const port = await listening(web);
    const ask = async () => {
      const asking = await client(port, '127.0.0.2');
      asking.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      return asking;
    };
    const atWork = [await ask(), await ask()];
    while (answers.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const refused = await client(port, '127.0.0.2');
    await refused.closed;
    expect(atWork.some(({ isClosed }) => isClosed())).toBe(false);
    const answered = new Promise((resolve) => atWork[0]?.socket.once('data', resolve));
    answers[0]?.();
    await answered;
    const next = await client(port, '127.0.0.2');
    await atWork[0]?.closed;
    expect(next.isClosed()).toBe(false);
  });

  it('gives up an answer that takes too long where there is no room, and no events', async () => {
    const web = createHttpServer((request, response) => {
      response.setHeader('content-type', request.url === '/events' ? 'text/event-stream' : 'text/plain');
      response.write('begun');
    });
    new SocketGuard({ ...LIMITS, crowdedAnswerMs: 100 }).watchHttp(web);
    const port = await listening(web);
    const ask = async (target: string) => {
      const asking = await client(port, '127.0.0.2');
      const begun = new Promise((resolve) => asking.socket.once('data', resolve));
      asking.socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await begun;
      return asking;
    };
    const events = await ask('/events');
    const slow = [await ask('/'), await ask('/')];
    await (await client(port, '127.0.0.2')).closed;
    expect(slow.some(({ isClosed }) => isClosed())).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const next = await client(port, '127.0.0.2');
    await slow[0]?.closed;
    expect([events, slow[1], next].map((one) => one?.isClosed())).toEqual([false, false, false]);
  });

  it('ends a socket that asks for nothing, and an answer that nobody reads', async () => {
    const silent = await guarded({ headMs: 20 });
    await (await client(silent.port)).closed;
    const web = createHttpServer((request, response) => {
      response.setHeader('content-type', request.url === '/events' ? 'text/event-stream' : 'text/plain');
      response.write('begun');
    });
    new SocketGuard({ ...LIMITS, answerMs: 20 }).watchHttp(web);
    const port = await listening(web);
    const events = await client(port);
    events.socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
    const slow = await client(port);
    slow.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await slow.closed;
    expect(events.isClosed()).toBe(false);
  });
});
