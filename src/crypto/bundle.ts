import { ChangeConsensusReq, type ChangeConsensusResultBundle, equalBytes, RecordError } from '../records/index.ts';
import { verifyRequest, verifyResponse } from './signed.ts';

/**
 * Whether a result bundle holds together: its request is signed (and the contract in it); each response is to exactly this request, for its
 * group, and signed by a producer on its list, each at most once; `ResponsedProducers` names those who responded. Total. Whether the sender is the
 * group's owner, and whether these responses are enough, is for the caller to ask.
 */
export function verifyBundle(bundle: ChangeConsensusResultBundle): boolean {
  const { Req: request } = bundle;
  if (request === undefined || !verifyRequest(request)) return false;
  let encoded: Uint8Array;
  try {
    encoded = ChangeConsensusReq.encode(request);
  } catch (error) {
    if (error instanceof RecordError) return false;
    throw error;
  }
  const responded = new Set<string>();
  for (const response of bundle.Resps) {
    const { SenderPubkey: sender } = response;
    if (responded.has(sender) || !request.ProducerPubkeyList.includes(sender)) return false;
    responded.add(sender);
    if (response.GroupId !== request.GroupId || response.Req === undefined) return false;
    // Verified first: what verifies can be encoded.
    if (!verifyResponse(response) || !equalBytes(ChangeConsensusReq.encode(response.Req), encoded)) return false;
  }
  const named = new Set(bundle.ResponsedProducers);
  return (
    named.size === bundle.ResponsedProducers.length &&
    named.size === responded.size &&
    [...named].every((pubkey) => responded.has(pubkey))
  );
}
