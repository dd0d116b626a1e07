import { type Block, LIMITS, RecordError, SyncRequestKind, SyncResponse } from '../records/index.ts';
import { sealRequest } from './envelope.ts';
import { type Network, NetworkError, type PeerId, type Random } from './ports.ts';

/** Who asks, and where. */
export interface BlockAsker {
  readonly topic: string;
  readonly groupId: string;
  readonly cipherKey: Uint8Array;
  readonly userPubkey: string;
  readonly network: Network;
  readonly random: Random;
}

export interface WantedBlocks {
  readonly from: number;
  /** −1: as many as possible. */
  readonly count: number;
  /** Those that wait for seals too. */
  readonly waiting?: boolean;
}

/** Asks a member for blocks. `silent`: it does not answer, or not in time; a malformed answer is held against it. */
export async function askForBlocks(
  { topic, groupId, cipherKey, userPubkey, network, random }: BlockAsker,
  source: PeerId,
  { from, count, waiting = false }: WantedBlocks,
  timeoutMs: number,
): Promise<SyncResponse | 'silent' | 'malformed'> {
  const request = {
    Kind: SyncRequestKind.BLOCKS,
    Blocks: { GroupId: groupId, FromBlock: from, BlksRequested: count, ReqPubkey: userPubkey },
    TrxId: '',
    SenderPubkey: '',
    PeerId: network.state().peerId ?? '',
    Waiting: waiting,
  };
  try {
    const maxBytes = LIMITS.syncResponseBytes;
    const data = await network.request(source, sealRequest(topic, cipherKey, request, random), { timeoutMs, maxBytes });
    return SyncResponse.decode(data);
  } catch (error) {
    if (error instanceof NetworkError) return 'silent';
    if (!(error instanceof RecordError)) throw error;
    network.penalize(source, `its answer is malformed: ${error.message}`);
    return 'malformed';
  }
}

/** The blocks of an answer; none if it is not one. They may be others than were asked for. */
export const blocksIn = (answer: SyncResponse | 'silent' | 'malformed'): readonly Block[] =>
  typeof answer === 'string' ? [] : (answer.Blocks?.Blocks?.Blocks ?? []);
