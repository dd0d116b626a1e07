/** A member without manners: it has the group's seed, so what it says is encrypted as it should be, and perhaps more keys than its own. */
import { webcrypto } from 'node:crypto';
import { groupTopic, publicKeyOf, sealBytes } from '../../src/crypto/index.ts';
import { Exchange } from '../../src/network/exchange.ts';
import { openRequest, sealBroadcast, sealTrxs } from '../../src/node/envelope.ts';
import { CIPHER_NONCE_BYTES, makeTrx, newUuid } from '../../src/node/genesis.ts';
import type { Random } from '../../src/node/ports.ts';
import {
  type Block,
  type GroupBroadcast,
  GroupBroadcastKind,
  LIMITS,
  parseSeed,
  ReqBlockResult,
  SyncResponse,
  type Trx,
  TrxType,
} from '../../src/records/index.ts';
import { type HostilePeer, type InventedPeer, startHostilePeer } from './hostile-peer.ts';

const SECRET_BYTES = 32;
const HASH_BYTES = 32;
const INTERVAL_MS = 1_000;
const TIMEOUT_MS = 30_000;

const random: Random = { bytes: (length) => webcrypto.getRandomValues(new Uint8Array(length)) };

export interface HostileMember {
  readonly peerId: string;
  /** Says that it is here, and that it has blocks up to this one. Resolves with the number of neighbours that heard it. */
  beacon(headBlock: number): Promise<number>;
  /** Says something about itself, or, as a neighbour would pass it on, what somebody invented says. */
  tell(said: Partial<GroupBroadcast>, author?: InventedPeer): Promise<void>;
  /** From now on it answers requests for blocks with these. */
  serve(blocks: readonly Block[]): void;
  /** A post of its own, as an honest member would make it. */
  trx(text: string): Trx;
  /** A post of its own that holds these bytes. */
  trxOf(plain: Uint8Array, signSecret?: Uint8Array): Trx;
  /** Sends trxs to everyone, those of one call in one message. */
  gossip(trxs: readonly Trx[]): Promise<number>;
  stop(): Promise<void>;
}

export async function startHostileMember(origin: string, seedUrl: string): Promise<HostileMember> {
  const seed = parseSeed(seedUrl);
  const { cipherKey, groupId } = seed;
  const topic = groupTopic(cipherKey, groupId);
  const signSecret = random.bytes(SECRET_BYTES);
  const peer: HostilePeer = await startHostilePeer(origin);
  peer.subscribe(topic);
  let served: readonly Block[] = [];

  peer.answer = async (stream) => {
    const exchange = new Exchange(stream, LIMITS.syncRequestBytes);
    const wanted = openRequest(cipherKey, await exchange.receive())?.Blocks;
    const blocks = served
      .filter(({ BlockId }) => wanted !== undefined && BlockId >= wanted.FromBlock)
      .slice(0, wanted?.BlksRequested);
    const head = served.at(-1);
    const answer = SyncResponse.encode({
      Blocks: {
        GroupId: groupId,
        RequesterPubkey: wanted?.ReqPubkey ?? '',
        ProviderPubkey: publicKeyOf(signSecret),
        Result: blocks.length > 0 ? ReqBlockResult.BLOCK_IN_RESP : ReqBlockResult.BLOCK_NOT_FOUND,
        FromBlock: wanted?.FromBlock ?? 0,
        BlksRequested: wanted?.BlksRequested ?? 0,
        BlksProvided: blocks.length,
        Blocks: { Blocks: [...blocks] },
      },
      Trx: undefined,
      HeadBlockId: head?.BlockId ?? 0,
      HeadHash: head?.BlockHash ?? new Uint8Array(HASH_BYTES),
      Epoch: head?.Epoch ?? 0,
    });
    await exchange.send(answer, AbortSignal.timeout(TIMEOUT_MS));
    await exchange.close();
  };

  const pubkey = publicKeyOf(signSecret);
  const broadcast = (said: Partial<GroupBroadcast>): Uint8Array =>
    sealBroadcast(
      cipherKey,
      {
        Kind: GroupBroadcastKind.PRESENCE,
        PeerId: peer.peerId,
        Pubkey: pubkey,
        HeadBlockId: 0,
        ConfigNonce: 0,
        SilentBelow: 0,
        HeadHash: new Uint8Array(HASH_BYTES),
        Epoch: 0,
        ClockNs: BigInt(Date.now()) * 1_000_000n,
        Id: '',
        Sender: '',
        Hash: new Uint8Array(),
        SizeBytes: 0,
        Nonce: random.bytes(CIPHER_NONCE_BYTES),
        Sign: new Uint8Array(),
        ...said,
      },
      random,
    );
  const trxOf = (plain: Uint8Array, secret = signSecret): Trx =>
    makeTrx({
      trxId: newUuid(random),
      type: TrxType.POST,
      groupId,
      data: sealBytes(cipherKey, plain, random.bytes(CIPHER_NONCE_BYTES)),
      timeNs: BigInt(Date.now()) * 1_000_000n,
      intervalMs: INTERVAL_MS,
      signSecret: secret,
    });

  return {
    peerId: peer.peerId,
    beacon: (headBlock) => peer.publish(topic, broadcast({ HeadBlockId: headBlock, Epoch: headBlock })),
    tell: async (said, author) => {
      if (author === undefined) await peer.publish(topic, broadcast(said));
      else await peer.forward(topic, broadcast({ PeerId: author.peerId, ...said }), author);
    },
    serve(blocks) {
      served = blocks;
    },
    trx: (text) => trxOf(new TextEncoder().encode(JSON.stringify({ type: 'Note', content: text }))),
    trxOf,
    gossip: (trxs) => peer.publish(topic, sealTrxs(cipherKey, trxs, random)),
    stop: () => peer.stop(),
  };
}
