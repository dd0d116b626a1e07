import { decodeProposal, encodeProposal, PbftSignatures, type Proposal, roster } from '../../../consensus/index.ts';
import { type Block, blockHash, LIMITS, SyncResponse, Trx } from '../../../records/index.ts';
import type { SeededRandom } from '../../random.ts';
import { PBFT_STRATEGIES, type PbftStrategyMaker, proposing as proposingBlock } from '../../virtual-net/pbft/strategies.ts';
import { encrypting, flipped, STRATEGIES, type StrategyContext } from '../../virtual-net/strategies.ts';
import { GOSSIP_STRATEGIES } from './gossip.ts';
import type { NodeStrategy, NodeStrategyMaker } from './twist.ts';

/** Proposes something else than its node would; only in epochs that are encrypted. */
const proposing =
  (change: (proposal: Proposal, context: StrategyContext) => Proposal | undefined): NodeStrategyMaker =>
  (context) =>
    encrypting((own, plain, label, random) => {
      const proposal = decodeProposal(plain, context.size);
      const changed = proposal && change(proposal, context);
      return own.encrypt(changed ? encodeProposal(changed, 1) : plain, label, random);
    })(context);

/** By name: the engines that a trial's groups run. */
export const TRIAL_ENGINES = ['hbbft', 'pbft'] as const;
export type EngineName = (typeof TRIAL_ENGINES)[number];

const rehashed = (block: Block): Block => ({ ...block, BlockHash: blockHash(block) });

/** An answer whose blocks are not what they were. */
function liedAbout(answer: SyncResponse, random: SeededRandom): Uint8Array | undefined {
  const bundle = answer.Blocks;
  const blocks: readonly Block[] = bundle?.Blocks?.Blocks ?? [];
  const withBlocks = (changed: readonly Block[]): Uint8Array =>
    SyncResponse.encode({ ...answer, Blocks: bundle && { ...bundle, Blocks: { Blocks: changed } } });
  const forged = ({ Seals }: Block): Block['Seals'] => Seals.map((seal) => ({ ...seal, Sign: flipped(seal.Sign, random) }));
  switch (random.int(10)) {
    case 0:
      return undefined;
    case 1:
      return random.bytes(random.int(300));
    case 2:
      return withBlocks([]);
    case 3:
      return SyncResponse.encode({ ...answer, HeadBlockId: answer.HeadBlockId + 1 + random.int(1_000) });
    case 4:
      return withBlocks(blocks.map((block) => ({ ...block, Seals: block.Seals.slice(1) })));
    case 5:
      return withBlocks(blocks.map((block) => ({ ...block, StateRoot: flipped(block.StateRoot, random) })));
    case 6:
      return withBlocks(blocks.map((block) => ({ ...block, Trxs: block.Trxs.slice(1) })));
    case 7:
      return withBlocks(blocks.map((block) => ({ ...block, Seals: [...forged(block), ...block.Seals] })));
    case 8:
      // Good blocks all of them, but never made: only who agreed on what can tell.
      return withBlocks(blocks.map((block) => rehashed({ ...block, TimeStamp: block.TimeStamp + 1n, Seals: [] })));
    default:
      return withBlocks(blocks.slice(random.int(Math.max(1, blocks.length))));
  }
}

/** What only a whole node can propose. */
const PROPOSALS: Readonly<Record<string, NodeStrategyMaker>> = {
  /** Proposes trxs twice, and such as are in the chain. */
  'duplicate-trxs': (context) => {
    let earlier: readonly Trx[] = [];
    return proposing((proposal) => {
      const trxs = [...proposal.trxs, ...earlier, ...proposal.trxs];
      earlier = [...proposal.trxs, ...earlier].slice(0, 20);
      return { ...proposal, trxs };
    })(context);
  },
  /** Proposes trxs that are larger than trxs may be, or more of them than fit. */
  'oversize-trxs': proposing((proposal, { random, size }) => {
    const [trx = Trx.create({ TrxId: 'none' })] = proposal.trxs;
    const isOne = random.chance(0.5);
    const large = { ...trx, Data: random.bytes(isOne ? LIMITS.trxDataBytes + 1 : LIMITS.trxDataBytes) };
    const count = isOne ? 1 : Math.ceil(LIMITS.blockBytes / size / LIMITS.trxDataBytes) + 1;
    return random.chance(0.1) ? { ...proposal, trxs: new Array(count).fill(large) } : undefined;
  }),
  /** Proposes trxs that nobody signed so, at a time of its own. */
  'forged-trxs': proposing(({ trxs, timeNs }, { random }) => ({
    trxs: trxs.map((trx) => (random.chance(0.5) ? { ...trx, Data: random.bytes(40) } : trx)),
    timeNs: random.chance(0.5) ? timeNs + 10n ** 15n : 0n,
  })),
};

/** What only a whole node can get wrong, whatever its engine. */
const NODE_STRATEGIES: Readonly<Record<string, NodeStrategyMaker>> = {
  /** Seals what is not there, or not so. */
  'wrong-seals': ({ random }): NodeStrategy => ({
    seals: (_to, seals) =>
      seals.map((notice) => {
        const { Seal } = notice;
        if (Seal && random.chance(0.5)) return { ...notice, Seal: { ...Seal, Sign: flipped(Seal.Sign, random) } };
        return random.chance(0.5) ? { ...notice, BlockHash: random.bytes(32) } : { ...notice, BlockId: notice.BlockId + 1 };
      }),
  }),
  /** Frames that are none. */
  'random-bytes': ({ random }): NodeStrategy => ({
    frame: (_to, data) => (random.chance(0.02) ? [random.bytes(1 + random.int(200))] : [data]),
  }),
  /** Answers requests for blocks with what is not so, or not at all. */
  'lying-sync': ({ random }): NodeStrategy => ({ answer: (answer) => liedAbout(answer, random) }),
  /** In an agreement: shares of its dealing that are not what they should be, for some. */
  'bad-dealings': ({ random }): NodeStrategy => ({
    encrypted: (plain) => (random.chance(0.5) ? flipped(plain, random) : plain),
  }),
  /** In an agreement: takes good dealings for bad ones. */
  'bad-acknowledgements': ({ random }): NodeStrategy => ({
    decrypted: (plain) => (random.chance(0.5) ? undefined : plain),
  }),
  /** In an agreement: messages that are none, or that never leave. */
  'garbled-agreement': ({ random }): NodeStrategy => ({
    change: (data) => {
      if (random.chance(0.8)) return [data];
      return random.chance(0.5) ? [] : [flipped(data, random)];
    },
  }),
};

const noVerifying = (): never => {
  throw new Error('a faulty producer checks nothing');
};

/** Blocks that only a whole node can propose. */
const PBFT_PROPOSALS: Readonly<Record<string, PbftStrategyMaker>> = {
  'duplicate-trxs': proposingBlock((block) => ({ ...block, Trxs: [...block.Trxs, ...block.Trxs] })),
  'oversize-blocks': proposingBlock((block, _to, { random }) => {
    const [trx] = block.Trxs;
    if (!trx || random.chance(0.8)) return block;
    const large = { ...trx, Data: random.bytes(LIMITS.trxDataBytes) };
    return { ...block, Trxs: new Array(Math.floor(LIMITS.blockBytes / LIMITS.trxDataBytes) - 1).fill(large) };
  }),
  'forged-trxs': proposingBlock((block, _to, { random }) => ({
    ...block,
    Trxs: block.Trxs.map((trx) => (random.chance(0.5) ? { ...trx, Data: random.bytes(40) } : trx)),
  })),
};

const UNDER_PBFT: Readonly<Record<string, NodeStrategyMaker>> = Object.fromEntries(
  Object.entries({ ...PBFT_STRATEGIES, ...PBFT_PROPOSALS }).map(([name, maker]): [string, NodeStrategyMaker] => [
    `pbft-${name}`,
    ({ random, size, self, configuration, signatures }) => {
      const member = { index: self, sign: (hash: Uint8Array) => signatures.sign(self, hash), verify: noVerifying };
      const own = new PbftSignatures(configuration, roster(size, self), member);
      return { pbft: maker({ random, size, self, configuration, signatures: own }) };
    },
  ]),
);

type Strategies = Readonly<Record<string, NodeStrategyMaker>>;
const UNDER_ANY: Strategies = { ...NODE_STRATEGIES, ...GOSSIP_STRATEGIES };

/** What faulty producers do under each engine, by the name that the command knows it by. Under the other engine they are honest. */
export const BYZANTINE: Readonly<Record<EngineName, Strategies>> = {
  hbbft: { ...STRATEGIES, ...PROPOSALS, ...UNDER_ANY },
  pbft: { ...UNDER_PBFT, ...UNDER_ANY },
};

/** Under any of these engines. */
export const byzantineUnder = (engines: readonly EngineName[]): Strategies =>
  Object.assign({}, ...engines.map((engine) => BYZANTINE[engine]));

/** Those that show in a change of consensus only. */
export const IN_CHANGES: ReadonlySet<string> = new Set(['bad-dealings', 'bad-acknowledgements', 'garbled-agreement']);
