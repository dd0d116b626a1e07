import { beforeAll, describe, expect, test } from 'vitest';
import { type Configuration, type LogEntry, pbftMessages } from '../../../consensus/index.ts';
import { initHash, type Seal, Trx, TrxType } from '../../../records/index.ts';
import { PbftChecks } from './checks.ts';
import { type Draft, GROUP_ID, VirtualLedger } from './ledger.ts';
import { PbftWords } from './words.ts';

/** Each check finds what it is for: a simulation that never fails shows nothing otherwise (P-16). */

beforeAll(initHash);

const SIZE = 4;
const SIGN = new Uint8Array(65);
const HEIGHT = '0000000000000001';
const hashOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const { Vote, DecidedBlock, NewView, encodeMessage } = pbftMessages;
type Message = pbftMessages.Message;

describe('what honest producers log', () => {
  const certificate = (view: number, byte: number): LogEntry => ({
    key: `${HEIGHT}/certificate/${view}/00`,
    data: Vote.encode({ View: view, BlockId: 1, BlockHash: hashOf(byte), Signer: 0, Sign: SIGN }),
  });
  const decided = (view: number, byte: number) => ({
    ...{ BlockId: 1, BlockHash: hashOf(byte), View: view, Commits: [{ Signer: 0, Sign: SIGN }], Header: undefined, Seals: [] },
  });
  const decision = (view: number, byte: number): LogEntry => ({
    key: `${HEIGHT}/decision`,
    data: DecidedBlock.encode(decided(view, byte)),
  });
  /** Block 0 is decided, or block 1; what is prescribed above. */
  const newView = (
    view: number,
    PickHash: Uint8Array,
    Decided: pbftMessages.DecidedBlock = { ...decided(0, 0), BlockId: 0, Commits: [] },
  ): LogEntry => ({
    key: 'new-view',
    data: NewView.encode({
      View: view,
      ViewChanges: [{ View: view, Signer: 0, Decided, Certificate: undefined, Sign: SIGN }],
      PickHash,
      Sign: SIGN,
    }),
  });
  const log = (...entries: readonly LogEntry[]) => {
    const words = new PbftWords();
    return () => {
      for (const entry of entries) words.persisted(1, entry);
    };
  };

  test('two bodies certified at one height: in different views only', () => {
    expect(log(certificate(0, 1), certificate(1, 2), certificate(1, 2))).not.toThrow();
    expect(log(certificate(1, 1), certificate(1, 2))).toThrow('two certificates in one view');
  });

  test('two bodies decided in one view', () => {
    expect(log(decision(0, 1), decision(0, 1))).not.toThrow();
    expect(log(decision(0, 1), decision(0, 2))).toThrow('two decisions in one view');
  });

  test('a later new view that prescribes another body, or any, whichever is logged first', () => {
    expect(log(decision(0, 1), newView(1, hashOf(1)), newView(2, new Uint8Array(), decided(0, 1)))).not.toThrow();
    for (const pick of [hashOf(2), new Uint8Array()]) {
      expect(log(decision(0, 1), newView(1, pick))).toThrow('does not carry block 1');
      expect(log(newView(1, pick), decision(0, 1))).toThrow('does not carry block 1');
    }
  });
});

describe('what honest producers say', () => {
  const speaker = { name: 'producer 1', nonce: 1, self: 1, size: SIZE };
  const say = (words: PbftWords, message: Message, missing: readonly string[] = []) => {
    words.said(speaker, encodeMessage(message), (key) => !missing.includes(key));
  };
  const vote = (kind: 'prepare' | 'commit', byte: number): Message => ({
    kind,
    vote: { View: 0, BlockId: 1, BlockHash: hashOf(byte), Signer: 1, Sign: SIGN },
  });
  const viewChange = (blockId: number): Message => ({
    kind: 'view-change',
    viewChange: {
      ...{ View: 1, Signer: 1, Certificate: undefined, Sign: SIGN },
      Decided: { BlockId: blockId, BlockHash: hashOf(1), View: 0, Commits: [], Header: undefined, Seals: [] },
    },
  });
  const newView = (byte: number): Message => ({
    kind: 'new-view',
    newView: { View: 1, ViewChanges: [], PickHash: hashOf(byte), Sign: SIGN },
  });

  test('each thing once', () => {
    const pairs = [
      [vote('prepare', 1), vote('prepare', 2)],
      [vote('commit', 1), vote('commit', 2)],
      [viewChange(0), viewChange(1)],
      [newView(1), newView(2)],
    ] as const;
    for (const [first, second] of pairs) {
      const words = new PbftWords();
      say(words, first);
      say(words, first);
      expect(() => say(words, second), first.kind).toThrow('a producer contradicts itself');
    }
  });

  test('only what is in the log; a commit only with its certificate', () => {
    const cases = [
      [vote('prepare', 1), `${HEIGHT}/prepare/0`],
      [vote('commit', 1), `${HEIGHT}/commit/0`],
      [vote('commit', 1), `${HEIGHT}/certificate/0`],
      [viewChange(0), 'view-change'],
      [newView(1), 'new-view'],
    ] as const;
    for (const [message, key] of cases) {
      expect(() => say(new PbftWords(), message)).not.toThrow();
      expect(() => say(new PbftWords(), message, [key])).toThrow(`what its log does not hold: ${key}`);
    }
  });

  test('proposals in own views only', () => {
    const vote = { View: 2, BlockId: 1, BlockHash: hashOf(1), Signer: 1, Sign: SIGN };
    expect(() => say(new PbftWords(), { kind: 'pre-prepare', vote, body: new Uint8Array() })).toThrow('in a view of another');
  });
});

describe('what honest producers store, seal and show', () => {
  const configuration: Configuration = {
    ...{ groupId: GROUP_ID, nonce: 1, producers: ['key0', 'key1', 'key2', 'key3'], ownerPubkey: 'owner', intervalMs: 1_000 },
    ...{ startEpoch: 1, engine: 'pbft', rulesVersion: '1' },
  };
  const FAULTY = 0;
  const checks = (): PbftChecks => new PbftChecks([configuration], (machine) => machine !== FAULTY);
  const draft = (...names: readonly string[]): Draft => {
    const trxs = names.map((TrxId) => Trx.create({ TrxId, Type: TrxType.POST, SenderPubkey: 'sender', GroupId: GROUP_ID }));
    const proposals = configuration.producers.map((_, index) => (index === 1 ? { trxs, timeNs: 1n } : undefined));
    return new VirtualLedger().draft({ epoch: 1, proposals }, configuration) as Draft;
  };
  const one = () => draft('one').block;
  const other = () => draft('other').block;

  test('another body at the same height', () => {
    const all = checks();
    all.stored(1, one());
    all.stored(2, one());
    expect(() => all.stored(3, other())).toThrow('producer 3 has another block 1');
  });

  test('a root that executing everything does not give', () => {
    expect(() => checks().stored(1, { ...one(), StateRoot: hashOf(9) })).toThrow('is not what executing it');
  });

  test('two bodies that N−f seals can make final, those of faulty producers counted for both', () => {
    const all = checks();
    for (const machine of [1, 2]) all.sealed(machine, one());
    all.sealed(3, other());
    expect(() => all.sealed(2, other())).toThrow('two blocks 1 can be final');
  });

  test('final without N−f good seals of producers', () => {
    const seal = (index: number): Seal => ({ ProducerPubkey: `key${index}`, Sign: SIGN });
    const final = (seals: readonly Seal[], isSealed = true) => {
      const all = checks();
      for (const machine of [1, 2]) all.sealed(machine, one());
      return () => all.final(1, one(), seals, () => isSealed);
    };
    expect(final([seal(1), seal(2), seal(3)])).not.toThrow();
    for (const seals of [
      [seal(1), seal(2)],
      [seal(1), seal(2), seal(2)],
      [seal(1), seal(2), seal(7)],
    ])
      expect(final(seals)).toThrow('without the seals');
    expect(final([seal(1), seal(2), seal(3)], false)).toThrow('without the seals');
  });

  test('a receipt, or an application told, of what is not final', () => {
    const all = checks();
    all.sealed(1, one());
    expect(() => all.receipt(1, 1, one().BlockHash)).toThrow('which is not final');
    all.sealed(2, one());
    all.receipt(1, 1, one().BlockHash);
    expect(() => all.receipt(1, 1, other().BlockHash)).toThrow('which is not final');
  });

  test('an honest producer blamed', () => {
    const all = checks();
    all.blamed(1, { producer: FAULTY, kind: 'wrong-root' }, configuration);
    expect([...all.found]).toEqual(['wrong-root']);
    expect(() => all.blamed(1, { producer: 2, kind: 'wrong-root' }, configuration)).toThrow('blames an honest one');
  });
});
