import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IDENTITY_FILE } from './identity.ts';
import { ListenError } from './listen.ts';
import { readOptions } from './options.ts';
import { CONTENT_SECURITY_POLICY } from './security-headers.ts';
import { type RunningServer, startServer } from './server.ts';

let directory: string;
let servers: RunningServer[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sett-server-'));
  await mkdir(join(directory, 'app/assets'), { recursive: true });
  await writeFile(join(directory, 'app/index.html'), '<!doctype html><title>Sett</title>');
  await writeFile(join(directory, 'app/sw.js'), '// service worker');
  await writeFile(join(directory, 'app/assets/main-1a2b.js'), `${'// a long script\n'.repeat(100)}`);
  await writeFile(join(directory, 'secret.txt'), 'secret');
});

afterEach(async () => {
  for (const server of servers) await server.stop();
  servers = [];
  await rm(directory, { recursive: true, force: true });
});

async function start(...args: string[]): Promise<RunningServer> {
  const options = readOptions(['--port', '0', '--data', join(directory, 'data'), '--app', join(directory, 'app'), ...args]);
  const server = await startServer(options);
  servers.push(server);
  return server;
}

/** A request whose path and headers reach the server as they are written, which `fetch` does not allow. */
function raw(server: RunningServer, path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]>; body: Buffer }>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, path, headers, method }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('the web server', () => {
  it('serves the app with its headers, and nothing outside of it', async () => {
    const server = await start();
    const page = await raw(server, '/?x#y');
    expect(page.body.toString()).toContain('<title>Sett</title>');
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-cache',
    });
    expect((await raw(server, '/index.html')).status).toBe(200);
    for (const path of [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '//secret.txt',
      '/app/index.html',
      '/assets/',
      '/assets',
    ]) {
      expect((await raw(server, path)).status, path).toBe(404);
    }
    expect((await raw(server, '/', {}, 'POST')).status).toBe(405);
    expect((await raw(server, '/', {}, 'HEAD')).body.byteLength).toBe(0);
    expect((await raw(server, '/healthz')).body.toString()).toBe('ok\n');
  });

  it('lets hashed files be kept for ever and everything else be asked for again', async () => {
    const server = await start();
    const script = await raw(server, '/assets/main-1a2b.js', { 'accept-encoding': 'gzip' });
    expect(script.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-encoding': 'gzip',
      'content-type': 'text/javascript; charset=utf-8',
    });
    expect(gunzipSync(script.body).toString()).toContain('a long script');
    const worker = await raw(server, '/sw.js');
    expect(worker.headers['cache-control']).toBe('no-cache');
    expect((await raw(server, '/sw.js', { 'if-none-match': String(worker.headers.etag) })).status).toBe(304);
  });

  it('says what to do when the app is not built', async () => {
    const server = await start('--app', join(directory, 'nowhere'));
    const page = await raw(server, '/');
    expect(page.status).toBe(503);
    expect(page.body.toString()).toContain('npm run build');
  });

  it('gives every page the relay as it is reached from there', async () => {
    const server = await start();
    const relays = async (host: string) => {
      const { headers, body } = await raw(server, '/bootstrap.json', { host });
      expect(headers).toMatchObject({ 'access-control-allow-origin': '*', 'cache-control': 'no-store' });
      return JSON.parse(body.toString()).relays;
    };
    expect(await relays(`localhost:${server.port}`)).toEqual([`/dns4/localhost/tcp/${server.port}/ws/p2p/${server.relayPeerId}`]);
    expect(await relays('evil/tcp/1')).toEqual([`/ip4/127.0.0.1/tcp/${server.port}/ws/p2p/${server.relayPeerId}`]);
  });

  it('accepts WebSockets on the same port, whatever the path', async () => {
    const server = await start();
    for (const path of ['', 'any/where']) {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/${path}`);
      await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = reject;
      });
      socket.close();
    }
  });

  it('says which port is in use and what to do', async () => {
    const { port } = await start();
    const second = start('--port', String(port));
    await expect(second).rejects.toBeInstanceOf(ListenError);
    await expect(second).rejects.toThrow(`--port ${port + 1}`);
  });
});

describe('the identity', () => {
  it('is the same after a restart, and nobody else may read it', async () => {
    const { relayPeerId } = await start();
    expect((await start()).relayPeerId).toBe(relayPeerId);
    expect((await stat(join(directory, 'data', IDENTITY_FILE))).mode & 0o777).toBe(0o600);
  });

  it('is not replaced when it is damaged', async () => {
    await mkdir(join(directory, 'data'));
    await writeFile(join(directory, 'data', IDENTITY_FILE), 'damaged');
    await expect(start()).rejects.toThrow('backup');
    expect(await readFile(join(directory, 'data', IDENTITY_FILE), 'utf8')).toBe('damaged');
  });
});
