import { publicKeyOf, signHash, verifyHash, verifyRequest } from '../../crypto/index.ts';
import {
  AGREEMENT_LIMITS,
  ChangeConsensusReq,
  decodeOrNothing,
  exactBytes,
  isPublicKey,
  message,
  nested,
  sha256,
  text,
  uint64,
} from '../../records/index.ts';

/** The owner's request on its way: who may make one, what it may ask for, and how it is numbered by attempt. */

/**
 * Why a request counts for nothing.
 * - `unsigned`: hash or signature, its own or the contract's, is not what it should be
 * - `foreign`: of another group, or not by the group's owner
 * - `bad-list`: empty, with repeats, or with what is no key
 * - `bad-ticks`: outside {@link AGREEMENT_LIMITS}
 */
export type RequestProblem = 'unsigned' | 'foreign' | 'bad-list' | 'bad-ticks';

/** Total. What only the chain can say (nonce, announcements, current epoch) is for the caller to ask. */
export function requestProblem(request: ChangeConsensusReq, groupId: string, ownerPubkey: string): RequestProblem | undefined {
  if (request.GroupId !== groupId || request.SenderPubkey !== ownerPubkey) return 'foreign';
  const { ProducerPubkeyList: list, AgreementTickLenInMs: lengthMs, AgreementTickCount: ticks } = request;
  // The record holds no more of them than a group may have.
  const isList = list.length >= 1 && list.every(isPublicKey) && new Set(list).size === list.length;
  if (!isList) return 'bad-list';
  const { tickMinMs, tickMaxMs, ticksMin, ticksMax, epochTickMinMs, epochTickMaxMs } = AGREEMENT_LIMITS;
  const areTicks = lengthMs >= tickMinMs && lengthMs <= tickMaxMs && ticks >= ticksMin && ticks <= ticksMax;
  const { TrxEpochTickLenInMs: intervalMs } = request;
  if (!areTicks || intervalMs < epochTickMinMs || intervalMs > epochTickMaxMs) return 'bad-ticks';
  return verifyRequest(request) ? undefined : 'unsigned';
}

/**
 * Names a request with its signatures: streams between the requested producers are opened under this name, so both ends hold the same
 * bytes of it, and nothing said in one agreement means anything in another. 32 bytes.
 */
export const requestName = (request: ChangeConsensusReq): Uint8Array => sha256(ChangeConsensusReq.encode(request));

const SIGNATURE_BYTES = 65;
const TICK_TAG = 'sett/agreement-tick/1';
const TICK_LIMIT_BYTES = 10 * 1024;

/** What the owner sends each tick. Signed, because it may come by any way: nobody else can start an attempt. */
const AgreementTick = message('AgreementTick', TICK_LIMIT_BYTES, {
  Tag: text(1),
  Req: nested(2, ChangeConsensusReq),
  /** From 1 on. */
  Attempt: uint64(3),
  Sign: exactBytes(4, SIGNATURE_BYTES, { hashed: false }),
});

const tickHash = (tick: Parameters<typeof AgreementTick.encodeHashed>[0]): Uint8Array => sha256(AgreementTick.encodeHashed(tick));

/** `secret`: of the request's sender. */
export function signTick(request: ChangeConsensusReq, attempt: number, secret: Uint8Array): Uint8Array {
  if (publicKeyOf(secret) !== request.SenderPubkey) throw new RangeError('only who signed the request sends its ticks');
  const unsigned = { Tag: TICK_TAG, Req: request, Attempt: attempt, Sign: new Uint8Array() };
  return AgreementTick.encode({ ...unsigned, Sign: signHash(tickHash(unsigned), secret) });
}

/** A tick that the request's sender has signed; undefined for anything else. The request itself is not checked. Total. */
export function readTick(data: Uint8Array): { readonly request: ChangeConsensusReq; readonly attempt: number } | undefined {
  const tick = decodeOrNothing(AgreementTick, data);
  const request = tick?.Req;
  if (!tick || !request || tick.Tag !== TICK_TAG) return undefined;
  if (tick.Attempt < 1 || tick.Attempt > request.AgreementTickCount) return undefined;
  return verifyHash(tickHash(tick), tick.Sign, request.SenderPubkey) ? { request, attempt: tick.Attempt } : undefined;
}
