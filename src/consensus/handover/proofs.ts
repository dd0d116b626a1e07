import { keyGenerationOf, requestedProducers, verifyBundle, verifyResponse } from '../../crypto/index.ts';
import {
  ChangeConsensusReq,
  ChangeConsensusResp,
  ChangeConsensusResultBundle,
  ConsensusResult,
  comparePubkeys,
  decodeOrNothing,
  LIMITS,
  message,
  nested,
} from '../../records/index.ts';

/** Proofs `{req, resp}` as they are agreed on, the bundle that they make, and what goes to the owner. */

/** A response with the largest dealing. */
const MOST_PROOF_BYTES = 18 * 1024;
/** An acknowledgement takes some 300 bytes. */
export const ACKNOWLEDGEMENT_LIMIT_BYTES = 512;
/** What a bundle holds besides responses: the request, 24 keys, 24 acknowledgements; and what encrypting it adds. */
const BUNDLE_RESERVE_BYTES = 16 * 1024;
/** Tag and length of a response in its bundle, of the request in a response, and the responder's key beside. */
const RESPONSE_OVERHEAD_BYTES = 64;
/** A bundle, or a response, with its tag and length. */
export const BUNDLE_RECORD_BYTES = LIMITS.trxDataBytes + 64;

/**
 * A proof as it is broadcast: a response without the request, which everybody in the agreement has. The limit is such that all of them fit
 * into one trx, whatever some put into theirs.
 */
export function proofLimitBytes(request: ChangeConsensusReq): number {
  const share = Math.floor((LIMITS.trxDataBytes - BUNDLE_RESERVE_BYTES) / request.ProducerPubkeyList.length);
  return Math.min(MOST_PROOF_BYTES, share - ChangeConsensusReq.encode(request).length - RESPONSE_OVERHEAD_BYTES);
}

/** As many of these responses as fit into a bundle, refusals first: they are the reason. */
export function fittingResponses(responses: readonly ChangeConsensusResp[]): ChangeConsensusResp[] {
  let leftBytes = LIMITS.trxDataBytes - BUNDLE_RESERVE_BYTES;
  const refusalsFirst = [...responses].sort((a, b) => Number(b.Refused !== '') - Number(a.Refused !== ''));
  return refusalsFirst.filter((response) => {
    const sizeBytes = ChangeConsensusResp.encode(response).length + RESPONSE_OVERHEAD_BYTES;
    if (sizeBytes > leftBytes) return false;
    leftBytes -= sizeBytes;
    return true;
  });
}

export const encodeProof = (response: ChangeConsensusResp): Uint8Array =>
  ChangeConsensusResp.encode({ ...response, Req: undefined });

/** The response of `sender` that accepts `request`, from its proof; undefined for anything else. Total, alike for all who read it. */
export function readProof(proof: Uint8Array, request: ChangeConsensusReq, sender: string): ChangeConsensusResp | undefined {
  const read = decodeOrNothing(ChangeConsensusResp, proof);
  if (!read || read.Req !== undefined || read.SenderPubkey !== sender || read.GroupId !== request.GroupId) return undefined;
  const response = { ...read, Req: request };
  return response.Refused === '' && verifyResponse(response) ? response : undefined;
}

/**
 * The bundle of these responses, in its one form: ascending by producer, `acknowledgements` in the same order (none where one producer
 * is requested).
 */
export function resultBundle(
  result: ConsensusResult,
  request: ChangeConsensusReq,
  responses: readonly ChangeConsensusResp[],
  acknowledgements: readonly Uint8Array[] = [],
): ChangeConsensusResultBundle {
  const ascending = [...responses].sort((a, b) => comparePubkeys(a.SenderPubkey, b.SenderPubkey));
  return {
    Result: result,
    Req: request,
    Resps: ascending,
    Epoch: request.StartFromEpoch,
    ResponsedProducers: ascending.map(({ SenderPubkey }) => SenderPubkey),
    KeyGenAcks: acknowledgements,
  };
}

/**
 * What an attempt that everybody has taken part in has come to: SUCCESS, or FAIL where too few dealings are accepted (rule 5). Undefined
 * if a proof, an acknowledgement or a signature is missing or wrong: then these are not the proofs of any attempt. Total.
 */
export function agreedBundle(
  request: ChangeConsensusReq,
  responses: readonly ChangeConsensusResp[],
  acknowledgements: readonly Uint8Array[],
): ChangeConsensusResultBundle | undefined {
  const bundle = resultBundle(ConsensusResult.SUCCESS, request, responses, acknowledgements);
  const producers = requestedProducers(request);
  const isComplete = bundle.Resps.length === producers.length && bundle.Resps.every(({ Refused }) => Refused === '');
  if (!isComplete || !verifyBundle(bundle)) return undefined;
  if (producers.length === 1) return acknowledgements.length === 0 ? bundle : undefined;
  const generation = keyGenerationOf(bundle);
  if (generation === 'invalid') return undefined;
  return generation === 'too-few' ? { ...bundle, Result: ConsensusResult.FAIL } : bundle;
}

/** To the owner: a producer's response as soon as it is made (also a refusal), and the bundle once an attempt has succeeded. */
export const HandoverReport = message('HandoverReport', BUNDLE_RECORD_BYTES, {
  Response: nested(1, ChangeConsensusResp),
  Bundle: nested(2, ChangeConsensusResultBundle),
});
