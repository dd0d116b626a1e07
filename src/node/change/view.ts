import { requestedProducers } from '../../crypto/index.ts';
import { DEFAULT_ENGINE } from '../../ledger/index.ts';
import { type ChangeConsensusReq, type ChangeConsensusResultBundle, ConsensusResult } from '../../records/index.ts';
import { RESULTS } from '../proofs.ts';
import type { ChangeView } from '../view.ts';
import type { Asked } from './asked.ts';
import type { Asking } from './asking.ts';

/** What a node shows of a change of consensus. */

interface About {
  readonly userPubkey: string;
  readonly isOwner: boolean;
}

/** The request that is open at this node; undefined if none is. */
export function openView({ asked, asking, userPubkey, isOwner }: About & { asked: Asked; asking: Asking | undefined }) {
  const member = asked.status;
  const owner = asking?.status;
  const request = newest(owner?.request, member.request);
  if (!request) return undefined;
  const isAsked = member.request?.Nonce === request.Nonce;
  const isAsking = owner?.request?.Nonce === request.Nonce;
  const bundle = (isAsking ? owner.bundle : undefined) ?? (isAsked ? member.bundle : undefined);
  const responded = new Set(isAsking ? owner.responded : []);
  if (isAsked && member.response !== 'none') responded.add(userPubkey);
  for (const { SenderPubkey } of bundle?.Resps ?? []) responded.add(SenderPubkey);
  const connected = new Set([...asked.connected, ...(asking?.connected ?? [])]);
  const producers = requestedProducers(request).map((pubkey, index): ChangeView['producers'][number] => {
    const isDecided = isAsked ? member.decidedProofs[index] : undefined;
    const refusal = refusalOf(bundle, pubkey);
    return {
      pubkey,
      link: pubkey === userPubkey ? 'self' : connected.has(pubkey) ? 'connected' : 'away',
      hasResponded: responded.has(pubkey),
      ...(isDecided !== undefined && { isDecided }),
      ...(refusal && { refusal }),
      faults: { ...asked.faults.of(pubkey), ...asking?.faults.of(pubkey) },
    };
  });
  const view: ChangeView = {
    ...basis(request, { userPubkey, isOwner }),
    ...(isAsking && owner.trxId !== undefined && { trxId: owner.trxId }),
    producers,
    attempt: Math.max(isAsking ? owner.attempt : 0, isAsked ? member.attempt : 0),
    ...outcome(isAsking ? owner.bundle : undefined),
    ownerFaults: asked.faults.of(request.SenderPubkey),
    phase: phaseOf(bundle, responded.size === producers.length || (isAsked && !isAsking && member.response === 'given')),
  };
  return view;
}

/** A request whose result is final. `before`: what was shown of it until then. */
export function endedView(
  bundle: ChangeConsensusResultBundle,
  request: ChangeConsensusReq,
  about: About,
  before: ChangeView | undefined,
): ChangeView {
  const shown = before?.nonce === request.Nonce ? before : undefined;
  const responded = new Set(bundle.ResponsedProducers);
  const isSuccess = bundle.Result === ConsensusResult.SUCCESS;
  return {
    ...basis(request, about),
    ...(shown?.trxId !== undefined && { trxId: shown.trxId }),
    producers: requestedProducers(request).map((pubkey) => {
      const refusal = refusalOf(bundle, pubkey);
      const known = shown?.producers.find((producer) => producer.pubkey === pubkey);
      return {
        pubkey,
        link: pubkey === about.userPubkey ? 'self' : (known?.link ?? 'away'),
        hasResponded: responded.has(pubkey),
        ...(isSuccess && { isDecided: true }),
        ...(refusal && { refusal }),
        faults: known?.faults ?? {},
      };
    }),
    attempt: shown?.attempt ?? 0,
    ...outcome(bundle),
    ownerFaults: shown?.ownerFaults ?? {},
    phase: 'done',
  };
}

function newest(a: ChangeConsensusReq | undefined, b: ChangeConsensusReq | undefined): ChangeConsensusReq | undefined {
  if (!a || !b) return a ?? b;
  return a.Nonce >= b.Nonce ? a : b;
}

function basis(request: ChangeConsensusReq, { isOwner }: About) {
  const { Contract: contract } = request;
  return {
    reqId: request.ReqId,
    nonce: request.Nonce,
    isOwner,
    recovery: contract?.Recovery ?? false,
    intervalMs: request.TrxEpochTickLenInMs,
    startFromEpoch: request.StartFromEpoch,
    encryption: contract?.Encryption ?? 0,
    engine: contract?.Contract || DEFAULT_ENGINE,
    attempts: request.AgreementTickCount,
    tickMs: request.AgreementTickLenInMs,
  };
}

const refusalOf = (bundle: ChangeConsensusResultBundle | undefined, pubkey: string): string | undefined =>
  bundle?.Resps.find(({ SenderPubkey }) => SenderPubkey === pubkey)?.Refused || undefined;

function outcome(bundle: ChangeConsensusResultBundle | undefined): Pick<ChangeView, 'result' | 'reason'> {
  if (!bundle) return {};
  const reason = bundle.Result === ConsensusResult.FAIL ? reasonOf(bundle) : undefined;
  return { result: RESULTS[bundle.Result], ...(reason && { reason }) };
}

/** Why it failed: a refusal, an agreement without enough dealings, or, with neither, the owner's own wish. */
function reasonOf(bundle: ChangeConsensusResultBundle): NonNullable<ChangeView['reason']> {
  if (bundle.Resps.some(({ Refused }) => Refused !== '')) return 'refused';
  return bundle.KeyGenAcks.length > 0 ? 'too-few-dealings' : 'given-up';
}

function phaseOf(bundle: ChangeConsensusResultBundle | undefined, haveResponded: boolean): ChangeView['phase'] {
  if (bundle) return bundle.Result === ConsensusResult.SUCCESS ? 'ordering' : 'ending';
  return haveResponded ? 'agreeing' : 'waiting-for-producers';
}
