import { beforeAll, describe, expect, test } from 'vitest';
import { faultyLimit, initHash, quorum, SealBody, Trx } from '../../../records/index.ts';
import { IdealSignatures, idealKeys } from '../../../sim/index.ts';
import { type Configuration, type EngineInput, EPOCHS_UNDECIDED, type LogEntry, type Step } from '../../engine.ts';
import { type DoneMessage, decodeMessage, encodeMessage, type Message } from '../messages.ts';
import { EPOCHS_AHEAD, HoneyBadger } from './honey-badger.ts';
import { doneHash } from './names.ts';
import { proposalLimitBytes } from './proposal.ts';

beforeAll(initHash);

const SECRET = new Uint8Array(32).fill(9);
const signatures = new IdealSignatures(SECRET);

const configurationOf = (size: number, changed: Partial<Configuration> = {}): Configuration => ({
  groupId: 'c9f8a0f6-5f9e-4e0c-9b39-6a4d2f3f8a11',
  nonce: 2,
  producers: Array.from({ length: size }, (_, index) => `key ${index}`),
  ownerPubkey: 'key 0',
  intervalMs: 1_000,
  startEpoch: 1,
  engine: 'hbbft',
  rulesVersion: '1',
  ...changed,
});

const blockAt = (epoch: number) => ({ epoch, blockId: epoch, blockHash: new Uint8Array(32).fill(epoch) });

function engineOf(size: number, index: number, encryption = 1): HoneyBadger {
  const keys = idealKeys(size, SECRET)[index];
  if (!keys) throw new Error('no keys');
  return new HoneyBadger(configurationOf(size), {
    index,
    keys,
    encryption,
    sign: (hash) => signatures.sign(index, hash),
    verify: (producer, hash, signature) => signatures.verify(producer, hash, signature),
  });
}

const messagesOf = (step: Step, size: number): (Message | undefined)[] => step.send.map(({ data }) => decodeMessage(data, size));
const trx = (id: string): Trx => Trx.create({ TrxId: id, GroupId: 'group', SenderPubkey: 'sender' });
const emptyProposal = (epoch: number): EngineInput => ({ type: 'proposal', epoch, proposal: { trxs: [], timeNs: 5n } });

function done(signer: number, epoch: number, blockHash = blockAt(epoch).blockHash): DoneMessage {
  const signature = signatures.sign(signer, doneHash(configurationOf(4), epoch, epoch, blockHash));
  return { kind: 'done', epoch, signer, blockId: epoch, blockHash, signature };
}

describe('one producer (C-4, C-5, C-12)', () => {
  const alone = (): HoneyBadger => new HoneyBadger(configurationOf(1));

  test('the tick starts an epoch; its own proposal, logged, is the decision', () => {
    const engine = alone();
    expect(engine.handle({ type: 'start', log: [], nextEpoch: 7 }).timers).toEqual([{ name: 'interval', delayMs: 1_000 }]);
    expect(engine.handle({ type: 'waiting', full: false }).propose).toBeUndefined();
    expect(engine.handle({ type: 'timer', name: 'interval' }).propose).toEqual({
      epoch: 7,
      limitBytes: proposalLimitBytes(1),
      randomBytes: 0,
    });
    const step = engine.handle({ type: 'proposal', epoch: 7, proposal: { trxs: [trx('a')], timeNs: 5n } });
    expect(step.persist).toHaveLength(1);
    expect(step.send).toEqual([]);
    expect(step.output).toEqual({ epoch: 7, proposals: [{ trxs: [trx('a')], timeNs: 5n }] });
    expect(engine.handle({ type: 'executed', epoch: 7, empty: false }).timers).toHaveLength(1);
    expect(engine.status()).toMatchObject({ epoch: 8, resting: false });
  });

  test('a full pool does not wait for the tick', () => {
    const engine = alone();
    engine.handle({ type: 'start', log: [], nextEpoch: 1 });
    expect(engine.handle({ type: 'waiting', full: true }).propose?.epoch).toBe(1);
  });

  test('after a crash the same proposal is decided again', () => {
    const engine = alone();
    engine.handle({ type: 'start', log: [], nextEpoch: 1 });
    engine.handle({ type: 'timer', name: 'interval' });
    const { persist, output } = engine.handle({ type: 'proposal', epoch: 1, proposal: { trxs: [trx('a')], timeNs: 5n } });
    expect(alone().handle({ type: 'start', log: persist, nextEpoch: 1 }).output).toEqual(output);
    // The block was stored: the epoch is over.
    expect(alone().handle({ type: 'start', log: persist, nextEpoch: 2 }).output).toBeUndefined();
  });

  test('entries of epochs that are over are forgotten with a later write', () => {
    const engine = alone();
    const log = new Map<string, Uint8Array>();
    engine.handle({ type: 'start', log: [], nextEpoch: 1 });
    for (let epoch = 1; epoch <= 20; epoch++) {
      engine.handle({ type: 'timer', name: 'interval' });
      engine.handle({ type: 'timer', name: 'rest' });
      const { persist, forget } = engine.handle(emptyProposal(epoch));
      for (const { key, data } of persist) log.set(key, data);
      for (const key of [...log.keys()]) if (forget !== undefined && key < forget) log.delete(key);
      engine.handle({ type: 'executed', epoch, empty: true });
      expect(log.size).toBeLessThanOrEqual(3);
    }
    // The newest epoch's entry keeps the number over a restart, though no block does.
    const again = alone().handle({ type: 'start', log: [...log].map(([key, data]) => ({ key, data })), nextEpoch: 1 });
    expect(again.output?.epoch).toBe(20);
  });

  test('rests after three EMPTY epochs, and a waiting trx ends the rest', () => {
    const engine = alone();
    engine.handle({ type: 'start', log: [], nextEpoch: 1 });
    for (let epoch = 1; epoch <= 3; epoch++) {
      engine.handle({ type: 'timer', name: 'interval' });
      engine.handle(emptyProposal(epoch));
      engine.handle({ type: 'executed', epoch, empty: true });
    }
    expect(engine.status().resting).toBe(true);
    expect(engine.handle({ type: 'timer', name: 'interval' }).propose).toBeUndefined();
    const step = engine.handle({ type: 'waiting', full: false });
    expect(step.propose?.epoch).toBe(4);
    expect(step.wake).toBeUndefined();
  });

  test('whoever sends a message does not follow the protocol', () => {
    const engine = alone();
    engine.handle({ type: 'start', log: [], nextEpoch: 1 });
    const step = engine.handle({ type: 'message', sender: 3, data: new Uint8Array(3) });
    expect(step.faults).toEqual([{ producer: 3, kind: 'unexpected-message' }]);
  });
});

test('configuration and member must fit each other', () => {
  expect(() => new HoneyBadger(configurationOf(4))).toThrow(RangeError);
  const [keys] = idealKeys(7, SECRET);
  if (!keys) throw new Error('no keys');
  const member = { index: 0, keys, encryption: 1, sign: (hash: Uint8Array) => hash, verify: () => true };
  expect(() => new HoneyBadger(configurationOf(4), member)).toThrow(RangeError);
  expect(() => new HoneyBadger(configurationOf(7), { ...member, index: 1 })).toThrow(RangeError);
});

/** A group of four, of which producer 0 is an engine and the test speaks for the others. */
class Four {
  readonly engine: HoneyBadger;
  readonly log = new Map<string, Uint8Array>();
  readonly faults: Step['faults'][number][] = [];

  constructor(log: readonly LogEntry[] = [], nextEpoch = 1, encryption = 1) {
    this.engine = engineOf(4, 0, encryption);
    for (const { key, data } of log) this.log.set(key, data);
    this.take(this.engine.handle({ type: 'start', log, nextEpoch, blocks: [blockAt(0)] }));
    for (const peer of [1, 2, 3]) this.connect(peer);
  }

  get logged(): LogEntry[] {
    return [...this.log].map(([key, data]) => ({ key, data })).sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  connect(peer: number, epoch = 1): Step {
    this.take(this.engine.handle({ type: 'connected', peer }));
    return this.hear(peer, { kind: 'hello', epoch, started: 0 });
  }

  hear(sender: number, message: Message): Step {
    return this.take(this.engine.handle({ type: 'message', sender, data: encodeMessage(message) }));
  }

  take(step: Step): Step {
    for (const { key, data } of step.persist) this.log.set(key, data);
    for (const key of [...this.log.keys()]) if (step.forget !== undefined && key < step.forget) this.log.delete(key);
    this.faults.push(...step.faults);
    return step;
  }

  /** Others' blocks take producer 0 to the end of an epoch. */
  catchUp(epoch: number): Step {
    return this.take(this.engine.handle({ type: 'caught-up', epoch, blocks: [blockAt(0), blockAt(epoch)] }));
  }
}

describe('when an epoch starts', () => {
  const start = (four: Four, sender: number, epoch: number): Step =>
    four.hear(sender, { kind: 'hello', epoch: 1, started: epoch });

  test('with f+1 others in it, not with f', () => {
    const four = new Four();
    const started = (peer: number) => {
      four.engine.handle({ type: 'disconnected', peer });
      four.engine.handle({ type: 'connected', peer });
      return start(four, peer, 1);
    };
    expect(started(2).propose).toBeUndefined();
    expect(started(3).propose).toMatchObject({ epoch: 1 });
  });

  test(`at most ${EPOCHS_AHEAD} epochs run ahead`, () => {
    const four = new Four();
    for (const peer of [1, 2, 3]) {
      four.engine.handle({ type: 'disconnected', peer });
      four.engine.handle({ type: 'connected', peer });
      start(four, peer, 20);
    }
    // The first was asked for with the second hello.
    const asked: number[] = [1];
    for (;;) {
      const { propose } = four.engine.handle(emptyProposal(asked.at(-1) as number));
      if (!propose) break;
      asked.push(propose.epoch);
    }
    expect(asked).toEqual([1, 2, 3, 4]);
  });

  test(`nobody starts an epoch ${EPOCHS_UNDECIDED} after one that N−f have not finished`, () => {
    const four = new Four();
    // 0 alone goes on (others' blocks lead it), the others' Done stay out.
    for (let epoch = 1; epoch <= EPOCHS_UNDECIDED; epoch++) four.catchUp(epoch);
    expect(four.engine.handle({ type: 'timer', name: 'interval' }).propose).toBeUndefined();
    four.hear(1, done(1, 1));
    expect(four.hear(2, done(2, 1)).propose).toMatchObject({ epoch: EPOCHS_UNDECIDED + 1 });
  });

  test('the own proposal is encrypted where the schedule says so', () => {
    const four = new Four([], 1, 2);
    expect(four.engine.handle({ type: 'timer', name: 'interval' }).propose).toMatchObject({ epoch: 1, randomBytes: 0 });
    four.engine.handle(emptyProposal(1));
    four.catchUp(1);
    const { propose } = four.engine.handle({ type: 'timer', name: 'interval' });
    expect(propose?.randomBytes).toBeGreaterThan(0);
    expect(() => four.engine.handle(emptyProposal(2))).toThrow(RangeError);
  });
});

describe('a waking trx', () => {
  test('is passed on to the node once an epoch, unchecked', () => {
    const four = new Four();
    const wake = (epoch: number): Step => four.hear(2, { kind: 'wake', epoch, trx: Uint8Array.of(1, 2) });
    expect(wake(1).woken).toEqual([{ sender: 2, trx: Uint8Array.of(1, 2) }]);
    expect(wake(1).woken).toBeUndefined();
    expect(wake(2).woken).toHaveLength(1);
    expect(wake(900).woken).toBeUndefined();
    expect(four.faults).toEqual([]);
  });
});

describe('the log', () => {
  test('a restart says the same again, to whoever connects', () => {
    const four = new Four();
    four.engine.handle({ type: 'timer', name: 'interval' });
    const first = four.take(four.engine.handle(emptyProposal(1)));
    const more = four.hear(1, { kind: 'bval', epoch: 1, proposer: 2, round: 0, value: true });
    expect(more.persist).toHaveLength(1);
    const echo = four.hear(2, { kind: 'bval', epoch: 1, proposer: 2, round: 0, value: true });
    const said = [...first.send, ...echo.send].filter(({ to }) => to === 'all' || to === 3).map(({ data }) => data);
    const again = engineOf(4, 0);
    again.handle({ type: 'start', log: four.logged, nextEpoch: 1, blocks: [blockAt(0)] });
    again.handle({ type: 'connected', peer: 3 });
    const hello = encodeMessage({ kind: 'hello', epoch: 1, started: 0 });
    const { send } = again.handle({ type: 'message', sender: 3, data: hello });
    expect(send.map(({ data }) => data)).toEqual(said);
    // And it does not propose a second time.
    expect(again.handle({ type: 'timer', name: 'interval' }).propose).toBeUndefined();
  });

  test('what was said already, or changes nothing, is not logged', () => {
    const four = new Four();
    const vote: Message = { kind: 'bval', epoch: 1, proposer: 2, round: 0, value: true };
    expect(four.hear(1, vote).persist).toHaveLength(1);
    expect(four.hear(1, vote).persist).toHaveLength(0);
  });

  test('in an epoch that is over nothing is said again, also after a restart', () => {
    const four = new Four();
    for (const peer of [1, 2, 3]) for (let epoch = 1; epoch <= 5; epoch++) four.hear(peer, done(peer, epoch));
    four.catchUp(5);
    // The floor goes into the log with the next write.
    four.hear(1, { kind: 'bval', epoch: 6, proposer: 2, round: 0, value: true });
    const again = new Four(four.logged, 1);
    for (const sender of [1, 2, 3]) {
      const step = again.hear(sender, { kind: 'bval', epoch: 5, proposer: 2, round: 0, value: true });
      expect(step).toMatchObject({ persist: [], send: [], faults: [] });
    }
    expect(again.engine.status().epoch).toBe(6);
  });

  test('an entry that is none of ours is refused', () => {
    const start = (log: LogEntry[]) => () => engineOf(4, 0).handle({ type: 'start', log, nextEpoch: 1 });
    expect(start([{ key: 'unknown', data: new Uint8Array() }])).toThrow('unknown entry');
    expect(start([{ key: '0000000000000001/10000000/2', data: new Uint8Array() }])).toThrow('message that is none');
  });
});

describe('catching up', () => {
  test('f+1 equal Done of a later epoch, which messages cannot reach any more: the blocks are to be fetched', () => {
    const four = new Four();
    expect(four.hear(1, done(1, 9)).behind).toBeUndefined();
    const step = four.hear(2, done(2, 9));
    expect(step.behind).toEqual(blockAt(9));
    const { persist, send } = four.catchUp(9);
    // Done of the epochs that were jumped over, as far back as somebody may look for them.
    expect(persist.filter(({ key }) => key.endsWith('/done'))).toHaveLength(9);
    const own = messagesOf({ ...step, send }, 4).filter((message) => message?.kind === 'done' && message.signer === 0);
    expect(own).toHaveLength(9 * 3);
    expect(four.engine.status().epoch).toBe(10);
  });

  test('an epoch within reach is waited for, then fetched', () => {
    const four = new Four();
    four.hear(1, done(1, 1));
    const step = four.hear(2, done(2, 1));
    expect(step.behind).toBeUndefined();
    expect(step.timers.map(({ name }) => name)).toContain('behind');
    const { behind, timers } = four.engine.handle({ type: 'timer', name: 'behind' });
    expect(behind).toEqual(blockAt(1));
    // In case the fetching fails.
    expect(timers.map(({ name }) => name)).toContain('behind');
  });

  test('who has finished an epoch, or jumped over it, takes part in it until it is stable', () => {
    const four = new Four();
    four.catchUp(1);
    four.catchUp(2);
    const vote = (epoch: number): Message => ({ kind: 'bval', epoch, proposer: 2, round: 0, value: true });
    for (const epoch of [1, 2]) {
      four.hear(1, vote(epoch));
      expect(messagesOf(four.hear(2, vote(epoch)), 4)).toContainEqual(vote(epoch));
    }
    for (const peer of [1, 2]) four.hear(peer, done(peer, 1));
    four.hear(1, { ...vote(1), value: false } as Message);
    expect(four.hear(2, { ...vote(1), value: false } as Message).send).toEqual([]);
    four.hear(1, { ...vote(2), value: false } as Message);
    expect(four.hear(2, { ...vote(2), value: false } as Message).send).not.toEqual([]);
  });

  test('an epoch whose block is final is stable, though too few are heard to be done with it: its messages are let go of', () => {
    // Whole nodes, simulated with six producers, seed 30013: one whom three others did not reach kept the messages of all epochs.
    const four = new Four();
    const vote = (epoch: number): Message => ({ kind: 'bval', epoch, proposer: 2, round: 0, value: true });
    for (let epoch = 1; epoch <= 20; epoch++) {
      four.hear(1, vote(epoch));
      four.catchUp(epoch);
      four.engine.handle({ type: 'final', header: SealBody.create({ Epoch: epoch }), seals: [] });
      expect(four.engine.status().kept?.epochs).toBe(0);
      expect(four.hear(2, vote(epoch)).send).toEqual([]);
    }
  });

  test('who has moved on since is not behind', () => {
    const four = new Four();
    for (const peer of [1, 2]) four.hear(peer, done(peer, 1));
    four.catchUp(1);
    for (const peer of [1, 2]) four.hear(peer, done(peer, 2));
    expect(four.engine.handle({ type: 'timer', name: 'behind' }).behind).toBeUndefined();
    expect(four.engine.handle({ type: 'timer', name: 'behind' }).behind).toEqual(blockAt(2));
  });

  test('f Done, or f+1 that differ, or an unsigned one, lead nowhere', () => {
    const four = new Four();
    four.hear(1, done(1, 9));
    four.hear(2, done(2, 9, new Uint8Array(32).fill(77)));
    four.hear(3, { ...done(3, 9), signature: new Uint8Array(65) });
    expect(four.engine.handle({ type: 'timer', name: 'behind' }).behind).toBeUndefined();
    expect(four.faults).toEqual([{ producer: 3, kind: 'bad-signature' }]);
  });

  test('a hundred Done of one faulty producer take no more room than sixteen', () => {
    const four = new Four();
    for (let epoch = 1; epoch <= 100; epoch++) four.hear(3, done(3, epoch));
    expect(four.engine.status().finished).toEqual([undefined, undefined, undefined, 100]);
    expect(four.engine.handle({ type: 'timer', name: 'behind' }).behind).toBeUndefined();
  });
});

describe('the last block of a configuration (C-27)', () => {
  const quiet = { persist: [], send: [], faults: [], timers: [] };

  test('no epoch begins behind it, whoever is in one and whatever waits: executed, caught up, or there at the start', () => {
    const executed = new HoneyBadger(configurationOf(1));
    executed.handle({ type: 'start', log: [], nextEpoch: 7 });
    executed.handle({ type: 'timer', name: 'interval' });
    executed.handle(emptyProposal(7));
    expect(executed.handle({ type: 'executed', epoch: 7, empty: false, isOver: true })).toMatchObject(quiet);
    const started = new HoneyBadger(configurationOf(1));
    expect(started.handle({ type: 'start', log: [], nextEpoch: 8, isOver: true })).toMatchObject(quiet);
    for (const engine of [executed, started]) {
      for (const input of [
        { type: 'timer', name: 'interval' },
        { type: 'waiting', full: true },
      ] as const) {
        const step = engine.handle(input);
        expect([step.propose, step.wake, step.output]).toEqual([undefined, undefined, undefined]);
      }
    }
    const four = new Four();
    four.take(four.engine.handle({ type: 'caught-up', epoch: 1, blocks: [blockAt(0), blockAt(1)], isOver: true }));
    for (const sender of [1, 2, 3]) {
      four.engine.handle({ type: 'disconnected', peer: sender });
      four.engine.handle({ type: 'connected', peer: sender });
      expect(four.hear(sender, { kind: 'hello', epoch: 1, started: 2 }).propose).toBeUndefined();
    }
  });

  test('what was proposed or decided behind it is nobody’s: the proposal asked for, the log’s, and what others say there', () => {
    const four = new Four();
    four.engine.handle({ type: 'timer', name: 'interval' });
    four.take(four.engine.handle(emptyProposal(1)));
    for (const peer of [1, 2]) {
      four.engine.handle({ type: 'disconnected', peer });
      four.engine.handle({ type: 'connected', peer });
      four.hear(peer, { kind: 'hello', epoch: 1, started: 2 });
    }
    four.take(four.engine.handle({ type: 'caught-up', epoch: 1, blocks: [blockAt(0), blockAt(1)], isOver: true }));
    expect(four.take(four.engine.handle(emptyProposal(2)))).toMatchObject(quiet);
    const vote = (epoch: number): Message => ({ kind: 'bval', epoch, proposer: 2, round: 0, value: true });
    expect(four.hear(1, vote(2))).toMatchObject(quiet);
    // What others need for the epoch of the last block is taken and said as ever.
    expect(four.hear(1, vote(1)).persist).toHaveLength(1);
    expect(four.hear(2, vote(1)).send.length).toBeGreaterThan(0);
    const alone = new HoneyBadger(configurationOf(1));
    alone.handle({ type: 'start', log: [], nextEpoch: 8 });
    alone.handle({ type: 'timer', name: 'interval' });
    const { persist: log } = alone.handle(emptyProposal(8));
    const restarted = (isOver: boolean) =>
      new HoneyBadger(configurationOf(1)).handle({ type: 'start', log, nextEpoch: 8, isOver }).output?.epoch;
    expect([restarted(false), restarted(true)]).toEqual([8, undefined]);
  });
});

describe('what ends a producer', () => {
  test('f+1 that finished an epoch with another block', () => {
    const four = new Four();
    four.catchUp(1);
    const other = new Uint8Array(32).fill(99);
    expect(four.hear(1, done(1, 1, other)).defect).toBeUndefined();
    expect(four.hear(2, done(2, 1, other)).defect).toMatchObject({ kind: 'forked', epoch: 1, blockHash: other });
    // It does nothing more.
    expect(four.engine.handle({ type: 'timer', name: 'interval' })).toMatchObject({ timers: [], send: [], persist: [] });
  });

  test('a Done of its own that its log lacks', () => {
    const four = new Four();
    expect(four.hear(1, { ...done(0, 7), signature: new Uint8Array(65) }).faults).toEqual([
      { producer: 1, kind: 'bad-signature' },
    ]);
    expect(four.hear(1, done(0, 7)).defect).toEqual({ kind: 'log-lost', epoch: 7 });
  });

  test('its own Done given back is fine', () => {
    const four = new Four();
    four.catchUp(3);
    expect(four.hear(2, done(0, 3)).defect).toBeUndefined();
    // The log is lost, and another producer remembers.
    const forgetful = new Four();
    expect(forgetful.hear(2, done(0, 3)).defect).toEqual({ kind: 'log-lost', epoch: 3 });
  });

  test('a producer is given back its newest Done when it connects', () => {
    const four = new Four();
    four.hear(2, done(2, 1));
    four.engine.handle({ type: 'disconnected', peer: 2 });
    const step = four.engine.handle({ type: 'connected', peer: 2 });
    expect(messagesOf(step, 4)).toContainEqual(done(2, 1));
  });
});

describe('faults', () => {
  test('bytes that are no message, an epoch too far ahead, another’s Done', () => {
    const four = new Four();
    four.take(four.engine.handle({ type: 'message', sender: 1, data: Uint8Array.of(200, 1) }));
    four.hear(1, { kind: 'bval', epoch: 1 + EPOCHS_AHEAD, proposer: 0, round: 0, value: true });
    expect(four.faults).toEqual([{ producer: 1, kind: 'malformed-message' }]);
    four.hear(1, { kind: 'bval', epoch: 2 + EPOCHS_AHEAD, proposer: 0, round: 0, value: true });
    four.hear(1, done(2, 1));
    expect(four.faults.slice(1)).toEqual([
      { producer: 1, kind: 'future-epoch' },
      { producer: 1, kind: 'unexpected-message' },
    ]);
  });

  test('two signed Done for one epoch are proof', () => {
    const four = new Four();
    const [one, other] = [done(3, 2), done(3, 2, new Uint8Array(32).fill(8))];
    four.hear(3, one);
    four.hear(3, one);
    four.hear(3, other);
    expect(four.faults).toEqual([
      { producer: 3, kind: 'conflicting-done', evidence: [encodeMessage(one), encodeMessage(other)] },
    ]);
    four.hear(3, { ...other, signature: new Uint8Array(65) });
    expect(four.faults[1]?.kind).toBe('bad-signature');
  });

  test('a stranger is the caller’s mistake', () => {
    const four = new Four();
    for (const sender of [0, 4, -1]) {
      expect(() => four.engine.handle({ type: 'message', sender, data: new Uint8Array() })).toThrow(RangeError);
    }
  });
});

test('limits of a proposal: N of them leave room in a block', () => {
  for (let size = 1; size <= 24; size++) {
    expect(size * proposalLimitBytes(size)).toBeLessThanOrEqual(8 * 1024 * 1024 - 256 * 1024);
    expect(quorum(size) - faultyLimit(size)).toBeGreaterThan(faultyLimit(size));
  }
});
