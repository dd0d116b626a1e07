import type { BlockReference, Configuration, LogEntry, PbftMember, Step } from '../../../consensus/index.ts';
import type { Block, Seal } from '../../../records/index.ts';
import type { SeededRandom } from '../../random.ts';
import type { FailPoint } from '../crank.ts';

/** A defect that a node may have around an engine that is right; planted to see that the checks find it. */
export type Planted = 'seals-in-commits' | 'receipt-from-certificate' | 'hook-on-tentative' | 'send-before-log';

export interface Surroundings {
  /** By nonce; each begins after the block that changes the one before. */
  readonly configurations: readonly Configuration[];
  readonly key: string;
  readonly random: SeededRandom;
  readonly planted: Planted | undefined;
  /** All work is done at once. */
  readonly isPrompt: boolean;
  member(configuration: Configuration): PbftMember;
  isSealed(seal: Seal, block: Block): boolean;
  /** What others hold from a height on, for one that fetches; the last one is the block asked for. */
  fetch(from: number, to: BlockReference): readonly Block[] | undefined;
  /** The longest chain of final blocks that an honest producer holds. */
  finalBlocks(): readonly Block[];
  send(to: number, data: Uint8Array): void;
  peers: readonly number[];
  observe: Observer;
  fails(point: FailPoint): boolean;
}

/** What is watched of a machine. */
export interface Observer {
  persisted(entry: LogEntry): void;
  said(nonce: number, data: Uint8Array, log: ReadonlyMap<string, Uint8Array>): void;
  blamed(fault: Step['faults'][number], reporter: Configuration): void;
  stored(block: Block): void;
  final(block: Block, seals: readonly Seal[]): void;
  /** An application was told of a block. */
  hooked(block: Block): void;
  /** A producer's word that a block is decided. */
  sealed(block: Block): void;
  /** A caller was given a receipt. */
  receipt(blockId: number, blockHash: Uint8Array): void;
  defect(step: NonNullable<Step['defect']>): void;
}
