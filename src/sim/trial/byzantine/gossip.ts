import { type Gossip, newUuid, sealBlockGossip, sealBroadcast, sealSealGossip, sealTrxs } from '../../../node/index.ts';
import {
  type Block,
  type GroupBroadcast,
  GroupBroadcastKind,
  LIMITS,
  type Seal,
  type SealedHeader,
  type Trx,
} from '../../../records/index.ts';
import { flipped } from '../../virtual-net/strategies.ts';
import type { NodeContext, NodeStrategy, NodeStrategyMaker } from './twist.ts';

const HASH_BYTES = 32;
const NONCE_BYTES = 12;
const REMEMBERED_TRXS = 50;
/** Far more than clocks differ, in nanoseconds. */
const YEAR_NS = 31_536_000n * 10n ** 9n;

/** Each of several broadcasts is a message of its own, as if its node had sent it. */
const sealed = (broadcasts: readonly GroupBroadcast[], { cipherKey, random }: NodeContext): Uint8Array[] =>
  broadcasts.map((broadcast) => sealBroadcast(cipherKey, { ...broadcast, Nonce: random.bytes(NONCE_BYTES) }, random));

const gossiping =
  (
    broadcasts: (own: GroupBroadcast, context: NodeContext) => readonly GroupBroadcast[],
    others: (own: Gossip, data: Uint8Array) => readonly Uint8Array[] = (_own, data) => [data],
  ): ((context: NodeContext) => NodeStrategy) =>
  (context) => ({
    gossip: (gossip, data) =>
      gossip.kind === 'broadcast' ? sealed(broadcasts(gossip.broadcast, context), context) : others(gossip, data),
  });

/** What is said of blocks and trxs that are not there, or not so. */
function announced(own: GroupBroadcast, { random, configuration }: NodeContext): GroupBroadcast {
  switch (random.int(5)) {
    case 0:
      return { ...own, HeadBlockId: own.HeadBlockId + 1 + random.int(1_000), HeadHash: random.bytes(HASH_BYTES) };
    case 1:
      return { ...own, Kind: GroupBroadcastKind.BLOCK, HeadBlockId: own.HeadBlockId + 1, Hash: random.bytes(HASH_BYTES) };
    case 2:
      return {
        ...own,
        Kind: GroupBroadcastKind.TRX,
        Id: newUuid(random),
        Sender: random.pick(configuration.producers),
        Hash: random.bytes(HASH_BYTES),
        SizeBytes: random.pick([0, 1_000, LIMITS.trxDataBytes, Number.MAX_SAFE_INTEGER]),
      };
    case 3:
      return { ...own, Kind: GroupBroadcastKind.LEAVING };
    default:
      return { ...own, Epoch: random.pick([0, own.Epoch + 1_000_000]), HeadBlockId: 0 };
  }
}

/** Trxs that are changed, repeated, of nobody, or out of time. */
function liedTrxs({ random, cipherKey, configuration }: NodeContext): (own: readonly Trx[], data: Uint8Array) => Uint8Array[] {
  let earlier: readonly Trx[] = [];
  const seal = (trxs: readonly Trx[]): Uint8Array => sealTrxs(cipherKey, trxs, random);
  return (own, data) => {
    earlier = [...own, ...earlier].slice(0, REMEMBERED_TRXS);
    switch (random.int(6)) {
      case 0:
        return [seal(own.map((trx) => ({ ...trx, SenderSign: flipped(trx.SenderSign, random) })))];
      case 1:
        return [seal([]), data];
      case 2:
        return [data, data, seal(earlier)];
      case 3:
        return [random.bytes(1 + random.int(300)), data];
      case 4:
        return [seal(own.map((trx) => ({ ...trx, SenderPubkey: random.pick(configuration.producers) }))), data];
      default:
        return [];
    }
  };
}

/** Blocks and seals that are changed, held back, repeated, or say something that is not under the hash. */
function liedBlock(own: Block, data: Uint8Array, { random, cipherKey }: NodeContext): readonly Uint8Array[] {
  const seal = (block: Block): Uint8Array => sealBlockGossip(cipherKey, block, random);
  switch (random.int(6)) {
    case 0:
      return [seal({ ...own, Seals: own.Seals.map((each) => flippedSeal(each, random)) }), data];
    case 1:
      return [seal({ ...own, Trxs: own.Trxs.slice(1) }), data];
    case 2:
      return [seal({ ...own, Evidence: random.bytes(40), ProducerSign: random.bytes(65) }), data];
    case 3:
      return [seal({ ...own, Seals: [...own.Seals, ...own.Seals] }), data, data];
    case 4:
      return [seal({ ...own, BlockId: own.BlockId + 1 + random.int(1_000) })];
    default:
      return [];
  }
}

function liedSeal(own: SealedHeader, data: Uint8Array, { random, cipherKey }: NodeContext): readonly Uint8Array[] {
  const seal = (sealed: SealedHeader): Uint8Array => sealSealGossip(cipherKey, sealed, random);
  const { Header: header, Seals: seals } = own;
  switch (random.int(5)) {
    case 0:
      return [seal({ ...own, Seals: seals.map((each) => flippedSeal(each, random)) }), data];
    case 1:
      return [seal({ ...own, Header: header && { ...header, BlockHash: random.bytes(HASH_BYTES) } }), data];
    case 2:
      return [seal({ ...own, Header: undefined }), seal({ ...own, Seals: [] }), data, data];
    case 3:
      return [seal({ ...own, Header: header && { ...header, ConfigNonce: header.ConfigNonce + 1 } })];
    default:
      return [];
  }
}

const flippedSeal = (seal: Seal, random: NodeContext['random']): Seal => ({ ...seal, Sign: flipped(seal.Sign, random) });

/** What a faulty producer does in gossip. */
export const GOSSIP_STRATEGIES: Readonly<Record<string, NodeStrategyMaker>> = {
  /** Tells of blocks, trxs and epochs that are not there, says goodbye and stays, alters and repeats trxs, blocks and seals. */
  'lying-gossip': (context) => {
    const lied = liedTrxs(context);
    return gossiping(
      (own) => [announced(own, context), own],
      (own, data) => {
        if (own.kind === 'trxs') return lied(own.trxs, data);
        if (own.kind === 'block') return liedBlock(own.block, data, context);
        return own.kind === 'seal' ? liedSeal(own.sealed, data, context) : [data];
      },
    )(context);
  },
  /** Tells of itself under the key of another, at a time of its own. */
  impersonating: (context) => {
    const others = context.configuration.producers.filter((_, index) => index !== context.self);
    const Pubkey = context.random.pick(others);
    return gossiping((own, { random }) => [
      { ...own, Pubkey, ClockNs: random.pick([0n, own.ClockNs, own.ClockNs - YEAR_NS, own.ClockNs + YEAR_NS]) },
    ])(context);
  },
  /** Says nothing in gossip. */
  mute: () => ({ gossip: () => [] }),
};
