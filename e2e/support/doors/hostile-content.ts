/** Attacks by what is said: more posts than anybody reads, posts that would be something else, and a seed that leads astray. */
import { webcrypto } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { initCrypto } from '../../../src/crypto/index.ts';
import { makeSeed } from '../../../src/node/genesis.ts';
import { formatSeed, parseSeed } from '../../../src/records/index.ts';
import { startHostileMember } from '../hostile-member.ts';
import { call } from '../node-process.ts';
import { type Attack, type Means, type Report, sleep } from './order.ts';

const FLOOD_TRXS = 7_000;
const TRXS_OF_A_MESSAGE = 140;
const FLOOD_EVERY_MS = 45;
const POST_EVERY_MS = 300;
const AUTHORS = 200;
const KEY_BYTES = 32;
const TRICKLE_MS = 100;
const MiB = 1024 * 1024;

const random = { bytes: (length: number) => webcrypto.getRandomValues(new Uint8Array(length)) };
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const aWhile = async ({ signal }: Means): Promise<void> => {
  while (!signal.aborted) await sleep(TRICKLE_MS);
};

/** Thousands of posts by hundreds of authors, each as it should be, all at once. */
export const floodOfPosts: Attack = async (means) => {
  await initCrypto();
  const hostile = await startHostileMember(means.scene.relayOrigin, means.scene.seed);
  const secrets = Array.from({ length: AUTHORS }, () => random.bytes(KEY_BYTES));
  const trxs = Array.from({ length: FLOOD_TRXS }, (_, index) => hostile.trxOf(encode('{}'), secrets[index % AUTHORS]));
  return async (): Promise<Report> => {
    let [tried, reached] = [0, 0];
    for (let index = 0; index < trxs.length && !means.signal.aborted; index += TRXS_OF_A_MESSAGE) {
      const batch = trxs.slice(index, index + TRXS_OF_A_MESSAGE);
      tried += batch.length;
      if ((await hostile.gossip(batch)) > 0) reached += batch.length;
      await sleep(FLOOD_EVERY_MS);
    }
    await aWhile(means);
    return { tried, reached };
  };
};

/** What pages have stumbled over. */
function hostileTexts(ownerPubkey: string): string[] {
  const note = (content: unknown, more: object = {}) => JSON.stringify({ type: 'Note', content, ...more });
  return [
    `{"content":"mine"},"TimeStamp":"1"},{"TrxId":"11111111-1111-4111-8111-111111111111","Publisher":"${ownerPubkey}","Content":{"type":"Note","content":"Forged."}`,
    'this is no JSON',
    '',
    '\0',
    'null',
    '[]',
    '1e999',
    '['.repeat(20_000) + ']'.repeat(20_000),
    '{"a":'.repeat(10_000),
    '{"name":"one","content":"x","name":"two"}',
    '{"__proto__":{"content":"x"},"constructor":{"prototype":1}}',
    JSON.stringify(note('Only a string.')),
    note('<script>alert(1)</script><img src=x onerror=alert(1)>'),
    note('javascript:alert(1) [x](javascript:alert(1)) data:text/html,<script>alert(1)</script>'),
    note('https://user:pw@evil.example/ https://apple.com\u202Emoc.live/ HTTPS://EVIL.EXAMPLE https://[::1]/'),
    note({ $$typeof: 'Symbol(react.element)', type: 'img', props: { src: 'x', onError: 'alert(1)' } }),
    note(['x'], { name: { a: 1 } }),
    note('A tower.', { name: `M${'\u0301'.repeat(10_000)}` }),
    note('A tall title.', { name: 'T\n'.repeat(10_000) }),
    note('\n'.repeat(20_000)),
    note('W'.repeat(40_000)),
    note(`https://a.b/${'c'.repeat(40_000)}`),
    note('http://a'.repeat(5_000)),
    note('('.repeat(40_000)),
    note('\ud800 half a character'),
    JSON.stringify({ type: 'Create', object: { object: { content: 'deep' } } }),
  ];
}

/** Posts that are no posts, or that would be somebody else's. */
export const hostilePosts: Attack = async (means) => {
  const { relayOrigin, seed } = means.scene;
  const hostile = await startHostileMember(relayOrigin, seed);
  const texts = hostileTexts(parseSeed(seed).ownerPubkey);
  return async () => {
    let [tried, reached] = [0, 0];
    for (let index = 0; !means.signal.aborted; index++) {
      const plain = index % 4 === 3 ? means.random.bytes(1 + means.random.int(4_000)) : encode(texts[index % texts.length] ?? '');
      tried++;
      if ((await hostile.gossip([hostile.trxOf(plain, random.bytes(KEY_BYTES))])) > 0) reached++;
      await sleep(POST_EVERY_MS);
    }
    return { tried, reached };
  };
};

const strangeId = async (): Promise<string> => peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString();
const json = (response: ServerResponse, value: unknown): void => void response.end(JSON.stringify(value));

/** Web addresses that a seed may name, none of which serves what it should. */
async function traps(relayOrigin: string): Promise<((response: ServerResponse, port: number) => void)[]> {
  const ids = await Promise.all(Array.from({ length: 50 }, strangeId));
  const bomb = gzipSync(new Uint8Array(64 * MiB));
  return [
    // Says nothing.
    () => {},
    (response) => {
      const timer = setInterval(() => response.write(' '), TRICKLE_MS);
      response.on('close', () => clearInterval(timer));
    },
    (response) => {
      const pour = (): void => {
        while (!response.destroyed && response.write(new Uint8Array(MiB))) {}
      };
      response.on('drain', pour);
      pour();
    },
    (response, port) => response.writeHead(302, { location: `http://127.0.0.1:${port}/bootstrap.json` }).end(),
    (response) => response.end(random.bytes(4_096)),
    (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    (response, port) =>
      json(response, {
        version: 1,
        relays: ids.map((id) => `/ip4/127.0.0.1/tcp/${port}/ws/p2p/${id}`),
        ice_servers: Array(1_000).fill('stun:127.0.0.1:9'),
      }),
    // The group's own relay, by the name of others.
    (response) =>
      json(response, {
        version: 1,
        relays: ids.map((id) => `/ip4/127.0.0.1/tcp/${new URL(relayOrigin).port}/ws/p2p/${id}`),
        ice_servers: [],
      }),
  ];
}

/** A group whose seed names eight web addresses, which an unsuspecting user joins, again and again. */
export const seedOfTraps: Attack = async (means) => {
  await initCrypto();
  let tried = 0;
  const urls: string[] = [];
  for (const trap of await traps(means.scene.relayOrigin)) {
    const server = createServer((_request, response) => {
      tried++;
      trap(response, (server.address() as { port: number }).port);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    urls.push(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
  }
  const owner = { signSecret: random.bytes(KEY_BYTES), encryptIdentity: '' };
  const timeNs = BigInt(Date.now()) * 1_000_000n;
  const made = makeSeed({ groupName: 'traps', encryption: 'public', appKey: 'doors', urls, timeNs }, owner, random);
  const seed = formatSeed(made);
  return async () => {
    const { nodeOrigin } = means.scene;
    means.offerSeed(seed);
    await call(nodeOrigin, '/api/v2/group/join', { seed });
    await aWhile(means);
    await call(nodeOrigin, '/api/v1/group/leave', { group_id: made.groupId });
    return { tried, reached: tried };
  };
};
