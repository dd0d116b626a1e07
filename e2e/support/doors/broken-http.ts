/** Broken bytes of the first stages: TCP, HTTP, the upgrade to a WebSocket. */
import type { SeededRandom } from '../../../src/sim/random.ts';
import type { Door } from './order.ts';

export type Chunk = string | Uint8Array;

/** What is sent over one TCP connection. */
export interface Throw {
  readonly name: string;
  /** Sent first, until this text has come back: the stage at which the rest arrives. */
  readonly opening?: { readonly chunks: readonly Chunk[]; readonly answer: string };
  readonly chunks: readonly Chunk[];
}

const KiB = 1024;
const MiB = 1024 * KiB;

const CRLF = '\r\n';
const head = (...lines: string[]): string => [...lines, '', ''].join(CRLF);
const host = ({ port }: Door): string => `Host: 127.0.0.1:${port}`;

export function tcpThrows(random: SeededRandom): Throw[] {
  return [
    { name: 'nothing', chunks: [] },
    { name: 'one byte', chunks: [random.bytes(1)] },
    { name: 'random bytes', chunks: [random.bytes(4 * KiB)] },
    { name: 'many random bytes', chunks: [random.bytes(MiB)] },
    { name: 'zeros', chunks: [new Uint8Array(64 * KiB)] },
    { name: 'a TLS hello', chunks: [Uint8Array.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]), random.bytes(508)] },
    { name: 'multistream without HTTP', chunks: ['\x13/multistream/1.0.0\n'] },
  ];
}

export function httpThrows(random: SeededRandom, door: Door): Throw[] {
  const get = (line: string, ...lines: string[]): Throw => ({
    name: line.slice(0, 30),
    chunks: [head(line, host(door), ...lines)],
  });
  const post = (name: string, lines: readonly string[], ...body: Chunk[]): Throw => ({
    name,
    chunks: [head('POST /api/v1/group HTTP/1.1', host(door), 'Content-Type: application/json', ...lines), ...body],
  });
  const chunked = (name: string, ...body: Chunk[]): Throw => post(name, ['Transfer-Encoding: chunked'], ...body);
  const hosts = [
    '127.0.0.256',
    '[::1',
    'a b',
    '%',
    '@',
    '',
    `${'a'.repeat(8 * KiB)}`,
    '\x00',
    '127.0.0.1:99999',
    '127.0.0.1:80@x',
  ];
  return [
    { name: 'a garbage line', chunks: ['GARBAGE\r\n\r\n'] },
    { name: 'empty lines', chunks: [CRLF.repeat(1_000)] },
    { name: 'HTTP/2', chunks: ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', random.bytes(64)] },
    ...['GET / HTTP/9.9', 'GET / HTTP/1.0', 'GET  / HTTP/1.1', 'GET /\x00 HTTP/1.1', 'GET * HTTP/1.1', 'OPTIONS * HTTP/1.1'].map(
      (line) => get(line),
    ),
    ...[
      'GET //..%00/%ff HTTP/1.1',
      'GET http://[::1/ HTTP/1.1',
      'GET ? HTTP/1.1',
      'CONNECT a:1 HTTP/1.1',
      'TRACE / HTTP/1.1',
    ].map((line) => get(line)),
    get('GET /%c3%28 HTTP/1.1'),
    get(`GET /${'a'.repeat(64 * KiB)} HTTP/1.1`),
    get('GET / HTTP/1.1', `X-Long: ${'a'.repeat(MiB)}`),
    get('GET / HTTP/1.1', ...Array.from({ length: 5_000 }, (_, index) => `X-${index}: 1`)),
    get('GET / HTTP/1.1', 'no colon here'),
    get('GET / HTTP/1.1', ' folded: yes'),
    get('GET / HTTP/1.1', 'X-Forwarded-For: , ,::%'),
    get('GET / HTTP/1.1', 'Expect: 100-continue'),
    get('GET / HTTP/1.1', 'Expect: something'),
    get('GET /?jwt=%00%ff HTTP/1.1', 'Authorization: Bearer \xff\xfe.{}.'),
    get('GET / HTTP/1.1', 'Accept-Encoding: gzip;q=x, \xff', 'If-None-Match: "', 'Range: bytes=9-1'),
    {
      name: 'an endless head',
      chunks: [`GET / HTTP/1.1\r\n${host(door)}\r\n`, ...Array<string>(64).fill(`X: ${'a'.repeat(60 * KiB)}\r\n`)],
    },
    { name: 'no host', chunks: [head('GET / HTTP/1.1')] },
    ...hosts.map(
      (text): Throw => ({ name: `host ${text.slice(0, 20)}`, chunks: [head('GET /bootstrap.json HTTP/1.1', `Host: ${text}`)] }),
    ),
    { name: 'two hosts', chunks: [head('GET / HTTP/1.1', host(door), 'Host: other')] },
    chunked('a chunk without a size', 'zz\r\n'),
    chunked('a negative chunk', '-1\r\n'),
    chunked('a chunk of 2^64 bytes', 'ffffffffffffffff\r\n', random.bytes(KiB)),
    chunked('a chunk without its end', '5\r\nabcdefgh\r\n0\r\n\r\n'),
    chunked('an endless chunk extension', `1;${'a'.repeat(64 * KiB)}`),
    chunked('trailers', `1\r\n{\r\n0\r\n${'X: y\r\n'.repeat(1_000)}\r\n`),
    chunked('a body that stops', '5\r\n{"a":'),
    post('both lengths', ['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n'),
    post('two lengths', ['Content-Length: 5', 'Content-Length: 6'], '{}'),
    post('a negative length', ['Content-Length: -1'], '{}'),
    post('a huge length', ['Content-Length: 99999999999999999999'], '{}'),
    post('a length of 300 MiB', [`Content-Length: ${300 * MiB}`], random.bytes(256 * KiB)),
    post('two codings', ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'),
    post('a short body', ['Content-Length: 10'], '{'),
    post('bytes as JSON', ['Content-Length: 1024'], random.bytes(KiB)),
    post('deep JSON', ['Content-Length: 65536'], '['.repeat(64 * KiB)),
    { name: 'a hundred at once', chunks: [head('GET /healthz HTTP/1.1', host(door)).repeat(100)] },
    { name: 'garbage after a good one', chunks: [head('GET /healthz HTTP/1.1', host(door)), random.bytes(KiB)] },
  ];
}

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const UPGRADE = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${KEY}`];

/** The request that a WebSocket begins with. */
export function upgradeHead(door: Door, lines: readonly string[] = UPGRADE, first = `GET ${door.path ?? '/'} HTTP/1.1`): string {
  return head(first, host(door), ...lines);
}

export function upgradeThrows(random: SeededRandom, door: Door): Throw[] {
  const path = door.path ?? '/';
  const without = (word: string) => UPGRADE.filter((line) => !line.includes(word));
  const upgrade = (name: string, lines: readonly string[], first?: string, ...more: Chunk[]): Throw => ({
    name,
    chunks: [upgradeHead(door, lines, first), ...more],
  });
  return [
    upgrade('a bad key', [...without('Key'), 'Sec-WebSocket-Key: x']),
    upgrade('a long key', [...without('Key'), `Sec-WebSocket-Key: ${'a'.repeat(8 * KiB)}`]),
    upgrade('no key', without('Key')),
    upgrade('two keys', [...UPGRADE, `Sec-WebSocket-Key: ${KEY}`]),
    ...['12', '999', '-1', 'x'].map((version) =>
      upgrade(`version ${version}`, [...without('Version'), `Sec-WebSocket-Version: ${version}`]),
    ),
    upgrade('no version', without('Version')),
    upgrade('no connection', without('Connection')),
    upgrade('another protocol', [...without('Upgrade: w'), 'Upgrade: h2c']),
    upgrade('POST', UPGRADE, `POST ${path} HTTP/1.1`),
    upgrade('HTTP/1.0', UPGRADE, `GET ${path} HTTP/1.0`),
    upgrade('another path', UPGRADE, 'GET //%/\x7f HTTP/1.1'),
    upgrade('no path', UPGRADE, 'GET ?x HTTP/1.1'),
    upgrade('a whole URL', UPGRADE, 'GET http://[/ HTTP/1.1'),
    upgrade('broken extensions', [...UPGRADE, 'Sec-WebSocket-Extensions: permessage-deflate; x="']),
    upgrade('all extensions', [...UPGRADE, 'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99, x']),
    upgrade('broken subprotocols', [...UPGRADE, 'Sec-WebSocket-Protocol: a,a,,"']),
    upgrade('a body', [...UPGRADE, 'Content-Length: 5'], undefined, 'hello'),
    upgrade('bytes at once', UPGRADE, undefined, random.bytes(KiB)),
    upgrade('a foreign origin', [...UPGRADE, 'Origin: \xff://', 'X-Forwarded-For: 203.0.113.9']),
    { name: 'nothing after it', opening: { chunks: [upgradeHead(door)], answer: '101' }, chunks: [] },
  ];
}
