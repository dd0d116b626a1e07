import { beforeAll, describe, expect, test } from 'vitest';
import { faultyLimit, initHash } from '../../../records/index.ts';
import { idealKeys, SeededRandom } from '../../../sim/index.ts';
import { Crank, type Tamper } from '../../testing/crank.ts';
import type { AgreementMessage, Message } from '../messages.ts';
import { roster } from '../roster.ts';
import { Agreement, FUTURE_ROUNDS } from './agreement.ts';
import type { CoinSource } from './coin.ts';

beforeAll(initHash);

const SECRET = new Uint8Array(32).fill(7);
const nameOf = (round: number): Uint8Array => new TextEncoder().encode(`coin of round ${round}`);

interface Setup {
  readonly crank: Crank<boolean>;
  readonly agreements: readonly Agreement[];
}

function setUp(size: number, seed: number, always: boolean, tampers: readonly (Tamper | undefined)[] = []): Setup {
  const random = new SeededRandom(seed, `agreement of ${size}`);
  const keys = idealKeys(size, SECRET);
  const agreements = keys.map((own, self) => {
    const coin: CoinSource = { keys: own, name: nameOf, always };
    return new Agreement(roster(size, self), 1, 0, coin);
  });
  const machines = agreements.map((agreement) => ({
    handle: (sender: number, message: Message) => agreement.handle(sender, message as AgreementMessage),
  }));
  return { crank: new Crank(machines, (count) => random.int(count), tampers), agreements };
}

function input({ crank, agreements }: Setup, producer: number, value: boolean): void {
  crank.take(producer, (agreements[producer] as Agreement).input(value));
}

const vote = (kind: 'bval' | 'aux', round: number, value: boolean): Message => ({ kind, epoch: 1, proposer: 0, round, value });
const bval = (round: number, value: boolean): Message => vote('bval', round, value);
const aux = (round: number, value: boolean): Message => vote('aux', round, value);
const term = (value: boolean): Message => ({ kind: 'term', epoch: 1, proposer: 0, value });

const SIZES = [1, 2, 3, 4, 5, 6, 7, 10];

describe('all honest producers decide one value that one of them put in', () => {
  for (const size of SIZES) {
    test(`${size} producers, any inputs`, () => {
      for (let seed = 0; seed < 30; seed++) {
        const random = new SeededRandom(seed, 'inputs');
        const setup = setUp(size, seed, seed % 2 === 0);
        const inputs = Array.from({ length: size }, () => random.chance(seed / 29));
        inputs.forEach((value, producer) => {
          input(setup, producer, value);
        });
        setup.crank.run();
        const [first] = setup.crank.outputs;
        expect(inputs).toContain(first);
        for (const output of setup.crank.outputs) expect(output).toBe(first);
        expect(setup.crank.faults).toEqual([]);
      }
    });
  }

  test('with f producers that vote as they please', () => {
    for (const size of [4, 7, 10]) {
      for (let seed = 0; seed < 60; seed++) {
        const random = new SeededRandom(seed, 'faulty');
        const tamper: Tamper = (_to, message) => {
          if (random.chance(0.2)) return [];
          if ('value' in message) return [{ ...message, value: random.chance(0.5) } as Message];
          if (message.kind === 'conf') return [{ ...message, values: 1 + random.int(3) }];
          if (message.kind === 'coin') return [{ ...message, share: random.bytes(32) }];
          return [message];
        };
        const faulty = faultyLimit(size);
        const tampers = Array.from({ length: size }, (_, index) => (index < faulty ? tamper : undefined));
        const setup = setUp(size, seed, seed % 3 === 0, tampers);
        const inputs = Array.from({ length: size }, () => random.chance(0.5));
        inputs.forEach((value, producer) => {
          input(setup, producer, value);
        });
        setup.crank.run();
        const outputs = setup.crank.outputs.slice(faulty);
        const [first] = outputs;
        expect(inputs.slice(faulty)).toContain(first);
        for (const output of outputs) expect(output).toBe(first);
        expect(setup.crank.unjust).toEqual([]);
      }
    }
  });
});

describe('the coin', () => {
  test('is not tossed in a quiet network: unanimous true in one round, unanimous false in two', () => {
    for (const value of [true, false]) {
      const setup = setUp(4, 1, false);
      for (let producer = 0; producer < 4; producer++) input(setup, producer, value);
      setup.crank.run();
      expect(setup.crank.outputs).toEqual([value, value, value, value]);
      expect(setup.crank.sent.has('coin')).toBe(false);
      expect(setup.crank.sent.has('conf')).toBe(false);
      expect(setup.agreements.map((agreement) => agreement.status().round)).toEqual(new Array(4).fill(value ? 0 : 1));
    }
  });

  test('has CONF before every share, so that no share leaves while sets are open', () => {
    const setup = setUp(4, 1, true);
    for (let producer = 0; producer < 4; producer++) input(setup, producer, producer % 2 === 0);
    setup.crank.run(({ message }) => message.kind !== 'conf');
    expect(setup.crank.sent.get('conf')).toBe(12);
    expect(setup.crank.sent.has('coin')).toBe(false);
    setup.crank.run();
    expect(setup.crank.sent.has('coin')).toBe(true);
  });

  test('with too few shares because finished producers are silent: f+1 are checked singly once a TERM is here', () => {
    const size = 4;
    const setup = setUp(size, 1, true);
    const [keys] = idealKeys(size, SECRET);
    const coin = keys?.combineCoin(
      nameOf(0),
      new Map(idealKeys(size, SECRET).map((own, index) => [index, own.coinShare(nameOf(0))])),
    );
    // Producer 3 stays silent from the start. Producer 0 has everything of round 0 and decides; 1 and 2 lack its coin share and that of 3.
    for (let producer = 0; producer < 3; producer++) input(setup, producer, coin === true);
    setup.crank.run(({ from, to, message }) => from !== 3 && !(message.kind === 'coin' && to !== 0) && message.kind !== 'term');
    expect(setup.crank.outputs).toEqual([coin, undefined, undefined, undefined]);
    // 1 and 2 hear each other's shares: two of four, fewer than N−f, and wait.
    setup.crank.run(({ from, to, message }) => message.kind === 'coin' && from !== 0 && from !== 3 && to !== 3);
    expect(setup.crank.outputs).toEqual([coin, undefined, undefined, undefined]);
    // The TERM of 0 says that its share may never come.
    setup.crank.run(({ from, to, message }) => message.kind === 'term' && from === 0 && to !== 3);
    expect(setup.crank.outputs).toEqual([coin, coin, coin, undefined]);
    expect(setup.crank.faults).toEqual([]);
  });

  test('with a bad share among N−f: the sender is found, and the coin comes all the same', () => {
    const bad: Tamper = (_to, message) => (message.kind === 'coin' ? [{ ...message, share: new Uint8Array(32) }] : [message]);
    for (let seed = 0; seed < 20; seed++) {
      const setup = setUp(7, seed, true, [bad, bad]);
      for (let producer = 0; producer < 7; producer++) input(setup, producer, producer % 2 === 0);
      setup.crank.run();
      const outputs = setup.crank.outputs.slice(2);
      expect(new Set(outputs).size).toBe(1);
      expect(outputs[0]).toBeDefined();
      expect(setup.crank.unjust).toEqual([]);
      expect(setup.crank.faults.some(({ kind }) => kind === 'bad-coin-share')).toBe(true);
    }
  });

  test('share or CONF where the coin is fixed, a second share that differs: faults', () => {
    const setup = setUp(4, 1, false);
    const share = (round: number, byte: number): Message => ({
      kind: 'coin',
      epoch: 1,
      proposer: 0,
      round,
      share: new Uint8Array(4).fill(byte),
    });
    setup.crank.deliver(1, 0, share(0, 1));
    setup.crank.deliver(1, 0, { kind: 'conf', epoch: 1, proposer: 0, round: 1, values: 1 });
    setup.crank.deliver(1, 0, share(2, 1));
    setup.crank.deliver(1, 0, share(2, 1));
    setup.crank.deliver(1, 0, share(2, 2));
    expect(setup.crank.faults.map(({ kind }) => kind)).toEqual([
      'unexpected-message',
      'unexpected-message',
      'conflicting-coin-share',
    ]);
  });
});

describe('late producers are not left waiting', () => {
  test('a finished producer passes on BVAL of the value that it has not decided', () => {
    // A (0), B (1), C (2) are honest, X (3) is not. A and B put in false, C true; the coin of round 0 is true.
    const x: Tamper = () => [];
    const setup = setUp(4, 1, false, [undefined, undefined, undefined, x]);
    const { crank } = setup;
    input(setup, 0, false);
    input(setup, 1, false);
    input(setup, 2, true);
    // C hears of true only: from X, from itself, and from B, who passes it on.
    crank.deliver(3, 1, bval(0, true));
    crank.run(({ from, to, message }) => from === 2 && to === 1 && message.kind === 'bval');
    crank.deliver(3, 2, bval(0, true));
    crank.run(({ from, to, message }) => from === 1 && to === 2 && message.kind === 'bval' && message.value);
    crank.run(({ from, to, message }) => from === 1 && to === 2 && message.kind === 'aux');
    crank.deliver(3, 2, aux(0, true));
    expect(crank.outputs).toEqual([undefined, undefined, true, undefined]);
    // A hears of false from B and X, and votes for it, which only it and B have done of the honest.
    crank.deliver(3, 0, bval(0, false));
    crank.run(({ from, to, message }) => from === 1 && to === 0 && message.kind === 'bval' && !message.value);
    // X falls silent. Everything between A, B and C arrives. Without C's BVAL(false), B could never take A's AUX(false).
    crank.run();
    expect(crank.outputs.slice(0, 3)).toEqual([true, true, true]);
    expect(crank.unjust).toEqual([]);
  });

  test('BVAL are passed on in rounds that one has left', () => {
    // A (0) and B (1) put in false, C (2) true; X (3) is faulty; the coin of round 0 is true.
    const setup = setUp(4, 1, false, [undefined, undefined, undefined, () => []]);
    const { crank } = setup;
    const arrive = (from: number, to: number, kind: 'bval' | 'aux', value: boolean): void =>
      crank.run(
        ({ message, ...flight }) =>
          flight.from === from && flight.to === to && message.kind === kind && message.round === 0 && message.value === value,
      );
    input(setup, 0, false);
    input(setup, 1, false);
    input(setup, 2, true);
    // B takes true in first, which C and X have sent it, and has AUX(true).
    arrive(2, 1, 'bval', true);
    crank.deliver(3, 1, bval(0, true));
    // A and C take false in first.
    arrive(1, 0, 'bval', false);
    crank.deliver(3, 0, bval(0, false));
    arrive(0, 2, 'bval', false);
    arrive(1, 2, 'bval', false);
    // A has three AUX(false) and goes on to round 1. It has not sent BVAL(true).
    arrive(2, 0, 'aux', false);
    crank.deliver(3, 0, aux(0, false));
    expect(setup.agreements.map((agreement) => agreement.status().round)).toEqual([1, 0, 0, 0]);
    // X falls silent. C needs A's BVAL(true) of round 0 to take B's AUX(true).
    crank.run();
    const [first] = crank.outputs;
    expect(first).toBeDefined();
    expect(crank.outputs.slice(0, 3)).toEqual([first, first, first]);
  });

  test('f+1 TERM decide, whatever round one is in', () => {
    const setup = setUp(7, 1, false);
    for (const sender of [1, 2]) expect(setup.crank.deliver(sender, 0, term(false)).output).toBeUndefined();
    expect(setup.crank.deliver(3, 0, term(false)).output).toBe(false);
  });

  test('a TERM stands for votes where its sender has not voted, and only there', () => {
    // 4 producers; 1 has decided true. Producer 0 has AUX(false) of it from before, which stays its vote of round 0.
    const setup = setUp(4, 1, false);
    input(setup, 0, true);
    for (const sender of [1, 2]) for (const value of [true, false]) setup.crank.deliver(sender, 0, bval(0, value));
    setup.crank.deliver(1, 0, aux(0, false));
    setup.crank.deliver(1, 0, term(true));
    setup.crank.deliver(2, 0, aux(0, true));
    // AUX: 0 true, 1 false, 2 true: both values, and the coin, true, is the estimate; nothing is decided.
    expect(setup.crank.outputs[0]).toBeUndefined();
    expect(setup.agreements[0]?.status().round).toBe(1);
  });
});

describe('bounds and faults', () => {
  test('votes of rounds far ahead are dropped without blame', () => {
    const setup = setUp(4, 1, false);
    expect(setup.crank.deliver(1, 0, bval(FUTURE_ROUNDS, true)).accepted).toBe(true);
    expect(setup.crank.deliver(1, 0, bval(FUTURE_ROUNDS + 1, true))).toMatchObject({ accepted: false, faults: [] });
  });

  test('two AUX, two CONF, two TERM of one sender that differ: faults; repetitions: none', () => {
    const setup = setUp(4, 1, false);
    const conf = (values: number): Message => ({ kind: 'conf', epoch: 1, proposer: 0, round: 2, values });
    for (const message of [aux(1, true), aux(1, true), conf(3), conf(3), term(true), term(true)])
      setup.crank.deliver(1, 0, message);
    expect(setup.crank.faults).toEqual([]);
    for (const message of [aux(1, false), conf(1), term(false)]) setup.crank.deliver(1, 0, message);
    expect(setup.crank.faults.map(({ kind }) => kind)).toEqual(['conflicting-vote', 'conflicting-vote', 'conflicting-vote']);
  });

  test('a TERM against the decision is a fault', () => {
    const setup = setUp(4, 1, false);
    for (const sender of [1, 2]) setup.crank.deliver(sender, 0, term(true));
    setup.crank.deliver(3, 0, term(false));
    expect(setup.crank.faults).toEqual([{ reporter: 0, producer: 3, kind: 'conflicting-vote' }]);
  });

  test('a second input changes nothing', () => {
    const setup = setUp(4, 1, false);
    input(setup, 0, true);
    expect(setup.agreements[0]?.input(false)).toMatchObject({ accepted: false, send: [] });
  });
});
