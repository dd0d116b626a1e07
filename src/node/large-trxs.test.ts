import { beforeAll, describe, expect, it } from 'vitest';
import { initCrypto } from '../crypto/index.ts';
import { type GroupBroadcast, LIMITS, SyncResponse, type Trx } from '../records/index.ts';
import { paperGroup, SeededRandom, SimulatedClock, SimulatedTime } from '../sim/index.ts';
import { openRequest } from './envelope.ts';
import { LargeTrxs } from './large-trxs.ts';
import { NetworkError, type Ports } from './ports.ts';

beforeAll(initCrypto);

const CIPHER_KEY = new Uint8Array(32);
const NOTHING = { Blocks: undefined, HeadBlockId: 0, HeadHash: new Uint8Array(32), Epoch: 0 };

type Behaviour = 'serves' | 'silent' | 'gives another' | 'unknown';

function setting(behaviours: Record<string, Behaviour>) {
  const time = new SimulatedTime();
  const clock = new SimulatedClock(time);
  const paper = paperGroup(1);
  const asked: string[] = [];
  const taken: string[] = [];
  const penalties: string[] = [];
  const made = new Map<string, Trx>();
  const network = {
    state: () => ({
      peerId: 'me',
      relays: [],
      peers: Object.keys(behaviours)
        .filter((peerId) => behaviours[peerId] !== 'unknown')
        .map((peerId) => ({ peerId, path: 'webrtc', address: '' })),
    }),
    penalize: (peer: string) => penalties.push(peer),
    request: (peer: string, data: Uint8Array, { timeoutMs }: { timeoutMs: number }) => {
      asked.push(peer);
      const wanted = made.get(openRequest(CIPHER_KEY, data)?.TrxId ?? '');
      const behaviour = behaviours[peer] ?? 'unknown';
      const given = behaviour === 'serves' ? wanted : paper.bob.post('another', 2n);
      return new Promise<Uint8Array>((resolve, reject) => {
        if (behaviour === 'unknown') clock.after(1, () => reject(new NetworkError('unreachable', 'Nobody is there.')));
        else if (behaviour === 'silent') clock.after(timeoutMs, () => reject(new NetworkError('timeout', 'It did not answer.')));
        else clock.after(100, () => resolve(SyncResponse.encode({ ...NOTHING, Trx: given })));
      });
    },
  };
  const large = new LargeTrxs({
    ports: { clock, network, random: new SeededRandom(1) } as unknown as Ports,
    topic: `sett/1/${'0'.repeat(64)}`,
    cipherKey: CIPHER_KEY,
    hasTrx: (_sender, trxId) => taken.includes(trxId),
    isGenuine: () => true,
    take: async (trx) => void taken.push(trx.TrxId),
  });
  const tell = (peer: string, over: Partial<GroupBroadcast> = {}): string => {
    const trx = paper.alice.post(peer, 1n);
    made.set(trx.TrxId, trx);
    large.told({ Id: trx.TrxId, Sender: trx.SenderPubkey, SizeBytes: 100_000, ...over } as GroupBroadcast, peer);
    return trx.TrxId;
  };
  const run = async (ms: number) => {
    const endMs = time.nowMs + ms;
    for (let atMs = time.nowMs; atMs <= endMs; atMs += 500) time.plan(atMs - time.nowMs, () => large.tick());
    while (time.nextAtMs <= endMs) {
      time.step();
      // What an event sets off in promises happens before the next one.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { large, asked, taken, penalties, tell, run, time };
}

describe('large trxs', () => {
  it('come from whoever told of them', async () => {
    const { taken, tell, run } = setting({ a: 'serves', b: 'serves' });
    const ids = [tell('a'), tell('b')];
    await run(1_000);
    expect(taken.sort()).toEqual(ids.sort());
  });

  it('come from a newcomer although silent members tell of more than all places hold', async () => {
    const silent = Array.from({ length: 20 }, (_, index) => `silent ${index}`);
    const { taken, tell, run } = setting({ ...Object.fromEntries(silent.map((peer) => [peer, 'silent'])), newcomer: 'serves' });
    const flood = () => silent.forEach((peer) => void tell(peer));
    flood();
    const wanted = tell('newcomer');
    // Each silent one has one turn of five seconds before, four at a time.
    for (let second = 0; second < 30 && !taken.includes(wanted); second++) {
      await run(1_000);
      flood();
    }
    expect(taken).toEqual([wanted]);
  });

  it('come at once from a member that has served before, whatever silent ones tell', async () => {
    const silent = Array.from({ length: 20 }, (_, index) => `silent ${index}`);
    const { taken, tell, run } = setting({ ...Object.fromEntries(silent.map((peer) => [peer, 'silent'])), good: 'serves' });
    const first = tell('good');
    await run(300);
    expect(taken).toEqual([first]);
    for (const peer of silent) for (let count = 0; count < 10; count++) tell(peer);
    await run(1_000);
    const second = tell('good');
    await run(300);
    expect(taken.length).toBe(2);
    expect(second).toBeDefined();
  });

  it('come from a newcomer although a crowd has served once to be silent afterwards', async () => {
    const crowd = Array.from({ length: 16 }, (_, index) => `crowd ${index}`);
    const behaviours: Record<string, Behaviour> = {
      ...Object.fromEntries(crowd.map((peer) => [peer, 'serves'])),
      newcomer: 'serves',
    };
    const { taken, tell, run } = setting(behaviours);
    for (const peer of crowd) tell(peer);
    await run(1_000);
    expect(taken).toHaveLength(crowd.length);
    for (const peer of crowd) behaviours[peer] = 'silent';
    for (const peer of crowd) tell(peer);
    const wanted = tell('newcomer');
    await run(1_000);
    expect(taken).toContain(wanted);
  });

  it('are asked of a silent member again, ever less often, and of it alone', async () => {
    const { asked, tell, run } = setting({ silent: 'silent' });
    for (let second = 0; second < 120; second++) {
      tell('silent');
      await run(1_000);
    }
    // 5 s of silence and waits of 5, 10, 20, 40 s: five times in two minutes, and still asked.
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.length).toBeLessThan(7);
  });

  it('are not fetched from members that nobody is connected to before those that somebody is', async () => {
    const invented = Array.from({ length: 60 }, (_, index) => `invented ${index}`);
    const { asked, tell, run } = setting({
      slow: 'silent',
      slower: 'silent',
      silent: 'silent',
      mute: 'silent',
      honest: 'serves',
    });
    for (const peer of ['slow', 'slower', 'silent', 'mute']) tell(peer);
    for (const peer of invented) tell(peer);
    tell('honest');
    await run(5_200);
    expect(asked.slice(4).indexOf('honest')).toBe(0);
  });

  it('that are another’s than was told are refused, and their source is blamed', async () => {
    const { taken, penalties, tell, run } = setting({ a: 'gives another', b: 'serves' });
    tell('a');
    tell('b');
    await run(1_000);
    expect(penalties).toEqual(['a']);
    expect(taken).toHaveLength(1);
  });

  it('of impossible size, and those that are here, are not asked for', async () => {
    const { asked, tell, run } = setting({ a: 'serves' });
    tell('a', { SizeBytes: LIMITS.trxDataBytes + LIMITS.trxOverheadBytes + 1 });
    await run(1_000);
    expect(asked).toEqual([]);
  });
});
