import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { VAULT_FILE } from './data-directory.ts';
import { type HeadlessNode, startHeadlessNode } from './headless-node.ts';
import { HTTP_LIMITS } from './limits.ts';
import { readHeadlessOptions } from './options.ts';

const PASSPHRASE = 'correct horse battery';
const GROUP = { group_name: 'my_test_group', consensus_type: 'poa', encryption_type: 'public', app_key: 'test_app' };

let directory: string;
let running: HeadlessNode[] = [];

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sett-headless-'));
});

afterEach(async () => {
  await stopAll();
  await rm(directory, { recursive: true, force: true });
});

async function stopAll(): Promise<void> {
  for (const node of running) await node.stop();
  running = [];
}

async function start(args: readonly string[] = [], passphrase = PASSPHRASE): Promise<HeadlessNode> {
  const node = await startHeadlessNode(readHeadlessOptions(['--port', '0', '--data', directory, ...args]), {
    version: '1.2.3',
    passphrase: async () => passphrase,
    log: (line) => expect.fail(`nothing is logged, but: ${line}`),
  });
  running.push(node);
  return node;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Record<string, unknown>;
}

/** A call with whatever method, headers and body: `fetch` allows no body with GET, and no `Host`. */
function call(
  node: HeadlessNode,
  target: string,
  options: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
): Promise<Answer> {
  const body =
    options.body === undefined ? undefined : typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
  const method = options.method ?? (body === undefined ? 'GET' : 'POST');
  const isChunked = options.headers?.['transfer-encoding'] === 'chunked';
  const headers = {
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(body !== undefined && !isChunked && { 'content-length': String(Buffer.byteLength(body)) }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: node.port, path: target, method, headers: { ...headers, ...options.headers } },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          const text = Buffer.concat(parts).toString();
          resolve({
            status: response.statusCode,
            headers: response.headers,
            body: response.headers['content-type']?.includes('json') ? JSON.parse(text) : { text },
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The status of a call of this line and no word of a body; Node.js itself would tell its length. */
function statusOf(node: HeadlessNode, line: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(node.port, '127.0.0.1', () => {
      socket.end(
        `${line} HTTP/1.1\r\nhost: 127.0.0.1:${node.port}\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n`,
      );
    });
    socket.once('data', (data) => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(data.toString())?.[1])));
    socket.on('error', reject);
  });
}

/** The URL of a seed stands on a name, so a call of it comes from elsewhere. */
const ELSEWHERE = { host: 'node.example.org' };

async function token(node: HeadlessNode, claims: object): Promise<Record<string, string>> {
  const { body } = await call(node, '/app/api/v1/token/create', {
    body: { name: 'app', expires_at: '2030-01-01T00:00:00Z', ...claims },
  });
  return { ...ELSEWHERE, authorization: `Bearer ${body.token}` };
}

describe('a headless node over HTTP', () => {
  it('answers a GET with a body, as the curl commands of the family are written', async () => {
    const node = await start();
    for (const body of ['{}', '']) {
      expect(await call(node, '/api/v1/groups', { method: 'GET', body })).toMatchObject({ status: 200, body: { groups: [] } });
    }
  });

  it('takes calls whose length is not told: without a body, as curl makes them, and in chunks', async () => {
    const node = await start();
    const { body: made } = await call(node, '/api/v1/group', { body: GROUP });
    const path = `/api/v1/group/${made.group_id}`;
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      expect(await statusOf(node, `${method} /api/v1/groups`), method).toBe(405);
    }
    expect(await statusOf(node, `POST ${path}/startsync`)).toBe(200);
    const inChunks = (body: unknown) => call(node, `${path}/content`, { body, headers: { 'transfer-encoding': 'chunked' } });
    expect(await inChunks({ data: { type: 'Note', content: 'in chunks' } })).toMatchObject({ status: 200 });
    expect(await inChunks('x'.repeat(2_000_000))).toMatchObject({ status: 413, body: { code: 'too-large' } });
  });

  it('keeps its groups and keys over a restart, and is the same peer', async () => {
    const first = await start();
    const { body } = await call(first, '/api/v1/group', { body: GROUP });
    const posted = await call(first, `/api/v1/group/${body.group_id}/content`, {
      body: { data: { type: 'Note', content: 'hello' } },
    });
    const peer = (await call(first, '/api/v1/node')).body.node_id;
    await stopAll();
    const second = await start();
    expect((await call(second, '/api/v1/node')).body.node_id).toBe(peer);
    expect((await call(second, '/api/v1/groups')).body).toMatchObject({ groups: [{ group_id: body.group_id }] });
    const status = await call(second, `/api/v1/trx/${body.group_id}/${posted.body.trx_id}/status`);
    expect(['Pending', 'Committed']).toContain(status.body.status);
  });

  it('refuses calls from elsewhere without a token, and those of web pages', async () => {
    const node = await start();
    for (const headers of [ELSEWHERE, { origin: 'https://evil.example' }, { 'x-forwarded-for': '192.0.2.1' }]) {
      const refused = await call(node, '/api/v1/groups', { headers: headers as Record<string, string> });
      expect(refused).toMatchObject({ status: 401, body: { code: 'no-token' }, headers: { 'www-authenticate': 'Bearer' } });
      expect(refused.headers['access-control-allow-origin']).toBeUndefined();
    }
    const form = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: JSON.stringify(GROUP) };
    expect(await call(node, '/api/v1/group', form)).toMatchObject({ status: 401 });
    expect((await call(node, '/api/v1/groups')).body).toEqual({ groups: [] });
  });

  it('takes tokens of its own making, each for what it says', async () => {
    const node = await start();
    const [mine, other] = [
      await call(node, '/api/v1/group', { body: GROUP }),
      await call(node, '/api/v1/group', { body: GROUP }),
    ];
    const chain = await token(node, { role: 'chain' });
    expect(await call(node, '/api/v1/groups', { headers: chain })).toMatchObject({ status: 200 });
    const limited = await token(node, { role: 'node', allow_groups: [mine.body.group_id] });
    const post = (groupId: unknown) =>
      call(node, `/api/v1/group/${groupId}/content`, { headers: limited, body: { data: { type: 'Note' } } });
    expect(await post(mine.body.group_id)).toMatchObject({ status: 200 });
    expect(await post(other.body.group_id)).toMatchObject({ status: 403, body: { code: 'not-allowed' } });
    expect(await call(node, '/app/api/v1/token/create', { headers: limited, body: {} })).toMatchObject({ status: 403 });
    // What the body says counts where the path names no group, and the route still gets the body.
    const leave = (groupId: unknown) => call(node, '/api/v1/group/leave', { headers: limited, body: { group_id: groupId } });
    expect(await leave(other.body.group_id)).toMatchObject({ status: 403 });
    expect(await leave(mine.body.group_id)).toMatchObject({ status: 200, body: { group_id: mine.body.group_id } });
    const again = await call(node, '/app/api/v1/token/refresh', { method: 'POST', headers: chain });
    expect(await call(node, `/api/v1/groups?jwt=${again.body.token}`, { headers: ELSEWHERE })).toMatchObject({ status: 200 });
  });

  it('says which field of a token is wrong', async () => {
    const node = await start();
    const create = (claims: object) => call(node, '/app/api/v1/token/create', { body: claims });
    const good = { name: 'app', role: 'chain', expires_at: '2030-01-01T00:00:00Z' };
    for (const [field, value] of [
      ['name', ''],
      ['role', 'root'],
      ['expires_at', 'tomorrow'],
      ['expires_at', '2001-01-01T00:00:00Z'],
      ['allow_groups', ['x']],
    ] as const) {
      const refused = await create({ ...good, [field]: value });
      expect(refused).toMatchObject({ status: 400, body: { code: 'bad-input' } });
      expect(refused.body.message).toContain(field);
    }
    expect((await create({ ...good, role: 'node' })).body.message).toContain('allow_groups');
  });

  it('tokens hold over a restart', async () => {
    const headers = await token(await start(), { role: 'chain' });
    await stopAll();
    expect(await call(await start(), '/api/v1/groups', { headers })).toMatchObject({ status: 200 });
  });

  it('asks everybody for a token if it is told to', async () => {
    expect(await call(await start(['--require-token']), '/api/v1/groups')).toMatchObject({ status: 401 });
  });

  it('lets pages of a named origin call with a token, and no others', async () => {
    const node = await start(['--cors', 'https://app.example.org']);
    const preflight = await call(node, '/api/v1/groups', {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example.org', 'access-control-request-method': 'GET' },
    });
    expect(preflight.headers).toMatchObject({ 'access-control-allow-origin': 'https://app.example.org' });
    const headers = { origin: 'https://app.example.org' };
    expect(await call(node, '/api/v1/groups', { headers })).toMatchObject({ status: 401 });
    const allowed = await call(node, '/api/v1/groups', { headers: { ...(await token(node, { role: 'chain' })), ...headers } });
    expect(allowed).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': 'https://app.example.org' } });
    const other = await call(node, '/api/v1/groups', { method: 'OPTIONS', headers: { origin: 'https://evil.example' } });
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('refuses what is too long, and answers nonsense in words', async () => {
    const node = await start();
    expect(await call(node, '/api/v1/group', { body: { ...GROUP, group_name: 'x'.repeat(600_000) } })).toMatchObject({
      status: 413,
      body: { code: 'too-large' },
    });
    expect(await call(node, '/api/v1/group', { body: '{"group_name":' })).toMatchObject({
      status: 400,
      body: { code: 'bad-input' },
    });
    expect(await call(node, '/nothing/here')).toMatchObject({ status: 404, body: { code: 'unknown-route' } });
    expect(await call(node, '/api/v1/groups', { method: 'DELETE', body: {} })).toMatchObject({ status: 405 });
  });

  it('tells how it is doing at /metrics, to those who may know', async () => {
    const node = await start();
    const { body } = await call(node, '/api/v1/group', { body: GROUP });
    const metrics = await call(node, '/metrics');
    expect(metrics.headers['content-type']).toContain('text/plain');
    expect(metrics.body.text).toContain(`sett_group_head_block{group_id="${body.group_id}"}`);
    expect(metrics.body.text).toContain('sett_http_requests_total{method="POST",status="200"} 1');
    expect(metrics.body.text).not.toContain('my_test_group');
    expect(await call(node, '/metrics', { headers: ELSEWHERE })).toMatchObject({ status: 401 });
  });
});

describe('the socket of events', () => {
  function listen(node: HeadlessNode, headers: Record<string, string> = {}) {
    const socket = new WebSocket(`ws://127.0.0.1:${node.port}/api/v1/ws/trx`, { headers });
    const events: Record<string, unknown>[] = [];
    socket.on('message', (data) => events.push(JSON.parse(data.toString())));
    const opened = new Promise<number>((resolve) => {
      socket.on('open', () => resolve(101));
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    });
    const until = (isIt: (event: Record<string, unknown>) => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => events.some(isIt) && resolve();
        socket.on('message', look);
        look();
      });
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    return { socket, events, opened, until, closed };
  }

  it('tells of trxs and blocks, to each token of its groups', async () => {
    const node = await start();
    const [mine, other] = [
      await call(node, '/api/v1/group', { body: GROUP }),
      await call(node, '/api/v1/group', { body: GROUP }),
    ];
    const all = listen(node);
    const some = listen(node, await token(node, { role: 'node', allow_groups: [mine.body.group_id] }));
    expect([await all.opened, await some.opened]).toEqual([101, 101]);
    const ids: unknown[] = [];
    for (const { body } of [other, mine]) {
      const posted = await call(node, `/api/v1/group/${body.group_id}/content`, { body: { data: { type: 'Note' } } });
      ids.push(posted.body.trx_id);
    }
    const isFinal = (id: unknown) => (event: Record<string, unknown>) => event.trx_id === id && event.status === 'Committed';
    await Promise.all([all.until(isFinal(ids[0])), all.until(isFinal(ids[1])), some.until(isFinal(ids[1]))]);
    expect(all.events.find(isFinal(ids[1]))).toEqual({
      type: 'trx',
      group_id: mine.body.group_id,
      trx_id: ids[1],
      status: 'Committed',
      block_id: expect.any(Number),
      result: 'Applied',
      version: expect.any(Number),
      state_root: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(all.events.find(({ type }) => type === 'block')).toMatchObject({ hash: expect.any(String), trxs: expect.any(Number) });
    expect(some.events.every(({ group_id }) => group_id === mine.body.group_id)).toBe(true);
    await stopAll();
    expect([await all.closed, await some.closed]).toEqual([1001, 1001]);
  });

  it('opens for nobody else, nowhere else, and not for ever more', async () => {
    const node = await start();
    expect(await listen(node, { origin: 'https://evil.example' }).opened).toBe(401);
    expect(await listen(node, ELSEWHERE).opened).toBe(401);
    const nowhere = new WebSocket(`ws://127.0.0.1:${node.port}/api/v1/groups`);
    expect(await new Promise((resolve) => nowhere.on('unexpected-response', (_, { statusCode }) => resolve(statusCode)))).toBe(
      404,
    );
    const open = Array.from({ length: HTTP_LIMITS.eventReaders.total }, () => listen(node));
    await Promise.all(open.map(({ opened }) => opened));
    expect(await listen(node).opened).toBe(503);
    for (const { socket } of open) socket.terminate();
  });
});

describe('the data directory', () => {
  it('opens with its passphrase only, and says what is wrong', async () => {
    await start();
    await stopAll();
    await expect(start([], 'another passphrase')).rejects.toThrow(/passphrase is wrong/);
    // Nothing is held by an attempt that failed.
    await start();
  });

  it('does not make new keys where the old ones cannot be opened any more', async () => {
    await call(await start(), '/api/v1/group', { body: GROUP });
    await stopAll();
    await rm(path.join(directory, VAULT_FILE));
    await expect(start()).rejects.toThrow(/vault\.json is missing/);
  });

  it('is nobody else’s to read, and holds neither passphrase nor key in clear', async () => {
    const node = await start();
    await call(node, '/api/v1/group', { body: GROUP });
    await stopAll();
    const names = await readdir(directory, { recursive: true });
    expect(names).toEqual(expect.arrayContaining([VAULT_FILE, 'peer.key', 'token.key']));
    for (const name of names) {
      const file = path.join(directory, name);
      const stats = await stat(file);
      if (!stats.isFile()) continue;
      if (!name.startsWith('store/')) expect(stats.mode & 0o777, name).toBe(0o600);
      const bytes = await readFile(file);
      expect(bytes.includes(PASSPHRASE), name).toBe(false);
      expect(bytes.includes('AGE-SECRET-KEY'), name).toBe(false);
    }
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  });
});
