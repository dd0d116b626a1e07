import { type Configuration, type PbftSignatures, pbftMessages } from '../../../consensus/index.ts';
import { Block, sha256 } from '../../../records/index.ts';
import type { SeededRandom } from '../../random.ts';
import { flipped } from '../strategies.ts';

type Message = pbftMessages.Message;

/** How a faulty producer differs from an honest one: what it really sends. */
export interface PbftStrategy {
  /** What goes out to one receiver in place of an honest message. */
  tamper(to: number, message: Message, data: Uint8Array): readonly Uint8Array[];
  /** It gives no seals either. */
  readonly isSilent?: boolean;
}

export interface PbftStrategyContext {
  readonly random: SeededRandom;
  readonly size: number;
  readonly self: number;
  readonly configuration: Configuration;
  readonly signatures: PbftSignatures;
}

export type PbftStrategyMaker = (context: PbftStrategyContext) => PbftStrategy;

const { encodeMessage } = pbftMessages;

/** Sends what `change` makes of each message; undefined: nothing. */
const changing =
  (change: (message: Message, to: number, context: PbftStrategyContext) => Message | undefined): PbftStrategyMaker =>
  (context) => ({
    tamper: (to, message) => {
      const changed = change(message, to, context);
      return changed ? [encodeMessage(changed)] : [];
    },
  });

/** A pre-prepare for another block than the one that it holds. */
function reproposed(
  message: Message & { kind: 'pre-prepare' },
  change: (block: Block) => Block,
  { signatures, self }: PbftStrategyContext,
): Message {
  if (message.body.length === 0 || message.vote.Signer !== self) return message;
  const body = Block.encodeHashed(change(Block.decode(message.body)));
  return { kind: 'pre-prepare', vote: signatures.vote('prepare', { ...message.vote, BlockHash: sha256(body) }), body };
}

/** As a primary it proposes another block than its own. */
export const proposing = (
  change: (block: Block, to: number, context: PbftStrategyContext) => Block | undefined,
): PbftStrategyMaker =>
  changing((message, to, context) => {
    if (message.kind !== 'pre-prepare') return message;
    return reproposed(message, (block) => change(block, to, context) ?? block, context);
  });

/** The faulty producers of the simulation under PBFT, by name. Each is an honest engine but for what its name says. */
export const PBFT_STRATEGIES: Readonly<Record<string, PbftStrategyMaker>> = {
  silent: () => ({ tamper: () => [], isSilent: true }),
  /** Talks to some only. */
  selective: changing((message, to, { self }) => ((to + self) % 3 === 0 ? undefined : message)),
  /** Loses messages at random. */
  forgetful: changing((message, _to, { random }) => (random.chance(0.3) ? undefined : message)),
  /** As a primary it gives half of the producers another block, as good as the first. */
  equivocating: proposing((block, to) => (to % 2 === 0 ? undefined : { ...block, TimeStamp: block.TimeStamp + 1n })),
  'wrong-root': proposing((block, _to, { random }) => ({ ...block, StateRoot: flipped(block.StateRoot, random) })),
  'wrong-parent': proposing((block, _to, { random }) => ({ ...block, PrevHash: flipped(block.PrevHash, random) })),
  /** Far ahead of everybody's clock. */
  untimely: proposing((block) => ({ ...block, TimeStamp: block.TimeStamp + 3_600_000_000_000n })),
  /** Proposes what is no block. */
  rubbish: changing((message, _to, { signatures, random, self }) => {
    if (message.kind !== 'pre-prepare' || message.vote.Signer !== self) return message;
    const body = random.bytes(40);
    return { ...message, vote: signatures.vote('prepare', { ...message.vote, BlockHash: sha256(body) }), body };
  }),
  /** Proposes without ever giving a body away. */
  'withholding-bodies': changing((message) => {
    if (message.kind === 'body') return undefined;
    return message.kind === 'pre-prepare' ? { ...message, body: new Uint8Array() } : message;
  }),
  'withholding-commits': changing((message) => (message.kind === 'commit' ? undefined : message)),
  /** Votes for something else towards half of the producers. */
  'double-voting': changing((message, to, { signatures, self }) => {
    if ((message.kind !== 'prepare' && message.kind !== 'commit') || message.vote.Signer !== self || to % 2 === 0) return message;
    const BlockHash = sha256(message.vote.BlockHash);
    return { ...message, vote: signatures.vote(message.kind, { ...message.vote, BlockHash }) };
  }),
  'hiding-certificates': changing((message, _to, { signatures, self }) => {
    if (message.kind !== 'view-change' || message.viewChange.Signer !== self) return message;
    return { ...message, viewChange: signatures.signViewChange({ ...message.viewChange, Certificate: undefined }) };
  }),
  /** Says that a block is decided that nobody has. */
  'inflating-height': changing((message, _to, { signatures, self, random }) => {
    if (message.kind === 'status') return { ...message, status: { ...message.status, BlockId: message.status.BlockId + 5 } };
    if (message.kind !== 'view-change' || message.viewChange.Signer !== self || !message.viewChange.Decided) return message;
    const { Decided } = message.viewChange;
    const inflated = { ...Decided, BlockId: Decided.BlockId + 1, BlockHash: random.bytes(32) };
    return { ...message, viewChange: signatures.signViewChange({ ...message.viewChange, Decided: inflated }) };
  }),
  /** Begins its views with another pick than the view changes give. */
  'wrong-pick': changing((message, to, { signatures }) => {
    if (message.kind !== 'new-view' || to % 2 === 0) return message;
    const PickHash = message.newView.PickHash.length === 0 ? new Uint8Array(32).fill(7) : new Uint8Array();
    return { ...message, newView: signatures.signNewView({ ...message.newView, PickHash }) };
  }),
  /** Wants another view all the time. */
  impatient: ({ signatures, random, self }) => ({
    tamper: (_to, message, data) => {
      if (message.kind !== 'view-change' || message.viewChange.Signer !== self) return [data];
      const View = message.viewChange.View + random.int(5);
      return [
        data,
        encodeMessage({ kind: 'view-change', viewChange: signatures.signViewChange({ ...message.viewChange, View }) }),
      ];
    },
  }),
  /** Floods with votes of views and heights to come, and asks for everything. */
  flooding: ({ random, signatures }) => ({
    tamper: (_to, message, data) => {
      if (message.kind !== 'prepare' && message.kind !== 'commit' && message.kind !== 'pre-prepare') return [data];
      const { vote } = message;
      const View = vote.View + 1 + random.int(1_000);
      const kind = message.kind === 'commit' ? 'commit' : 'prepare';
      const early = signatures.vote(kind, { ...vote, View, BlockHash: random.bytes(32) });
      const late = signatures.vote('commit', {
        ...vote,
        BlockId: vote.BlockId + random.int(4),
        View,
        BlockHash: random.bytes(32),
      });
      const request = { kind: 'body-request', blockId: vote.BlockId, blockHash: vote.BlockHash } as const;
      const isOwnView = View % 4 === vote.Signer;
      return [
        data,
        ...(isOwnView ? [] : [encodeMessage({ kind, vote: early } as Message)]),
        encodeMessage({ kind: 'commit', vote: late }),
        encodeMessage(request),
      ];
    },
  }),
  /** Repeats what it said earlier. */
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
  /** Random bytes among the messages, and messages with a byte changed. */
  noisy: ({ random }) => ({
    tamper: (_to, _message, data) => [
      ...(random.chance(0.1) ? [random.bytes(random.int(60))] : []),
      random.chance(0.2) ? flipped(data, random) : data,
    ],
  }),
};
