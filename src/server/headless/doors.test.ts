/** What callers can use up of a headless node, with a control beside each: another caller, who is served meanwhile. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type HeadlessNode, startHeadlessNode } from './headless-node.ts';
import { HTTP_LIMITS } from './limits.ts';
import { readHeadlessOptions } from './options.ts';

const MiB = 1024 * 1024;

let directory: string;
let node: HeadlessNode;
let logged: string[];
const sockets: Socket[] = [];

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sett-doors-'));
  logged = [];
  node = await startHeadlessNode(readHeadlessOptions(['--port', '0', '--data', directory]), {
    version: '1.2.3',
    passphrase: async () => 'correct horse battery',
    log: (line) => logged.push(line),
  });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await node.stop();
  await rm(directory, { recursive: true, force: true });
  expect(logged).toEqual([]);
});

/** A raw connection; `answer` resolves with the first bytes that come. */
function open(localAddress = '127.0.0.1') {
  const socket = connect({ port: node.port, host: '127.0.0.1', localAddress });
  sockets.push(socket);
  socket.on('error', () => {});
  const answer = new Promise<string>((resolve) => {
    socket.once('data', (data) => resolve(data.toString()));
    socket.once('close', () => resolve(''));
  });
  return { socket, answer };
}

/** A call from elsewhere, by way of a proxy on this machine. */
const head = (line: string, from: string, more = '') =>
  `${line} HTTP/1.1\r\nHost: node.example\r\nX-Forwarded-For: ${from}\r\nContent-Type: application/json\r\n${more}\r\n`;

const status = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);

async function local(target: string, body?: object): Promise<{ status: number; json: Record<string, unknown> }> {
  const response = await fetch(
    `${node.url}${target}`,
    body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  );
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

async function makeToken(claims: object = {}): Promise<string> {
  const { json } = await local('/app/api/v1/token/create', {
    name: 'app',
    role: 'chain',
    expires_at: '2030-01-01T00:00:00Z',
    ...claims,
  });
  return String(json.token);
}

describe('a caller without a token', () => {
  it('is answered before a byte of its body is read, and its connection is closed', async () => {
    for (const length of ['Transfer-Encoding: chunked\r\n', `Content-Length: ${40 * MiB}\r\n`]) {
      const { socket, answer } = open();
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(head('POST /api/v1/restore', '203.0.113.9', length));
      expect(status(await answer)).toBe(401);
      await closed;
    }
  });

  it('is heard once on a connection, however much it sends ahead', async () => {
    const { socket } = open();
    let answers = '';
    socket.on('data', (data) => {
      answers += data.toString();
    });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(head('GET /api/v1/groups', '203.0.113.9').repeat(100));
    await closed;
    expect(answers.match(/HTTP\/1\.1 401/g)).toHaveLength(1);
  });

  it('cannot keep others out by calls that never end', async () => {
    for (let index = 0; index < HTTP_LIMITS.callsAtWork.total; index++) {
      open().socket.write(`${head('POST /x', `203.0.113.${index % 250}`, 'Transfer-Encoding: chunked\r\n')}1\r\n \r\n`);
    }
    expect((await local('/api/v1/groups')).status).toBe(200);
  });

  it('cannot keep others out by sockets that say nothing', async () => {
    for (let index = 0; index < HTTP_LIMITS.sockets + 100; index++) open();
    expect((await local('/api/v1/groups')).status).toBe(200);
  });
});

describe('a caller with a token', () => {
  it('may not restore a backup with the role of a node, and is told before it sends one', async () => {
    const { json: group } = await local('/api/v1/group', {
      group_name: 'my_test_group',
      consensus_type: 'poa',
      encryption_type: 'public',
      app_key: 'test_app',
    });
    const token = await makeToken({ role: 'node', allow_groups: [group.group_id] });
    const { socket, answer } = open();
    socket.write(head('POST /api/v1/restore', '203.0.113.9', `Authorization: Bearer ${token}\r\nTransfer-Encoding: chunked\r\n`));
    expect(status(await answer)).toBe(403);
  });

  it('has a share of the calls at work and of the bytes of bodies, and others have theirs', async () => {
    const [greedy, fair] = [await makeToken({ name: 'greedy' }), await makeToken({ name: 'fair' })];
    const restore = (token: string, from: string) => {
      const { socket, answer } = open();
      socket.write(head('POST /api/v1/restore', from, `Authorization: Bearer ${token}\r\nTransfer-Encoding: chunked\r\n`));
      return answer;
    };
    const first = restore(greedy, '203.0.113.9');
    const second = await restore(greedy, '203.0.113.10');
    expect(status(second)).toBe(503);
    const other = restore(fair, '203.0.113.11');
    // Both wait for their bodies.
    expect(await Promise.race([first, other, local('/api/v1/groups').then(({ status }) => status)])).toBe(200);
    const post = (token: string, from: string) => {
      const { socket, answer } = open();
      const more = `Authorization: Bearer ${token}\r\nContent-Length: 10\r\n`;
      socket.write(head('POST /api/v1/group', from, more));
      return { socket, answer };
    };
    const slow = Array.from({ length: HTTP_LIMITS.callsAtWork.perKey }, (_, index) => post(fair, `203.0.113.${100 + index}`));
    expect(await Promise.any(slow.map(({ answer }) => answer)).then(status)).toBe(503);
    expect((await local('/api/v1/groups')).status).toBe(200);
  });

  it('is cut off from events as soon as its token is revoked or expires', async () => {
    const soon = new Date(Date.now() + 3_000).toISOString();
    for (const claims of [{ name: 'revoked' }, { name: 'expires', expires_at: soon }]) {
      const token = await makeToken(claims);
      const call = { headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': '203.0.113.9' } };
      const stream = await fetch(`${node.url}/api/v1/events`, call);
      expect(stream.status).toBe(200);
      const socket = new WebSocket(`${node.url.replace('http', 'ws')}/api/v1/ws/trx`, call);
      await new Promise((resolve) => socket.once('open', resolve));
      const closed = new Promise((resolve) => socket.once('close', resolve));
      if (claims.name === 'revoked') await local('/app/api/v1/token/revoke', { name: 'revoked' });
      // Ends by itself.
      await stream.text();
      expect(await closed).toBe(1008);
    }
  });

  it('gets its share back of event sockets that break before they are open', async () => {
    const token = await makeToken();
    const more =
      `Authorization: Bearer ${token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
    for (let index = 0; index < 6 * HTTP_LIMITS.eventReaders.perKey; index++) {
      const { socket } = open();
      await new Promise<void>((resolve) => socket.write(head('GET /api/v1/ws/trx', '203.0.113.9', more), () => resolve()));
      socket.resetAndDestroy();
    }
    await expect
      .poll(async () => /^sett_http_event_readers (\d+)$/m.exec(await (await fetch(`${node.url}/metrics`)).text())?.[1])
      .toBe('0');
  });

  it('has a share of the readers of events, sockets and streams together', async () => {
    const token = await makeToken();
    const read = () =>
      fetch(`${node.url}/api/v1/events`, { headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': '203.0.113.9' } });
    const streams = await Promise.all(Array.from({ length: HTTP_LIMITS.eventReaders.perKey }, read));
    expect(new Set(streams.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await read()).status).toBe(503);
    const own = await fetch(`${node.url}/api/v1/events`);
    expect(own.status).toBe(200);
    await Promise.all([own, ...streams].map(({ body }) => body?.cancel()));
    await expect.poll(async () => (await read()).status).toBe(200);
  });
});

describe('odd calls', () => {
  it('are answered, and nothing is printed', async () => {
    const printed: unknown[] = [];
    const { error, info } = console;
    console.error = console.info = (...values) => printed.push(values);
    try {
      for (const host of ['127.0.0.256', '[::1', 'a b', '%', '']) {
        const { socket, answer } = open();
        socket.write(`GET /api/v1/groups HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        expect(status(await answer), host).toBeLessThan(500);
      }
      for (let index = 0; index < 5; index++) {
        const { socket } = open();
        socket.write(
          `POST /api/v1/group HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":`,
        );
        await new Promise((resolve) => setTimeout(resolve, 10));
        socket.resetAndDestroy();
      }
      expect((await local('/api/v1/groups')).status).toBe(200);
      expect(printed).toEqual([]);
    } finally {
      Object.assign(console, { error, info });
    }
  });
});
