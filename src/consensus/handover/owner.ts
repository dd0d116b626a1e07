import { requestedProducers, verifyBundle, verifyResponse } from '../../crypto/index.ts';
import {
  ChangeConsensusReq,
  ChangeConsensusResp,
  ChangeConsensusResultBundle,
  ConsensusResult,
  decodeOrNothing,
  equalBytes,
  message,
  nested,
  type TypeOf,
  text,
  uint64,
} from '../../records/index.ts';
import type { LogEntry } from '../engine.ts';
import type { Fault } from '../fault.ts';
import { nonceKey } from './log.ts';
import { agreedBundle, BUNDLE_RECORD_BYTES, fittingResponses, HandoverReport, resultBundle } from './proofs.ts';
import { requestName, signTick } from './request.ts';

/**
 * The owner's part in a change of consensus (consensus.md, "Changing consensus on a running group", 2, 4 and 5): it sends the request each tick,
 * collects what the requested producers report, and decides, once. A state machine without IO, as an engine is.
 *
 * SUCCESS: a bundle in which everybody's proof and acknowledgement verify. FAILED: a refusal, fewer than f+1 usable dealings, or the owner gave
 * up. TIMEOUT: neither before the last tick has run out. The choice is in the log before anyone hears of it, and no other is ever made for
 * that nonce.
 */

export type OwnerInput =
  | { readonly type: 'start'; readonly log: readonly LogEntry[] }
  /**
   * A request that the owner has signed and that nothing speaks against (`requestProblem`, and what only the chain knows). `successTrxId` was
   * promised to the caller; `otherTrxId` is for the result if it is no success.
   */
  | { readonly type: 'open'; readonly request: ChangeConsensusReq; readonly successTrxId: string; readonly otherTrxId: string }
  | { readonly type: 'timer'; readonly nonce: number }
  /** From requested producer `sender` of the request with this nonce, by an authenticated stream. One that comes when another is open is nobody's. */
  | { readonly type: 'report'; readonly nonce: number; readonly sender: number; readonly data: Uint8Array }
  /** The owner gives up, for a recovery say. */
  | { readonly type: 'abandon' }
  /** The CONSENSUS trx with the result of this nonce is final. */
  | { readonly type: 'settled'; readonly nonce: number };

export interface OwnerStep {
  /** Durable before anything else of the step leaves. */
  readonly persist: readonly LogEntry[];
  /** Log keys below this one are no longer needed. */
  readonly forget?: string;
  /** The tick, for all requested producers (this node's own participant too, if it is one). */
  readonly tick?: Uint8Array;
  /** One timer, which replaces the one before; its answer is `timer` with the nonce. */
  readonly timer?: { readonly nonce: number; readonly delayMs: number };
  readonly faults: readonly Fault[];
  /** To be published as a CONSENSUS trx of this id: the same again after each restart, until it is `settled`. */
  readonly publish?: { readonly trxId: string; readonly bundle: ChangeConsensusResultBundle };
}

export interface OwnerStatus {
  readonly request?: ChangeConsensusReq;
  /** 0 while none is open. */
  readonly attempt: number;
  /** Public keys of the requested producers whose response is here. */
  readonly responded: readonly string[];
  /** Of the open request, once it is decided. */
  readonly result?: ConsensusResult;
  readonly bundle?: ChangeConsensusResultBundle;
  /** The id that was promised for success. */
  readonly trxId?: string;
}

const OpenRequest = message('OpenRequest', 16 * 1024, {
  Req: nested(1, ChangeConsensusReq),
  SuccessTrxId: text(2),
  OtherTrxId: text(3),
});
type OpenRequest = TypeOf<typeof OpenRequest>;

const TickNumber = message('TickNumber', 16, { Attempt: uint64(1) });
const Choice = message('Choice', BUNDLE_RECORD_BYTES, { Bundle: nested(1, ChangeConsensusResultBundle) });

interface Open {
  readonly record: OpenRequest;
  readonly request: ChangeConsensusReq;
  attempt: number;
  /** First response of each producer, by its key. */
  readonly responses: Map<string, ChangeConsensusResp>;
  choice: ChangeConsensusResultBundle | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type StepInProgress = Mutable<OwnerStep> & { persist: LogEntry[]; faults: Fault[] };

const key = (nonce: number, part: 'open' | 'tick' | 'choice'): string => `${nonceKey(nonce)}/${part}`;

export class Owner {
  readonly #secret: Uint8Array;
  #open: Open | undefined;

  /** `secret`: of the owner's group key. */
  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  status(): OwnerStatus {
    const open = this.#open;
    if (!open) return { attempt: 0, responded: [] };
    const { record, request, attempt, responses, choice } = open;
    return {
      request,
      trxId: record.SuccessTrxId,
      attempt,
      responded: [...responses.keys()],
      ...(choice ? { result: choice.Result, bundle: choice } : {}),
    };
  }

  /** Throws RangeError for a misuse by the caller; whatever comes from others is data. */
  handle(input: OwnerInput): OwnerStep {
    const step: StepInProgress = { persist: [], faults: [] };
    switch (input.type) {
      case 'start':
        this.#start(input.log, step);
        break;
      case 'open':
        this.#begin(input.request, input.successTrxId, input.otherTrxId, step);
        break;
      case 'timer':
        if (this.#open?.request.Nonce === input.nonce) this.#onTimer(this.#open, step);
        break;
      case 'report':
        if (this.#open?.request.Nonce === input.nonce) this.#onReport(this.#open, input.sender, input.data, step);
        break;
      case 'abandon':
        if (this.#open) this.#decideOtherwise(this.#open, ConsensusResult.FAIL, step);
        break;
      case 'settled':
        this.#onSettled(input.nonce, step);
        break;
    }
    return step;
  }

  #start(log: readonly LogEntry[], step: StepInProgress): void {
    const entries = new Map(log.map(({ key: name, data }) => [name, data]));
    const newest = [...entries.keys()].filter((name) => name.endsWith('/open')).at(-1);
    if (newest === undefined) return;
    const record = OpenRequest.decode(entries.get(newest) as Uint8Array);
    if (!record.Req) return;
    const { Req: request } = record;
    const tick = entries.get(key(request.Nonce, 'tick'));
    const choice = entries.get(key(request.Nonce, 'choice'));
    this.#open = {
      record,
      request,
      attempt: tick ? TickNumber.decode(tick).Attempt : 0,
      responses: new Map(),
      choice: choice && Choice.decode(choice).Bundle,
    };
    if (this.#open.choice) this.#publish(this.#open, step);
    else this.#onTimer(this.#open, step);
  }

  #begin(request: ChangeConsensusReq, successTrxId: string, otherTrxId: string, step: StepInProgress): void {
    if (this.#open && !this.#open.choice) throw new RangeError('a request is open: its result comes first');
    if (this.#open && request.Nonce <= this.#open.request.Nonce) throw new RangeError('a request needs a nonce of its own');
    const record: OpenRequest = { Req: request, SuccessTrxId: successTrxId, OtherTrxId: otherTrxId };
    this.#open = { record, request, attempt: 0, responses: new Map(), choice: undefined };
    step.persist.push({ key: key(request.Nonce, 'open'), data: OpenRequest.encode(record) });
    this.#onTimer(this.#open, step);
  }

  /** The next tick, or the end of the last one. */
  #onTimer(open: Open, step: StepInProgress): void {
    const { request } = open;
    if (open.choice) return;
    if (open.attempt >= request.AgreementTickCount) {
      this.#decideOtherwise(open, ConsensusResult.TIMEOUT, step);
      return;
    }
    open.attempt++;
    step.persist.push({ key: key(request.Nonce, 'tick'), data: TickNumber.encode({ Attempt: open.attempt }) });
    step.tick = signTick(request, open.attempt, this.#secret);
    step.timer = { nonce: request.Nonce, delayMs: request.AgreementTickLenInMs };
  }

  #onReport(open: Open, sender: number, data: Uint8Array, step: StepInProgress): void {
    const producer = requestedProducers(open.request)[sender];
    if (producer === undefined) throw new RangeError(`${sender} is no requested producer`);
    const report = decodeOrNothing(HandoverReport, data);
    const { Response: response, Bundle: bundle } = report ?? {};
    const isGood = bundle
      ? this.#onBundle(open, bundle, step)
      : response?.SenderPubkey === producer && this.#onResponse(open, sender, response, step);
    if (!isGood) step.faults.push({ producer: sender, kind: 'bad-report' });
  }

  #onBundle(open: Open, { Req, Resps, KeyGenAcks }: ChangeConsensusResultBundle, step: StepInProgress): boolean {
    if (!Req || !this.#isOpen(open, Req)) return this.#isStale(open, Req);
    if (open.choice) return true;
    const agreed = agreedBundle(open.request, Resps, KeyGenAcks);
    if (!agreed) return false;
    const producers = requestedProducers(open.request);
    for (const response of agreed.Resps) this.#keep(open, producers.indexOf(response.SenderPubkey), response, step);
    this.#choose(open, agreed, step);
    return true;
  }

  #onResponse(open: Open, sender: number, response: ChangeConsensusResp, step: StepInProgress): boolean {
    const { Req, GroupId } = response;
    if (!Req || !this.#isOpen(open, Req)) return this.#isStale(open, Req);
    if (GroupId !== open.request.GroupId || !verifyResponse(response)) return false;
    this.#keep(open, sender, response, step);
    if (response.Refused !== '') this.#decideOtherwise(open, ConsensusResult.FAIL, step);
    return true;
  }

  /** Bytes of the very request that is open. */
  #isOpen({ request }: Open, other: ChangeConsensusReq): boolean {
    return equalBytes(requestName(request), requestName(other));
  }

  /** A report on an earlier request was under way when this one was opened: nobody's fault. */
  #isStale({ request }: Open, other: ChangeConsensusReq | undefined): boolean {
    return other !== undefined && other.Nonce < request.Nonce;
  }

  /** A producer responds once a nonce: a second response proves its fault. */
  #keep({ responses }: Open, sender: number, response: ChangeConsensusResp, step: StepInProgress): void {
    const known = responses.get(response.SenderPubkey);
    if (!known) responses.set(response.SenderPubkey, response);
    else if (!equalBytes(known.MsgHash, response.MsgHash)) {
      const evidence = [ChangeConsensusResp.encode(known), ChangeConsensusResp.encode(response)];
      step.faults.push({ producer: sender, kind: 'conflicting-response', evidence });
    }
  }

  #decideOtherwise(open: Open, result: ConsensusResult, step: StepInProgress): void {
    if (!open.choice)
      this.#choose(open, resultBundle(result, open.request, fittingResponses([...open.responses.values()])), step);
  }

  /** The first choice is the only one. */
  #choose(open: Open, bundle: ChangeConsensusResultBundle, step: StepInProgress): void {
    if (!verifyBundle(bundle)) throw new RangeError('the owner would publish a bundle that does not verify');
    open.choice = bundle;
    step.persist.push({ key: key(open.request.Nonce, 'choice'), data: Choice.encode({ Bundle: bundle }) });
    this.#publish(open, step);
  }

  #publish({ record, choice }: Open, step: StepInProgress): void {
    if (!choice) return;
    const isSuccess = choice.Result === ConsensusResult.SUCCESS;
    step.publish = { trxId: isSuccess ? record.SuccessTrxId : record.OtherTrxId, bundle: choice };
  }

  #onSettled(nonce: number, step: StepInProgress): void {
    step.forget = nonceKey(nonce + 1);
    if (this.#open && this.#open.request.Nonce <= nonce) this.#open = undefined;
  }
}
