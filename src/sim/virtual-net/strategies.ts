import { type Configuration, encodeMessage, type Message, ShardTree } from '../../consensus/index.ts';
import { type Ciphertext, encodeShards, type ThresholdKeys } from '../../crypto/index.ts';
import { faultyLimit } from '../../records/index.ts';
import { IdealKeys, type IdealSignatures } from '../ideal-threshold.ts';
import type { SeededRandom } from '../random.ts';

/** How a faulty producer differs from an honest one: what it really sends, and what its keys really do. */
export interface Strategy {
  /** What goes out to one receiver in place of an honest message. */
  tamper(to: number, message: Message, data: Uint8Array): readonly Uint8Array[];
  keys?(own: ThresholdKeys): ThresholdKeys;
}

export interface StrategyContext {
  readonly random: SeededRandom;
  readonly size: number;
  readonly self: number;
  readonly configuration: Configuration;
  readonly signatures: Pick<IdealSignatures, 'sign'>;
}

export type StrategyMaker = (context: StrategyContext) => Strategy;

export const flipped = (bytes: Uint8Array, random: SeededRandom): Uint8Array => {
  const copy = bytes.slice();
  const place = random.int(copy.length);
  copy[place] = (copy[place] as number) ^ (1 + random.int(255));
  return copy;
};

/** Sends what `change` makes of each message; undefined: nothing. */
const changing =
  (change: (message: Message, to: number, context: StrategyContext) => Message | undefined): StrategyMaker =>
  (context) => ({
    tamper: (to, message) => {
      const changed = change(message, to, context);
      return changed ? [encodeMessage(changed)] : [];
    },
  });

/** Keys that do most things right. */
class TamperedKeys implements ThresholdKeys {
  readonly producers: number;
  readonly faultyLimit: number;
  readonly index: number;
  readonly #own: ThresholdKeys;
  readonly #encrypt: (own: ThresholdKeys, plain: Uint8Array, label: Uint8Array, random: Uint8Array) => Uint8Array;

  constructor(
    own: ThresholdKeys,
    encrypt: (own: ThresholdKeys, plain: Uint8Array, label: Uint8Array, random: Uint8Array) => Uint8Array,
  ) {
    this.producers = own.producers;
    this.faultyLimit = own.faultyLimit;
    this.index = own.index;
    this.#own = own;
    this.#encrypt = encrypt;
  }

  coinShare(name: Uint8Array): Uint8Array {
    return this.#own.coinShare(name);
  }
  verifyCoinShare(name: Uint8Array, index: number, share: Uint8Array): boolean {
    return this.#own.verifyCoinShare(name, index, share);
  }
  areCoinSharesConsistent(name: Uint8Array, shares: ReadonlyMap<number, Uint8Array>): boolean {
    return this.#own.areCoinSharesConsistent(name, shares);
  }
  combineCoin(name: Uint8Array, shares: ReadonlyMap<number, Uint8Array>): boolean {
    return this.#own.combineCoin(name, shares);
  }
  encrypt(plain: Uint8Array, label: Uint8Array, random: Uint8Array): Uint8Array {
    return this.#encrypt(this.#own, plain, label, random);
  }
  readCiphertext(bytes: Uint8Array, label: Uint8Array): Ciphertext | undefined {
    return this.#own.readCiphertext(bytes, label);
  }
  decryptionShare(ciphertext: Ciphertext): Uint8Array {
    return this.#own.decryptionShare(ciphertext);
  }
  verifyDecryptionShare(ciphertext: Ciphertext, index: number, share: Uint8Array): boolean {
    return this.#own.verifyDecryptionShare(ciphertext, index, share);
  }
  decrypt(ciphertext: Ciphertext, shares: ReadonlyMap<number, Uint8Array>): { plain: Uint8Array } | 'bad-shares' | 'unreadable' {
    return this.#own.decrypt(ciphertext, shares);
  }
}

export const encrypting =
  (encrypt: (own: ThresholdKeys, plain: Uint8Array, label: Uint8Array, random: Uint8Array) => Uint8Array): StrategyMaker =>
  () => ({ tamper: (_to, _message, data) => [data], keys: (own) => new TamperedKeys(own, encrypt) });

/** Shards and branches of another proposal of this producer, per epoch. */
function otherProposal(
  { random, size }: StrategyContext,
  isCodeWord: boolean,
): (epoch: number) => { tree: ShardTree; shards: Uint8Array[] } {
  const made = new Map<number, { tree: ShardTree; shards: Uint8Array[] }>();
  return (epoch) => {
    const known = made.get(epoch);
    if (known) return known;
    const parity = 2 * faultyLimit(size);
    const shards = isCodeWord
      ? encodeShards(random.bytes(50), size - parity, parity)
      : Array.from({ length: size }, () => random.bytes(30));
    const proposal = { tree: new ShardTree(shards), shards };
    made.set(epoch, proposal);
    return proposal;
  };
}

const shardOf = (
  proposal: { tree: ShardTree; shards: Uint8Array[] },
  message: Message & { kind: 'value' | 'echo' },
  index: number,
): Message => ({
  ...message,
  root: proposal.tree.root,
  branch: proposal.tree.branch(index),
  shard: proposal.shards[index] as Uint8Array,
});

/** The faulty producers of the simulation, by name. Each is an honest engine but for what its name says. */
export const STRATEGIES: Readonly<Record<string, StrategyMaker>> = {
  silent: changing(() => undefined),
  /** Talks to some only. */
  selective: changing((message, to, { self }) => ((to + self) % 3 === 0 ? undefined : message)),
  /** Loses messages at random. */
  forgetful: changing((message, _to, { random }) => (random.chance(0.3) ? undefined : message)),
  /** Gives half of the producers another proposal. */
  equivocating: (context) => {
    const other = otherProposal(context, true);
    return changing((message, to) => {
      if (message.kind !== 'value' || to % 2 === 0) return message;
      return shardOf(other(message.epoch), { ...message, kind: 'value' }, to);
    })(context);
  },
  /** Votes as it pleases, to each something else. */
  'double-voting': changing((message, _to, { random }) => {
    if (message.kind === 'bval' || message.kind === 'aux' || message.kind === 'term')
      return { ...message, value: random.chance(0.5) };
    if (message.kind === 'conf') return { ...message, values: 1 + random.int(3) };
    return message;
  }),
  'bad-shards': changing((message, _to, { random }) =>
    (message.kind === 'value' || message.kind === 'echo') && random.chance(0.5)
      ? { ...message, shard: flipped(message.shard, random) }
      : message,
  ),
  /** Commits to shards that are no code word. */
  'bad-root': (context) => {
    const rubbish = otherProposal(context, false);
    return changing((message, to) =>
      message.kind === 'value' ? shardOf(rubbish(message.epoch), { ...message, kind: 'value' }, to) : message,
    )(context);
  },
  /** Broadcasts well what is no proposal. */
  malformed: (context) => {
    const rubbish = otherProposal(context, true);
    return changing((message, to) => {
      const isOwn = (message.kind === 'value' || message.kind === 'echo') && message.proposer === context.self;
      if (isOwn)
        return shardOf(rubbish(message.epoch), { ...message, kind: message.kind }, message.kind === 'value' ? to : context.self);
      if (
        (message.kind === 'echo-hash' ||
          message.kind === 'ready' ||
          message.kind === 'can-decode' ||
          message.kind === 'want-shard') &&
        message.proposer === context.self
      )
        return { ...message, root: rubbish(message.epoch).tree.root };
      return message;
    })(context);
  },
  'bad-coin-shares': changing((message, _to, { random }) =>
    message.kind === 'coin' ? { ...message, share: flipped(message.share, random) } : message,
  ),
  'bad-decryption-shares': changing((message, _to, { random }) =>
    message.kind === 'decryption' ? { ...message, share: flipped(message.share, random) } : message,
  ),
  /** Says that it needs no shards when it does, and the other way round. */
  'lying-decoder': ({ size, self }) => ({
    tamper: (_to, message, data) => {
      if (message.kind !== 'echo-hash' && message.kind !== 'echo') return [data];
      const { epoch, root } = message;
      const proposer = (message.proposer + self) % size;
      return (['can-decode', 'want-shard'] as const).map((kind) => encodeMessage({ kind, epoch, proposer, root })).concat(data);
    },
  }),
  'non-ciphertext': encrypting((_own, plain) => plain),
  'wrong-label': encrypting((own, plain, label, random) => own.encrypt(plain, new Uint8Array([...label, 1]), random)),
  /** A ciphertext that opens to nothing. */
  unreadable: encrypting((own, plain, label, random) =>
    own instanceof IdealKeys ? own.seal(plain, label, random, true) : own.encrypt(plain.subarray(1), label, random),
  ),
  /** A ciphertext of what is no proposal. */
  'encrypted-rubbish': encrypting((own, plain, label, random) =>
    own.encrypt(
      plain.map((byte) => byte ^ 0x55),
      label,
      random,
    ),
  ),
  /** Repeats what it said in earlier epochs. */
  replaying: ({ random }) => {
    const said: Uint8Array[] = [];
    return {
      tamper: (_to, _message, data) => {
        if (said.length < 500) said.push(data);
        else said[random.int(said.length)] = data;
        return random.chance(0.2) ? [data, random.pick(said)] : [data];
      },
    };
  },
  /** Floods with messages of epochs and rounds to come. */
  flooding: ({ random }) => ({
    tamper: (_to, message, data) => {
      const flood: Uint8Array[] = [data];
      const ahead = 1 + random.int(12);
      if (message.kind !== 'hello') flood.push(encodeMessage({ ...message, epoch: message.epoch + ahead }));
      if ('round' in message) flood.push(encodeMessage({ ...message, round: message.round + 3 * random.int(90) }));
      return flood;
    },
  }),
  /** Says at once that it is far ahead, or done with what nobody has decided. */
  boasting: ({ random, self, signatures }) => ({
    tamper: (_to, message, data) => {
      if (message.kind === 'hello')
        return [encodeMessage({ ...message, started: message.started + 5, epoch: message.epoch + 2 })];
      if (message.kind !== 'done') return [data];
      const blockHash = random.bytes(32);
      const done = {
        ...message,
        signer: self,
        epoch: message.epoch + random.int(4),
        blockHash,
        signature: signatures.sign(self, blockHash),
      };
      return [encodeMessage(done), data];
    },
  }),
  /** Random bytes among the messages, and messages with a byte changed. */
  noisy: ({ random }) => ({
    tamper: (_to, _message, data) => [
      ...(random.chance(0.1) ? [random.bytes(random.int(60))] : []),
      random.chance(0.2) ? flipped(data, random) : data,
    ],
  }),
};
