/** Headless nodes and a relay as processes of their own. No browser: vitest runs this. */
import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CONFORMANCE_CASES, type Place } from '../src/api/conformance/index.ts';
import { runDocument } from './support/curl-commands.ts';
import { killRounds } from './support/kill-rounds.ts';
import { type HeadlessWorld, type NodeProcess, openHeadlessWorld, PASSPHRASE, until } from './support/node-process.ts';
import { freePort } from './support/process.ts';

const GROUP = { group_name: 'my_test_group', consensus_type: 'poa', encryption_type: 'public', app_key: 'test_app' };
const KILL_ROUNDS = 3;
/** Several starts of whole nodes, on a machine that may be busy. */
const LONG_TIMEOUT_MS = 10 * 60_000;
const PAUSE_MS = 100;

vi.setConfig({ testTimeout: LONG_TIMEOUT_MS, hookTimeout: LONG_TIMEOUT_MS });

let world: HeadlessWorld;

beforeEach(async () => {
  world = await openHeadlessWorld();
});

afterEach(() => world.end());

async function post(node: NodeProcess, groupId: string, content: string): Promise<string> {
  return (await node.call(`/api/v1/group/${groupId}/content`, { data: { type: 'Note', content } })).trx_id;
}

/** The web addresses that a seed names: with none, members find each other by what they were started with. */
function urlsOf(seed: string): string {
  return new URL(seed).searchParams.get('u') ?? '';
}

async function untilFinal(nodes: readonly NodeProcess[], groupId: string, trxId: string): Promise<void> {
  for (const node of nodes) {
    await until(`${trxId} is final`, async () => {
      return (await node.call(`/api/v1/trx/${groupId}/${trxId}/status`)).status === 'Committed';
    });
  }
}

it('the document’s curl commands are answered as it prints, and its two procedures go through', {
  timeout: LONG_TIMEOUT_MS,
}, async () => {
  await runDocument(await world.start(), [await world.start(), await world.start()]);
});

describe('two headless nodes', () => {
  it('share a group: what either posts is final on both, in the same blocks, over restarts of both', async () => {
    let [one, two] = [await world.start(), await world.start()];
    const { group_id: groupId, seed } = await one.call('/api/v1/group', GROUP);
    expect(await two.call('/api/v2/group/join', { seed })).toMatchObject({ group_id: groupId });
    const ids = [await post(one, groupId, 'of the owner'), await post(two, groupId, 'of the user')];
    for (const id of ids) await untilFinal([one, two], groupId, id);
    for (const node of [one, two]) expect(await node.stop()).toBe(0);

    one = await world.start({ dataDirectory: one.dataDirectory });
    two = await world.start({ dataDirectory: two.dataDirectory });
    ids.push(await post(two, groupId, 'after the restart'));
    for (const id of ids) await untilFinal([one, two], groupId, id);
    const contents = await Promise.all([one, two].map((node) => node.call(`/app/api/v1/group/${groupId}/content`)));
    expect(contents[0].map(({ TrxId }: { TrxId: string }) => TrxId).sort()).toEqual([...ids].sort());
    expect(contents[1]).toEqual(contents[0]);
    // Without a browser too, members talk to each other directly.
    await until('they are connected by WebRTC', async () => {
      return (await one.call('/api/v1/network')).connections[0]?.path === 'webrtc';
    });
  });

  it('find each other over a relay that is named by its multiaddr', async () => {
    const { relays } = await (await fetch(`${world.relay.origin}/bootstrap.json`)).json();
    const byAddress = { args: ['--relay', relays[0]], relay: false };
    const [one, two] = [await world.start(byAddress), await world.start(byAddress)];
    const { group_id: groupId, seed } = await one.call('/api/v1/group', GROUP);
    expect(urlsOf(seed)).toBe('');
    await two.call('/api/v2/group/join', { seed });
    await untilFinal([two, one], groupId, await post(two, groupId, 'hello'));
  });

  it('need no relay where one of them listens and the other names its address', async () => {
    const port = await freePort();
    const alone = { args: ['--listen', `/ip4/127.0.0.1/tcp/${port}/ws`], relay: false };
    const one = await world.start(alone);
    const [address = ''] = /\/ip4\/127\.0\.0\.1\S+\/p2p\/\w+/.exec(one.output()) ?? [];
    const two = await world.start({ args: ['--peer', address], relay: false });
    const { group_id: groupId, seed } = await one.call('/api/v1/group', GROUP);
    expect(urlsOf(seed)).toBe('');
    await two.call('/api/v2/group/join', { seed });
    await untilFinal([two, one], groupId, await post(two, groupId, 'hello'));
    expect((await two.call('/api/v1/network')).connections).toMatchObject([{ path: 'websocket' }]);
  });

  it('answer as every place must', async () => {
    const [one, two] = [await world.start(), await world.start()];
    const placeOf = (node: NodeProcess): Place => ({
      // Without a body too, a POST says that it is JSON: else it might be a web page's.
      fetch: (target, init) => {
        const headers = init?.method === 'POST' ? { 'content-type': 'application/json', ...init.headers } : init?.headers;
        return fetch(`${node.origin}${target}`, { ...init, ...(headers && { headers }) });
      },
      pause: () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS)),
    });
    for (const { title, run } of CONFORMANCE_CASES) {
      await run({ node: placeOf(one), other: placeOf(two) }).catch((cause) => {
        throw new Error(`${title}: ${cause.message}`, { cause });
      });
    }
    for (const node of [one, two]) expect(node.output().split('\n')).toEqual([expect.stringMatching(/^Sett is ready/), '']);
  });
});

it('an owner changes consensus among four headless producers over HTTP, and what a user posts is final on all', async () => {
  const nodes = [await world.start(), await world.start(), await world.start(), await world.start(), await world.start()];
  const [owner, ...others] = nodes as [NodeProcess, ...NodeProcess[]];
  const user = others.pop() as NodeProcess;
  const { group_id: groupId, seed } = await owner.call('/api/v1/group', GROUP);
  for (const node of nodes.slice(1)) await node.call('/api/v2/group/join', { seed });
  const keys: string[] = [(await owner.call('/api/v1/groups')).groups[0].owner_pubkey];
  for (const node of others) {
    const announced = { group_id: groupId, action: 'add', type: 'producer', memo: '' };
    const { sign_pubkey: key, trx_id: trxId } = await node.call('/api/v1/group/announce', announced);
    keys.push(key);
    await untilFinal([owner], groupId, trxId);
  }
  const { trx_id: trxId } = await owner.call('/api/v1/group/updconsensus', {
    group_id: groupId,
    producer_pubkey: keys,
    start_from_epoch: 1_000,
    trx_epoch_tick: 1_000,
    agreement_tick_length: 20_000,
    agreement_tick_count: 10,
  });
  await untilFinal(nodes, groupId, trxId);
  await untilFinal(nodes, groupId, await post(user, groupId, 'to four producers'));
  for (const node of nodes) {
    const { producers } = await node.call(`/api/v1/group/${groupId}/consensus/`);
    expect(producers.map(({ ProducerPubkey: key }: { ProducerPubkey: string }) => key).sort()).toEqual([...keys].sort());
  }
});

/** `npm run sett -- …`, as a person runs it. */
function sett(args: readonly string[], passphrase: string): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, SETT_PASSPHRASE: passphrase };
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/server/main.ts', ...args], { env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

it('B-1 B-4: sett backup and sett restore make another node the same user, and never touch a file or a group that is there', async () => {
  const [one, two] = [await world.start(), await world.start()];
  const { group_id: groupId } = await one.call('/api/v1/group', GROUP);
  const trxId = await post(one, groupId, 'worth keeping');
  await untilFinal([one], groupId, trxId);
  const passphrase = 'battery staple, for the file alone';
  const file = path.join(one.dataDirectory, 'sett.backup');

  const made = await sett(['backup', file, '--blocks', '--url', one.origin], passphrase);
  expect(made).toMatchObject({ code: 0, out: expect.stringContaining('the keys of 1 group.') });
  const text = await readFile(file, 'utf8');
  expect(text).not.toContain('worth keeping');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const again = await sett(['backup', file, '--url', one.origin], passphrase);
  expect(again).toMatchObject({ code: 1, err: expect.stringMatching(/cannot be written/) });
  expect(await readFile(file, 'utf8')).toBe(text);

  const guessed = await sett(['restore', file, '--url', two.origin], 'some other passphrase');
  expect(guessed).toMatchObject({ code: 1, err: expect.stringMatching(/passphrase does not open the backup/) });
  const cut = path.join(one.dataDirectory, 'cut.backup');
  await writeFile(cut, text.slice(0, -100));
  expect(await sett(['restore', cut, '--url', two.origin], passphrase)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/is no backup, or was cut/),
  });
  expect((await two.call('/api/v1/groups')).groups).toEqual([]);

  // Two nodes with one key must not run at the same time.
  const { user_pubkey: key } = (await one.call('/api/v1/groups')).groups[0];
  await one.stop();
  const restored = await sett(['restore', file, '--url', two.origin], passphrase);
  expect(restored).toMatchObject({ code: 0, out: expect.stringContaining(`${groupId}  "my_test_group": restored`) });
  expect((await two.call('/api/v1/groups')).groups).toMatchObject([{ group_id: groupId, user_pubkey: key }]);
  const [{ Content: content }] = await two.call(`/app/api/v1/group/${groupId}/content`);
  expect(content).toMatchObject({ content: 'worth keeping' });
  const present = await sett(['restore', file, '--url', two.origin], passphrase);
  expect(present).toMatchObject({ code: 0, out: expect.stringContaining('was here already') });
  const nobody = await sett(['backup', `${file}.2`, '--url', one.origin], passphrase);
  expect(nobody).toMatchObject({ code: 1, err: expect.stringMatching(/No node answers at/) });
});

describe('one headless node', () => {
  it('has its data directory to itself, and says so', async () => {
    const node = await world.start();
    await expect(world.start({ dataDirectory: node.dataDirectory })).rejects.toThrow(
      /ended with 1: Another process uses .*\. Stop that one first/,
    );
  });

  it('tells nobody its passphrase', async () => {
    const node = await world.start({ args: ['--verbose'] });
    await node.call('/api/v1/group', GROUP);
    expect(await node.stop()).toBe(0);
    expect(node.output()).not.toContain(PASSPHRASE);
  });
});

it(`kill -9 of a producer under load, ${KILL_ROUNDS} times: nothing acknowledged is lost, nothing is there twice, nothing is contradicted`, {
  timeout: LONG_TIMEOUT_MS,
}, async () => {
  const { acknowledged, blocks } = await killRounds(world, KILL_ROUNDS);
  expect(acknowledged).toBeGreaterThan(40);
  expect(blocks).toBeGreaterThan(0);
});
