import { beforeAll, expect, test } from 'vitest';
import { Block, initHash, LIMITS, Trx } from '../../../records/index.ts';
import { IdealSignatures, idealKeys, SeededRandom } from '../../../sim/index.ts';
import type { Configuration, Decision, EngineInput } from '../../engine.ts';
import { HoneyBadger } from './honey-badger.ts';

beforeAll(initHash);

const SECRET = new Uint8Array(32).fill(4);
const SIZE = 4;

/** The largest trx there is, or one that fills `bytes` of a list. */
function trxOf(id: string, bytes: number): Trx {
  const empty = Trx.create({ TrxId: id, SenderPubkey: 'sender' });
  // Tag and lengths of the trx in its list, of `Data` in the trx: three bytes of length each.
  const overheadBytes = Trx.encode(empty).length + 8;
  return { ...empty, Data: new Uint8Array(Math.min(bytes - overheadBytes, LIMITS.trxDataBytes)) };
}

/** Trxs that fill a proposal to the last hundred bytes. */
function fill(name: string, limitBytes: number): Trx[] {
  const trxs: Trx[] = [];
  let left = limitBytes;
  while (left > 100) {
    const trx = trxOf(`${name} ${trxs.length}`, left);
    trxs.push(trx);
    left -= Trx.encode(trx).length + 4;
  }
  return trxs;
}

test('N proposals of full size, encrypted, are decided, and their union fits into a block', () => {
  const configuration: Configuration = {
    ...{ groupId: 'c9f8a0f6-5f9e-4e0c-9b39-6a4d2f3f8a11', nonce: 1, producers: new Array(SIZE).fill('key'), ownerPubkey: 'key' },
    ...{ intervalMs: 1_000, startEpoch: 1, engine: 'hbbft', rulesVersion: '1' },
  };
  const random = new SeededRandom(1, 'full proposals');
  const signatures = new IdealSignatures(SECRET);
  const engines = idealKeys(SIZE, SECRET).map(
    (keys, index) =>
      new HoneyBadger(configuration, {
        ...{ index, keys, encryption: 0, sign: (hash) => signatures.sign(index, hash) },
        verify: (producer, hash, signature) => signatures.verify(producer, hash, signature),
      }),
  );
  const decisions: Decision[] = [];
  const queue: { from: number; to: number; data: Uint8Array }[] = [];
  const input = (index: number, given: EngineInput): void => {
    const step = (engines[index] as HoneyBadger).handle(given);
    expect(step.faults).toEqual([]);
    for (const { to, data } of step.send) {
      for (let peer = 0; peer < SIZE; peer++)
        if (peer !== index && (to === 'all' || to === peer)) queue.push({ from: index, to: peer, data });
    }
    if (step.propose) {
      const { epoch, limitBytes, randomBytes } = step.propose;
      const proposal = { trxs: fill(`${index}`, limitBytes), timeNs: 1n };
      input(index, { type: 'proposal', epoch, proposal, random: random.bytes(randomBytes) });
    }
    if (step.output) decisions.push(step.output);
  };
  for (let index = 0; index < SIZE; index++) input(index, { type: 'start', log: [], nextEpoch: 1, blocks: [] });
  for (let index = 0; index < SIZE; index++) {
    for (let peer = 0; peer < SIZE; peer++) if (peer !== index) input(index, { type: 'connected', peer });
  }
  for (let index = 0; index < SIZE; index++) input(index, { type: 'timer', name: 'interval' });
  for (let flight = queue.shift(); flight; flight = queue.shift()) {
    input(flight.to, { type: 'message', sender: flight.from, data: flight.data });
  }

  expect(decisions).toHaveLength(SIZE);
  for (const decision of decisions) {
    expect(decision.proposals.every((proposal) => proposal !== undefined)).toBe(true);
    const trxs = decision.proposals.flatMap((proposal) => [...(proposal?.trxs ?? [])]);
    const bytes = Block.encode(Block.create({ Trxs: trxs })).length;
    expect(bytes).toBeLessThanOrEqual(LIMITS.blockBytes - LIMITS.blockReserveBytes + 1024);
    expect(bytes).toBeGreaterThan(LIMITS.blockBytes - 2 * LIMITS.blockReserveBytes);
  }
});

test('more trxs than were asked for are the caller’s mistake', () => {
  const signatures = new IdealSignatures(SECRET);
  const [keys] = idealKeys(SIZE, SECRET);
  if (!keys) throw new Error('no keys');
  const configuration: Configuration = {
    ...{ groupId: 'c9f8a0f6-5f9e-4e0c-9b39-6a4d2f3f8a11', nonce: 1, producers: new Array(SIZE).fill('key'), ownerPubkey: 'key' },
    ...{ intervalMs: 1_000, startEpoch: 1, engine: 'hbbft', rulesVersion: '1' },
  };
  const engine = new HoneyBadger(configuration, {
    ...{ index: 0, keys, encryption: 1, sign: (hash: Uint8Array) => signatures.sign(0, hash), verify: () => true },
  });
  engine.handle({ type: 'start', log: [], nextEpoch: 1 });
  const { propose } = engine.handle({ type: 'timer', name: 'interval' });
  const trxs = fill('much', (propose?.limitBytes ?? 0) + 1_000);
  expect(() => engine.handle({ type: 'proposal', epoch: 1, proposal: { trxs, timeNs: 1n } })).toThrow(RangeError);
});
