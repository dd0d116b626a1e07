import { beforeAll, describe, expect, test } from 'vitest';
import { encodeShards } from '../../../crypto/index.ts';
import { faultyLimit, initHash } from '../../../records/index.ts';
import { SeededRandom } from '../../../sim/index.ts';
import { Crank, type Tamper } from '../../testing/crank.ts';
import { type BroadcastMessage, encodeMessage, type Message, type ShardMessage } from '../messages.ts';
import { roster } from '../roster.ts';
import { Broadcast } from './broadcast.ts';
import { ShardTree } from './shard-tree.ts';

beforeAll(initHash);

const LIMIT_BYTES = 100_000;

interface Setup {
  readonly crank: Crank<Uint8Array>;
  readonly broadcasts: readonly Broadcast[];
  readonly random: SeededRandom;
}

function setUp(size: number, proposer: number, seed: number, tampers: readonly (Tamper | undefined)[] = []): Setup {
  const random = new SeededRandom(seed, `broadcast of ${size}`);
  const broadcasts = Array.from({ length: size }, (_, self) => new Broadcast(roster(size, self), 1, proposer, LIMIT_BYTES));
  const machines = broadcasts.map((broadcast) => ({
    handle: (sender: number, message: Message) => broadcast.handle(sender, message as BroadcastMessage),
  }));
  return { crank: new Crank(machines, (count) => random.int(count), tampers), broadcasts, random };
}

function propose({ crank, broadcasts }: Setup, proposer: number, payload: Uint8Array): void {
  crank.take(proposer, (broadcasts[proposer] as Broadcast).propose(payload));
}

const silent: Tamper = () => [];
const honest = (message: Message): readonly Message[] => [message];
const changed = (bytes: Uint8Array): Uint8Array => bytes.map((byte, index) => (index === 0 ? byte ^ 1 : byte));

describe('everybody delivers what an honest proposer proposes', () => {
  for (const size of [1, 2, 3, 4, 5, 6, 7, 10, 16, 24]) {
    test(`${size} producers`, () => {
      for (const length of [0, 1, 63, 1_000, LIMIT_BYTES]) {
        const proposer = length % size;
        const setup = setUp(size, proposer, length);
        const payload = setup.random.bytes(length);
        propose(setup, proposer, payload);
        setup.crank.run();
        for (const output of setup.crank.outputs) expect(output).toEqual(payload);
        expect(setup.crank.faults).toEqual([]);
      }
    });
  }

  // Seed 5021 of seven producers: an EMPTY proposal had the bytes of the epoch before, which a faulty producer had said again.
  test('whose root somebody has spoken of before it was proposed', () => {
    const setup = setUp(4, 0, 5021);
    const payload = setup.random.bytes(100);
    const { root } = new ShardTree(encodeShards(payload, 2, 2));
    const early: Message = { kind: 'ready', epoch: 1, proposer: 0, root };
    setup.crank.take(0, (setup.broadcasts[0] as Broadcast).handle(1, early as BroadcastMessage));
    propose(setup, 0, payload);
    setup.crank.run();
    for (const output of setup.crank.outputs) expect(output).toEqual(payload);
    expect(setup.crank.faults).toEqual([]);
  });

  test('with f silent producers', () => {
    for (const size of [4, 7, 10, 16]) {
      for (let seed = 0; seed < 10; seed++) {
        // The silent ones follow the proposer in the circle, or stand anywhere.
        const at = new SeededRandom(seed, 'places').shuffle(Array.from({ length: size - 1 }, (_, index) => index + 1));
        const tampers = Array.from({ length: size }, (_, index) =>
          at.slice(0, faultyLimit(size)).includes(index) ? silent : undefined,
        );
        const setup = setUp(size, 0, seed, tampers);
        const payload = setup.random.bytes(2_000);
        propose(setup, 0, payload);
        setup.crank.run();
        setup.crank.outputs.forEach((output, index) => {
          if (!tampers[index]) expect(output).toEqual(payload);
        });
        expect(setup.crank.faults).toEqual([]);
      }
    }
  });
});

test('upload is saved: in a quiet network shards go to few, hashes to the others, and nobody asks for more', () => {
  const size = 16;
  const setup = setUp(size, 0, 1);
  propose(setup, 0, setup.random.bytes(50_000));
  // In the order of a quiet network: whatever was sent first arrives first.
  while (setup.crank.flights.length > 0) {
    const flight = setup.crank.flights.shift();
    if (flight) setup.crank.deliver(flight.from, flight.to, flight.message);
  }
  // N−2f + 1 of 16, the own one among them, and none to the proposer.
  expect(setup.crank.sent.get('echo')).toBeLessThanOrEqual(size * 6);
  expect(setup.crank.sent.get('echo')).toBeGreaterThan(size * 5);
  expect((setup.crank.sent.get('echo') ?? 0) + (setup.crank.sent.get('echo-hash') ?? 0)).toBe(size * (size - 1));
  expect(setup.crank.sent.has('want-shard')).toBe(false);
});

test('who can decode before a slow producer echoes gets no shard of it', () => {
  const size = 7;
  const setup = setUp(size, 0, 1);
  const { crank } = setup;
  propose(setup, 0, setup.random.bytes(5_000));
  // Producer 3 gets its value last. It would send its shard to 4, 5 and 6.
  crank.run(({ from, to }) => from !== 3 && to !== 3);
  crank.run(({ to, message }) => to === 3 && message.kind === 'echo-hash');
  crank.run(({ to, message }) => to === 3 && message.kind === 'can-decode');
  crank.run(({ to, message }) => to === 3 && message.kind === 'value');
  expect(crank.flights.filter(({ from, message }) => from === 3 && message.kind === 'echo')).toEqual([]);
  expect(crank.flights.filter(({ from, message }) => from === 3 && message.kind === 'echo-hash')).toHaveLength(6);
});

describe('a faulty proposer', () => {
  /** All honest producers deliver the same, or none delivers. */
  function expectAllOrNone({ crank }: Setup, isHonest: (index: number) => boolean): void {
    const outputs = crank.outputs.filter((_, index) => isHonest(index));
    const [first] = outputs;
    for (const output of outputs) expect(output).toEqual(first);
    expect(crank.unjust).toEqual([]);
  }

  test('that gives its value to some only: all deliver or none', () => {
    for (const size of [4, 5, 6, 7, 10]) {
      for (let given = 0; given < size; given++) {
        const tamper: Tamper = (to, message) => (message.kind === 'value' && to > given ? [] : honest(message));
        const setup = setUp(size, 0, given, [tamper]);
        propose(setup, 0, setup.random.bytes(300));
        setup.crank.run();
        expectAllOrNone(setup, (index) => index !== 0);
      }
    }
  });

  test('that gives two proposals: all deliver one of them or none', () => {
    for (const size of [4, 7, 10]) {
      for (let seed = 0; seed < 20; seed++) {
        const parity = 2 * faultyLimit(size);
        const shards = encodeShards(new SeededRandom(seed, 'other').bytes(300), size - parity, parity);
        const tree = new ShardTree(shards);
        const choice = new SeededRandom(seed, 'choice');
        const tamper: Tamper = (to, message) => {
          const isOther = choice.chance(seed / 20);
          if (!isOther || !('root' in message)) return [message];
          if (message.kind === 'value' || message.kind === 'echo') {
            const index = message.kind === 'value' ? to : 0;
            return [{ ...message, root: tree.root, branch: tree.branch(index), shard: shards[index] as Uint8Array }];
          }
          return [{ ...message, root: tree.root }];
        };
        const setup = setUp(size, 0, seed, [tamper]);
        propose(setup, 0, setup.random.bytes(300));
        setup.crank.run();
        expectAllOrNone(setup, (index) => index !== 0);
      }
    }
  });

  test('that commits to shards of no code word: nobody delivers, everybody finds it', () => {
    for (const size of [4, 7, 10]) {
      const rubbish = Array.from({ length: size }, (_, index) => new Uint8Array(20).fill(index));
      const tree = new ShardTree(rubbish);
      const tamper: Tamper = (to, message) => {
        if (message.kind !== 'value') return [];
        return [{ ...message, root: tree.root, branch: tree.branch(to), shard: rubbish[to] as Uint8Array }];
      };
      const setup = setUp(size, 0, size, [tamper]);
      propose(setup, 0, setup.random.bytes(100));
      setup.crank.run();
      for (let index = 1; index < size; index++) {
        expect(setup.crank.outputs[index]).toBeUndefined();
        expect(setup.crank.faults).toContainEqual({ reporter: index, producer: 0, kind: 'bad-root' });
      }
      expect(setup.crank.unjust).toEqual([]);
    }
  });

  test('that commits to shards of different lengths: the same', () => {
    const rubbish = [10, 10, 11, 10].map((length) => new Uint8Array(length));
    const tree = new ShardTree(rubbish);
    const tamper: Tamper = (to, message) => {
      if (message.kind !== 'value') return [];
      return [{ ...message, root: tree.root, branch: tree.branch(to), shard: rubbish[to] as Uint8Array }];
    };
    const setup = setUp(4, 0, 1, [tamper]);
    propose(setup, 0, setup.random.bytes(10));
    setup.crank.run();
    expect(setup.crank.outputs.slice(1)).toEqual([undefined, undefined, undefined]);
    expect(setup.crank.unjust).toEqual([]);
  });

  test('that gives a shard with the branch of another place: refused', () => {
    const setup = setUp(4, 0, 1, [(_to, message) => honest(message)]);
    propose(setup, 0, setup.random.bytes(100));
    const values = setup.crank.flights.filter(({ message }) => message.kind === 'value');
    const forTwo = values.find(({ to }) => to === 2)?.message as ShardMessage;
    setup.crank.deliver(0, 1, forTwo);
    expect(setup.crank.faults).toEqual([{ reporter: 1, producer: 0, kind: 'bad-shard' }]);
  });

  test('that proposes too much: its value is not echoed', () => {
    const setup = setUp(4, 0, 1, [honest.bind(undefined) as unknown as Tamper]);
    const shards = encodeShards(new Uint8Array(LIMIT_BYTES + 10), 2, 2);
    const tree = new ShardTree(shards);
    const value = {
      kind: 'value',
      epoch: 1,
      proposer: 0,
      root: tree.root,
      branch: tree.branch(1),
      shard: shards[1] as Uint8Array,
    } as const;
    expect(setup.crank.deliver(0, 1, value)).toMatchObject({ accepted: false, faults: [{ producer: 0, kind: 'bad-shard' }] });
    expect(setup.crank.flights).toEqual([]);
  });
});

describe('faulty echoes', () => {
  test('bad shards are found and their senders blamed; the others are enough', () => {
    for (const size of [4, 7, 10]) {
      let found = false;
      for (let seed = 0; seed < 10; seed++) {
        const faulty = faultyLimit(size);
        const tamper: Tamper = (_to, message) =>
          message.kind === 'echo' ? [{ ...message, shard: changed(message.shard) }] : honest(message);
        // Producers 1 … f; 0 proposes.
        const tampers = Array.from({ length: size }, (_, index) => (index >= 1 && index <= faulty ? tamper : undefined));
        const setup = setUp(size, 0, seed, tampers);
        const payload = setup.random.bytes(500);
        propose(setup, 0, payload);
        setup.crank.run();
        setup.crank.outputs.forEach((output, index) => {
          if (!tampers[index]) expect(output).toEqual(payload);
        });
        expect(setup.crank.unjust).toEqual([]);
        found ||= setup.crank.faults.some(({ kind }) => kind === 'bad-shard');
      }
      expect(found).toBe(true);
    }
  });

  test('who says falsely that it can decode, or wants shards for nothing, harms itself only', () => {
    const size = 7;
    const liar: Tamper = (_to, message) => {
      if (message.kind !== 'ready') return [message];
      return [{ ...message, kind: 'can-decode' }, { ...message, kind: 'want-shard' }, message];
    };
    const setup = setUp(size, 0, 3, [undefined, liar, liar]);
    const payload = setup.random.bytes(500);
    propose(setup, 0, payload);
    setup.crank.run();
    for (const index of [0, 3, 4, 5, 6]) expect(setup.crank.outputs[index]).toEqual(payload);
    expect(setup.crank.unjust).toEqual([]);
  });

  test('one sender makes no more than three roots known, whatever it sends', () => {
    const setup = setUp(4, 0, 1, [undefined, silent]);
    let accepted = 0;
    for (let round = 0; round < 50; round++) {
      for (const kind of ['echo-hash', 'can-decode', 'want-shard', 'ready'] as const) {
        const root = setup.random.bytes(32);
        if (setup.crank.deliver(1, 2, { kind, epoch: 1, proposer: 0, root }).accepted) accepted++;
      }
    }
    expect(accepted).toBe(3);
    expect(setup.crank.faults.filter(({ kind }) => kind === 'conflicting-echo')).toHaveLength(49);
    expect(setup.crank.faults.filter(({ kind }) => kind === 'conflicting-ready')).toHaveLength(49);
  });
});

test('what comes twice changes nothing and is nobody’s fault', () => {
  const setup = setUp(7, 2, 5);
  propose(setup, 2, setup.random.bytes(700));
  const all: { from: number; to: number; message: Message }[] = [];
  for (;;) {
    const flight = setup.crank.flights.shift();
    if (!flight) break;
    all.push(flight);
    setup.crank.deliver(flight.from, flight.to, flight.message);
  }
  for (const { from, to, message } of setup.random.shuffle(all)) {
    expect(setup.crank.deliver(from, to, message)).toMatchObject({ accepted: false, send: [], faults: [] });
  }
});

test('a value comes from its proposer only', () => {
  const setup = setUp(4, 0, 1);
  propose(setup, 0, setup.random.bytes(10));
  const value = setup.crank.flights.find(({ to }) => to === 1)?.message as Message;
  expect(setup.crank.deliver(2, 1, value)).toMatchObject({
    accepted: false,
    faults: [{ producer: 2, kind: 'unexpected-message' }],
  });
});

test('an echo is what its value was, with another kind', () => {
  const setup = setUp(4, 0, 1);
  propose(setup, 0, setup.random.bytes(100));
  const value = setup.crank.flights.find(({ to }) => to === 1)?.message as ShardMessage;
  setup.crank.deliver(0, 1, value);
  const echo = setup.crank.flights.find(({ from }) => from === 1)?.message as ShardMessage;
  expect(encodeMessage({ ...echo, kind: 'value' })).toEqual(encodeMessage(value));
});
