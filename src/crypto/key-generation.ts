import {
  bytes,
  type ChangeConsensusReq,
  type ChangeConsensusResp,
  type ChangeConsensusResultBundle,
  comparePubkeys,
  concatBytes,
  decodeOrNothing,
  equalBytes,
  exactBytes,
  faultyLimit,
  LIMITS,
  message,
  repeated,
  sha256,
  text,
  uint32,
} from '../records/index.ts';
import { publicKeyOf, signHash, verifyHash } from './keys.ts';
import {
  combineDealings,
  combineShares,
  type PublicKeys,
  RistrettoKeys,
  readKeyShare,
  verifyDealing,
  verifyDealtShare,
} from './threshold/index.ts';

/**
 * Key generation as it stands in a result bundle (consensus.md, "Changing consensus on a running group", 3): a dealing in each response, and
 * each requested producer's signed word on which of them it accepts. Everything here follows from the bundle, so nothing of a key generation must
 * survive a crash. Needs `initThreshold`.
 */

const HASH_BYTES = 32;
const SIGNATURE_BYTES = 65;
const DEALING_LIMIT_BYTES = 16 * 1024;
/** Eight commitments and a proof, with 24 producers. */
const COMMITMENTS_LIMIT_BYTES = 512;
/** An age file of some 160 bytes to one recipient takes some 370. */
const ENCRYPTED_SHARE_LIMIT_BYTES = 512;
const ACKNOWLEDGEMENT_TAG = 'sett/key-generation/acknowledgement/1';

/**
 * `ChangeConsensusResp.KeyGenDealing`. A share for every requested producer in ascending order of keys, the dealer's own among them: so each
 * computes its key from the chain, whatever it has lost.
 */
export const KeyGenDealing = message('KeyGenDealing', DEALING_LIMIT_BYTES, {
  Dealing: bytes(1, { maxBytes: COMMITMENTS_LIMIT_BYTES }),
  EncryptedShares: repeated(bytes(2, { maxBytes: ENCRYPTED_SHARE_LIMIT_BYTES }), LIMITS.producers),
});

/** One of `ChangeConsensusResultBundle.KeyGenAcks`. */
const KeyGenAcknowledgement = message('KeyGenAcknowledgement', 512, {
  Tag: text(1),
  GroupId: text(2),
  RequestHash: exactBytes(3, HASH_BYTES),
  /** Over the hashes of all responses, in ascending order of their senders' keys. */
  ResponsesHash: exactBytes(4, HASH_BYTES),
  /** Bit i: the dealing of the i-th producer is accepted. */
  Accepted: uint32(5),
  SignPubkey: text(6),
  Sign: exactBytes(7, SIGNATURE_BYTES, { hashed: false }),
});

/** The requested producers by index: in ascending order of key. */
export const requestedProducers = (request: ChangeConsensusReq): string[] => [...request.ProducerPubkeyList].sort(comparePubkeys);

/** Names a whole set of responses, which must be in ascending order of their senders' keys. */
export const responsesHash = (responses: readonly ChangeConsensusResp[]): Uint8Array =>
  sha256(concatBytes(...responses.map(({ MsgHash }) => MsgHash)));

/** What is acknowledged: `responses` as in {@link responsesHash}. */
export interface Acknowledged {
  readonly request: ChangeConsensusReq;
  readonly responses: readonly ChangeConsensusResp[];
}

/** `accepted`: bit i for the dealing of producer i. */
export function signAcknowledgement({ request, responses }: Acknowledged, accepted: number, secret: Uint8Array): Uint8Array {
  const unsigned = {
    Tag: ACKNOWLEDGEMENT_TAG,
    GroupId: request.GroupId,
    RequestHash: request.MsgHash,
    ResponsesHash: responsesHash(responses),
    Accepted: accepted,
    SignPubkey: publicKeyOf(secret),
    Sign: new Uint8Array(),
  };
  const hash = sha256(KeyGenAcknowledgement.encodeHashed(unsigned));
  return KeyGenAcknowledgement.encode({ ...unsigned, Sign: signHash(hash, secret) });
}

/** The dealings that `signer` accepts, if these bytes are its acknowledgement of these responses, in their only encoding. Total. */
export function readAcknowledgement(
  encoded: Uint8Array,
  { request, responses }: Acknowledged,
  signer: string,
): number | undefined {
  const read = decodeOrNothing(KeyGenAcknowledgement, encoded);
  if (!read || read.Tag !== ACKNOWLEDGEMENT_TAG || read.GroupId !== request.GroupId || read.SignPubkey !== signer)
    return undefined;
  if (!equalBytes(read.RequestHash, request.MsgHash) || !equalBytes(read.ResponsesHash, responsesHash(responses)))
    return undefined;
  if (read.Accepted >= 2 ** responses.length || !equalBytes(KeyGenAcknowledgement.encode(read), encoded)) return undefined;
  return verifyHash(sha256(KeyGenAcknowledgement.encodeHashed(read)), read.Sign, signer) ? read.Accepted : undefined;
}

/** A dealing that anyone can see is one. What its encrypted shares hold only their receivers can see. */
export interface Dealing {
  readonly dealing: Uint8Array;
  /** By receiver. */
  readonly encryptedShares: readonly Uint8Array[];
}

/** The dealing in a response to a request for several producers; undefined if it is none. Total. */
export function dealingOf(request: ChangeConsensusReq, response: ChangeConsensusResp): Dealing | undefined {
  const producers = request.ProducerPubkeyList.length;
  const read = decodeOrNothing(KeyGenDealing, response.KeyGenDealing);
  if (!read || read.EncryptedShares.length !== producers) return undefined;
  const name = { requestHash: request.MsgHash, dealer: response.SenderPubkey };
  return verifyDealing(producers, name, read.Dealing)
    ? { dealing: read.Dealing, encryptedShares: read.EncryptedShares }
    : undefined;
}

/** The share that `dealer` gave `receiver`, from its decrypted message; undefined if that is not it. Total in `plain`. */
export function dealtShare(
  request: ChangeConsensusReq,
  { dealing }: Dealing,
  dealer: string,
  receiver: string,
  plain: Uint8Array,
): Uint8Array | undefined {
  const share = readKeyShare(plain, { requestHash: request.MsgHash, dealer, receiver });
  return share && verifyDealtShare(dealing, requestedProducers(request).indexOf(receiver), share) ? share : undefined;
}

/** What a key generation has come to. */
export interface KeyGeneration {
  readonly publicKeys: PublicKeys;
  /** The dealings that make the key, by index of the dealer. */
  readonly dealings: ReadonlyMap<number, Dealing>;
}

/**
 * The outcome for several producers. `invalid`: a response or an acknowledgement is missing or not what it should be. `too-few`: they are all
 * here, and fewer than f+1 dealings are accepted by all, so there is no key. Total. Whether the responses are signed is for `verifyBundle`.
 */
export function keyGenerationOf(bundle: ChangeConsensusResultBundle): KeyGeneration | 'invalid' | 'too-few' {
  const { Req: request, Resps, KeyGenAcks: acknowledgements } = bundle;
  if (!request) return 'invalid';
  const producers = requestedProducers(request);
  const responses = [...Resps].sort((a, b) => comparePubkeys(a.SenderPubkey, b.SenderPubkey));
  const isComplete =
    producers.length >= 2 &&
    producers.length <= LIMITS.producers &&
    responses.length === producers.length &&
    acknowledgements.length === producers.length &&
    producers.every((producer, index) => responses[index]?.SenderPubkey === producer);
  if (!isComplete) return 'invalid';
  const words = producers.map((producer, index) =>
    readAcknowledgement(acknowledgements[index] as Uint8Array, { request, responses }, producer),
  );
  let accepted = 2 ** producers.length - 1;
  for (const word of words) {
    if (word === undefined) return 'invalid';
    accepted &= word;
  }
  const dealings = new Map<number, Dealing>();
  for (const [index, response] of responses.entries()) {
    if ((accepted & (1 << index)) === 0) continue;
    const dealing = dealingOf(request, response);
    // No honest producer accepts what is no dealing.
    if (!dealing) return 'invalid';
    dealings.set(index, dealing);
  }
  if (dealings.size <= faultyLimit(producers.length)) return 'too-few';
  const publicKeys = combineDealings(
    producers.length,
    [...dealings.values()].map(({ dealing }) => dealing),
  );
  return publicKeys ? { publicKeys, dealings } : 'too-few';
}

/**
 * Whether a bundle that says SUCCESS carries what its producers need: one alone has no dealing and no acknowledgement; several have at least
 * f+1 dealings that all of them accept. To be asked beside `verifyBundle`. Total.
 */
export function verifyKeyGeneration(bundle: ChangeConsensusResultBundle): boolean {
  const list = bundle.Req?.ProducerPubkeyList ?? [];
  if (list.length > 1) return typeof keyGenerationOf(bundle) === 'object';
  return (
    list.length === 1 && bundle.KeyGenAcks.length === 0 && bundle.Resps.every(({ KeyGenDealing }) => KeyGenDealing.length === 0)
  );
}

/** What producer `index` must decrypt, by dealer, to compute its key. Empty for a bundle without key generation. */
export function encryptedSharesFor(bundle: ChangeConsensusResultBundle, index: number): ReadonlyMap<number, Uint8Array> {
  const generation = keyGenerationOf(bundle);
  if (typeof generation === 'string') return new Map();
  return new Map([...generation.dealings].map(([dealer, { encryptedShares }]) => [dealer, encryptedShares[index] as Uint8Array]));
}

/**
 * The keys of producer `index`, from the bundle alone; `decryptedShares`: what {@link encryptedSharesFor} asked for, decrypted, by dealer.
 * Undefined where the bundle holds no key, or a share is missing or not the one that this producer has accepted: then its encryption key is not
 * the one that it announced.
 */
export function keysFromBundle(
  bundle: ChangeConsensusResultBundle,
  index: number,
  decryptedShares: ReadonlyMap<number, Uint8Array>,
): RistrettoKeys | undefined {
  const { Req: request } = bundle;
  const generation = keyGenerationOf(bundle);
  if (!request || typeof generation === 'string') return undefined;
  const producers = requestedProducers(request);
  const receiver = producers[index];
  if (receiver === undefined) return undefined;
  const shares: Uint8Array[] = [];
  for (const [dealer, dealing] of generation.dealings) {
    const plain = decryptedShares.get(dealer);
    const share = plain && dealtShare(request, dealing, producers[dealer] as string, receiver, plain);
    if (!share) return undefined;
    shares.push(share);
  }
  return new RistrettoKeys(generation.publicKeys, index, combineShares(shares));
}
