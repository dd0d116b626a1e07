import { openBytes, verifyBundle, verifyKeyGeneration } from '../crypto/index.ts';
import {
  ChangeConsensusResultBundle,
  ConsensusResult,
  comparePubkeys,
  decodeOrNothing,
  equalBytes,
  isPublicKey,
  LIMITS,
  message,
  nested,
  sha256,
  type Trx,
  type TypeOf,
  text,
  toBase64,
} from '../records/index.ts';
import type { KvReader, KvState } from './kv.ts';

/** Rules by which this software makes a StateRoot (architecture.md, "Upgrades"). */
export const RULES_VERSION = '1';
export const DEFAULT_ENGINE = 'hbbft';
/** Interval of a group whose newest contract names none, and of the time before block 1. */
export const DEFAULT_INTERVAL_MS = 1_000;

/** A result of a change of consensus as the ledger keeps it: `current`, and `proof/<nonce>/<request id>` for each. */
export const ConsensusRow = message('ConsensusRow', LIMITS.trxDataBytes, {
  Bundle: nested(1, ChangeConsensusResultBundle),
  TrxId: text(2),
});
export type ConsensusRow = TypeOf<typeof ConsensusRow>;

export const CURRENT_KEY = 'current';
/** Hash of the bundle of the newest recovery that the chain has passed; absent if it has passed none. */
export const RECOVERED_KEY = 'recovered';
const NONCE_DIGITS = 16;
export const proofKey = (nonce: number, reqId: string): string =>
  `proof/${nonce.toString().padStart(NONCE_DIGITS, '0')}/${reqId}`;

/** Nonce of the time before block 1: below every nonce that a CONSENSUS trx can have. */
const BEFORE_ANY_NONCE = -1;

export interface GroupIdentity {
  readonly groupId: string;
  readonly ownerPubkey: string;
  readonly cipherKey: Uint8Array;
  /** For development only: a set of several producers may get its keys from a trusted dealer; its proof then carries no key generation. */
  readonly hasTrustedDealer?: boolean;
}

/** Who produces, how fast, by which rules: what the newest CONSENSUS trx set. */
export interface ActiveConfiguration {
  readonly groupId: string;
  readonly ownerPubkey: string;
  readonly nonce: number;
  /** Ascending by key. */
  readonly producers: readonly string[];
  readonly intervalMs: number;
  readonly startEpoch: number;
  readonly engine: string;
  readonly rulesVersion: string;
  /** 0: proposals are encrypted in every epoch; 1: never; k ≥ 2: every k-th epoch. */
  readonly encryption: number;
  /** A CONSENSUS trx must have a nonce above this one. */
  readonly nonceFloor: number;
  /** Trx that set it and request that it answers; empty before block 1. */
  readonly proofTrxId: string;
  readonly proofReqId: string;
  /** Of a recovery: names its bundle in whatever its producers say. */
  readonly bundleHash?: Uint8Array;
  /** Of a recovery whose trx is not in the chain yet: the block that this configuration makes begins with it. */
  readonly isOpening?: true;
}

/** Whether it is the result of a recovery that succeeded. */
export const isRecovery = (bundle: ChangeConsensusResultBundle | undefined): boolean =>
  bundle?.Result === ConsensusResult.SUCCESS && bundle.Req?.Contract?.Recovery === true;

/** Names a recovery's bundle. 32 bytes. */
export const bundleHash = (bundle: ChangeConsensusResultBundle): Uint8Array => sha256(ChangeConsensusResultBundle.encode(bundle));

/** The configuration in `state`: the newest CONSENSUS trx's, or, before block 1, the seed's owner alone. */
export function configurationOf(state: KvReader, identity: GroupIdentity): ActiveConfiguration {
  const row = state.get('consensus', CURRENT_KEY);
  return configurationOfRow(row ? ConsensusRow.decode(row) : undefined, identity);
}

/** An earlier configuration, by its nonce; undefined if the state has no success under it. */
export function configurationOfNonce(state: KvState, identity: GroupIdentity, nonce: number): ActiveConfiguration | undefined {
  const success = successOfNonce(state, nonce);
  return success && configurationOfRow(success, identity);
}

/** The bundle that set the configuration of this nonce; undefined if the state has none. */
export const bundleOfNonce = (state: KvState, nonce: number): ChangeConsensusResultBundle | undefined =>
  successOfNonce(state, nonce)?.Bundle;

/** All results, by nonce. */
export const consensusRows = (state: KvState): ConsensusRow[] =>
  state.list('consensus', 'proof/').map(({ value }) => ConsensusRow.decode(value));

function successOfNonce(state: KvState, nonce: number): ConsensusRow | undefined {
  const rows = state.list('consensus', proofKey(nonce, '')).map(({ value }) => ConsensusRow.decode(value));
  return rows.find(({ Bundle }) => Bundle?.Result === ConsensusResult.SUCCESS);
}

/** What a result that succeeded sets; without one, the seed's owner alone. */
export function configurationOfRow(stored: ConsensusRow | undefined, identity: GroupIdentity): ActiveConfiguration {
  const request = stored?.Bundle?.Req;
  const base = { groupId: identity.groupId, ownerPubkey: identity.ownerPubkey };
  if (!stored || !request) {
    return {
      ...base,
      nonce: 0,
      nonceFloor: BEFORE_ANY_NONCE,
      producers: [identity.ownerPubkey],
      intervalMs: DEFAULT_INTERVAL_MS,
      startEpoch: 1,
      engine: DEFAULT_ENGINE,
      rulesVersion: RULES_VERSION,
      encryption: 0,
      proofTrxId: '',
      proofReqId: '',
    };
  }
  return {
    ...base,
    nonce: request.Nonce,
    nonceFloor: request.Nonce,
    producers: [...request.ProducerPubkeyList].sort(comparePubkeys),
    intervalMs: request.TrxEpochTickLenInMs || DEFAULT_INTERVAL_MS,
    startEpoch: request.StartFromEpoch,
    engine: request.Contract?.Contract || DEFAULT_ENGINE,
    rulesVersion: request.Contract?.Version || RULES_VERSION,
    encryption: request.Contract?.Encryption ?? 0,
    proofTrxId: stored.TrxId,
    proofReqId: request.ReqId,
    ...(stored.Bundle && isRecovery(stored.Bundle) && { bundleHash: bundleHash(stored.Bundle) }),
  };
}

/** What a CONSENSUS trx holds, not verified; undefined if that is no bundle. */
export function bundleIn(trx: Trx, identity: GroupIdentity): ChangeConsensusResultBundle | undefined {
  const plain = openBytes(identity.cipherKey, trx.Data);
  return plain && decodeOrNothing(ChangeConsensusResultBundle, plain);
}

/**
 * The bundle of a CONSENSUS trx if it verifies: sent by the owner, request and every response signed, all for this group and above
 * `nonceFloor`; for SUCCESS every requested producer has answered, none refused, and several have generated a key. Undefined otherwise. Needs
 * `initThreshold`.
 */
export function verifiedBundle(trx: Trx, identity: GroupIdentity, nonceFloor: number): ChangeConsensusResultBundle | undefined {
  if (trx.SenderPubkey !== identity.ownerPubkey) return undefined;
  const bundle = remembered(trx, identity);
  return bundle?.Req && bundle.Req.Nonce > nonceFloor ? bundle : undefined;
}

/**
 * What was asked for on a chain that had passed a recovery names it, as its contract's `BaseHash`, and sets nothing on a chain that has not: else both would have a
 * configuration of that nonce.
 */
function isForChain({ Result, Req: request }: ChangeConsensusResultBundle, state: KvReader): boolean {
  const { Recovery = false, BaseHash } = request?.Contract ?? {};
  if (Result !== ConsensusResult.SUCCESS || Recovery || !BaseHash || BaseHash.length === 0) return true;
  const passed = state.get('consensus', RECOVERED_KEY);
  return passed !== undefined && equalBytes(passed, BaseHash);
}

/**
 * The bundle of a CONSENSUS trx if the chain can take it: above the configuration's `nonceFloor`, or a TIMEOUT or FAILED that a later change has overtaken and whose
 * request has no result in `state` yet, so that every request keeps its result. (consensus.md, "Changing consensus", 5)
 */
export function bundleToKeep(
  trx: Trx,
  identity: GroupIdentity,
  state: KvReader,
  nonceFloor: number,
): ChangeConsensusResultBundle | undefined {
  const bundle = verifiedBundle(trx, identity, BEFORE_ANY_NONCE);
  if (!bundle?.Req) return undefined;
  const { Nonce, ReqId } = bundle.Req;
  if (!isForChain(bundle, state)) return undefined;
  if (Nonce > nonceFloor) return bundle;
  const isOvertaken = bundle.Result !== ConsensusResult.SUCCESS && state.get('consensus', proofKey(Nonce, ReqId)) === undefined;
  return isOvertaken ? bundle : undefined;
}

/**
 * A bundle of many producers takes some hundred signatures to verify, and is met in gossip, in proposals and in a block: the newest are
 * remembered, by what they are bytes of.
 */
const REMEMBERED = 8;
const memories = new WeakMap<GroupIdentity, Map<string, ChangeConsensusResultBundle | undefined>>();

function remembered(trx: Trx, identity: GroupIdentity): ChangeConsensusResultBundle | undefined {
  const memory = memories.get(identity) ?? new Map<string, ChangeConsensusResultBundle | undefined>();
  memories.set(identity, memory);
  const key = toBase64(sha256(trx.Data));
  if (memory.has(key)) return memory.get(key);
  const bundle = bundleIn(trx, identity);
  const good = bundle && isProven(bundle, identity) ? bundle : undefined;
  memory.set(key, good);
  const [oldest] = memory.keys();
  if (memory.size > REMEMBERED && oldest !== undefined) memory.delete(oldest);
  return good;
}

function isProven(bundle: ChangeConsensusResultBundle, identity: GroupIdentity): boolean {
  const request = bundle.Req;
  if (!request || request.GroupId !== identity.groupId || request.SenderPubkey !== identity.ownerPubkey) return false;
  const list = request.ProducerPubkeyList;
  if (list.length === 0 || !list.every(isPublicKey) || new Set(list).size !== list.length) return false;
  if (!verifyBundle(bundle)) return false;
  if (bundle.Result !== ConsensusResult.SUCCESS) return true;
  const answered = new Set(bundle.Resps.map((response) => response.SenderPubkey));
  if (!list.every((pubkey) => answered.has(pubkey)) || bundle.Resps.some((response) => response.Refused !== '')) return false;
  const isDealt = identity.hasTrustedDealer === true && bundle.KeyGenAcks.length === 0;
  return isDealt || verifyKeyGeneration(bundle);
}
