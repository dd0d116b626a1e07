import { beforeAll, describe, expect, it } from 'vitest';
import { initCrypto } from '../crypto/index.ts';
import { Block, SyncResponse } from '../records/index.ts';
import { SeededRandom, SimulatedClock, SimulatedTime } from '../sim/index.ts';
import { openRequest } from './envelope.ts';
import { Members } from './members.ts';
import { type Network, NetworkError, StoreError } from './ports.ts';
import { type AppliedBlocks, Syncer } from './sync.ts';

beforeAll(initCrypto);

const CIPHER_KEY = new Uint8Array(32);
const HEAD = 200;

type Behaviour = 'serves' | 'silent' | 'wrong';

/** A member that has no block, and sources that all say to have {@link HEAD}. Blocks are numbers only. */
function setting(behaviours: Readonly<Record<string, Behaviour>>, apply?: (blocks: readonly Block[]) => AppliedBlocks | Error) {
  const time = new SimulatedTime();
  const clock = new SimulatedClock(time);
  const members = new Members();
  const asked: { peer: string; from: number }[] = [];
  const failures: unknown[] = [];
  let head = 0;
  const network = {
    state: () => ({ peerId: 'me', relays: [], peers: [] }),
    penalize: () => {},
    request: (peer: string, data: Uint8Array, { timeoutMs }: { timeoutMs: number }) => {
      const { FromBlock: from = 0, BlksRequested: count = 0 } = openRequest(CIPHER_KEY, data)?.Blocks ?? {};
      asked.push({ peer, from });
      const numbers = Array.from({ length: Math.min(count, 20, HEAD - from + 1) }, (_, index) => from + index);
      const blocks = numbers.map((BlockId) => Block.create({ BlockId, Epoch: behaviours[peer] === 'wrong' ? 666 : 1 }));
      const answer = SyncResponse.create({
        HeadBlockId: HEAD,
        Blocks: {
          GroupId: '',
          RequesterPubkey: '',
          ProviderPubkey: '',
          Result: 1,
          FromBlock: from,
          BlksRequested: count,
          BlksProvided: blocks.length,
          Blocks: { Blocks: blocks },
        },
      });
      return new Promise<Uint8Array>((resolve, reject) => {
        if (behaviours[peer] === 'silent')
          clock.after(timeoutMs, () => reject(new NetworkError('timeout', 'It did not answer.')));
        else clock.after(50, () => resolve(SyncResponse.encode(answer)));
      });
    },
  } as unknown as Network;
  const good = (blocks: readonly Block[]): AppliedBlocks => {
    const [block] = blocks;
    if (block && blocks.some(({ Epoch }) => Epoch === 666)) return { applied: 0, refusal: { reason: 'wrong-hash', block } };
    if (block?.BlockId !== head + 1) throw new Error(`block ${block?.BlockId} after ${head}`);
    head += blocks.length;
    return { applied: blocks.length };
  };
  const syncer = new Syncer({
    topic: `sett/1/${'0'.repeat(64)}`,
    groupId: 'group',
    cipherKey: CIPHER_KEY,
    userPubkey: '',
    network,
    random: new SeededRandom(1),
    members,
    clock,
    producers: () => ['producer'],
    isNeeded: (pubkey) => pubkey === 'producer',
    headBlock: () => head,
    limitBlock: () => Number.POSITIVE_INFINITY,
    apply: async (blocks) => {
      const result = apply?.(blocks) ?? good(blocks);
      if (result instanceof Error) throw result;
      return result;
    },
    refused: () => {},
    changed: () => {},
    failed: (error) => failures.push(error),
  });
  for (const peerId of Object.keys(behaviours)) {
    members.heard({
      peerId,
      pubkey: peerId,
      isProved: peerId === 'producer',
      headBlock: HEAD,
      headHash: new Uint8Array(32),
      configNonce: 0,
      silentBelow: 0,
      epoch: 1,
      clockOffsetNs: 0n,
      heardAtMs: 0,
    });
  }
  /** Lets time pass as a group does, until all blocks are here. Answers how long that took. */
  const run = async (limitMs: number): Promise<number> => {
    for (let atMs = 0; atMs < limitMs; atMs += 1_000) time.plan(atMs, () => syncer.kick());
    while (head < HEAD && time.nextAtMs <= limitMs) {
      time.step();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return time.nowMs;
  };
  return { syncer, asked, failures, run, head: () => head };
}

const crowd = (count: number, behaviour: Behaviour) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${behaviour} ${index}`, behaviour] as const));

describe('sync (N-6)', () => {
  it('takes no longer beside silent sources than without them, however many, once one that serves is known', async () => {
    const alone = await setting({ producer: 'serves' }).run(60_000);
    for (const count of [3, 50, 400]) {
      const { run, head } = setting({ ...crowd(count, 'silent'), producer: 'serves' });
      expect(await run(60_000), `${count}`).toBeLessThanOrEqual(2 * alone);
      expect(head()).toBe(HEAD);
    }
  });

  it('finds the one that serves among silent and wrong ones that look alike, each asked once before any is asked again', async () => {
    const { run, head, asked } = setting({ ...crowd(10, 'silent'), ...crowd(5, 'wrong'), somebody: 'serves' });
    await run(60_000);
    expect(head()).toBe(HEAD);
    const before = asked
      .slice(
        0,
        asked.findIndex(({ peer }) => peer === 'somebody'),
      )
      .map(({ peer }) => peer);
    expect(new Set(before).size).toBe(before.length);
  });

  it('asks a sole source again that has failed, ever more slowly but always', async () => {
    const { run, asked } = setting({ only: 'silent' });
    await run(300_000);
    expect(asked.length).toBeGreaterThan(7);
    expect(asked.length).toBeLessThan(30);
  });

  it('does not wait for a trusted source that falls silent', async () => {
    const { run, head } = setting({ producer: 'silent', ...crowd(2, 'silent'), somebody: 'serves' });
    expect(await run(60_000)).toBeLessThan(10_000);
    expect(head()).toBe(HEAD);
  });

  it('goes on when this machine could not store blocks (simulator, 4 producers, recoveries, seed 90077)', async () => {
    let isFull = true;
    const { run, head, failures } = setting({ producer: 'serves', other: 'serves' }, () => {
      if (!isFull || head() < 40) return undefined as never;
      isFull = false;
      return new StoreError('full', 'The disk is full.');
    });
    await run(60_000);
    expect(failures).toHaveLength(1);
    expect(head()).toBe(HEAD);
  });
});
