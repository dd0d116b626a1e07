import { publicKeyOf, signResponse } from '../../crypto/index.ts';
import { ChangeConsensusReq, ChangeConsensusResp, type ChangeConsensusResultBundle, equalBytes } from '../../records/index.ts';
import type { LogEntry } from '../engine.ts';
import type { Instance } from './attempt.ts';
import { Handover, timerName } from './handover.ts';
import { nonceKey, readLog, releasedEntry, responseEntry, settledEntry } from './log.ts';
import { readTick, requestName, requestProblem } from './request.ts';
import { type HandoverStep, HandoverStepBuilder } from './step.ts';

/**
 * A member's part in changes of consensus that ask for it: which request is open, and its one response to each nonce. A state machine
 * without IO, as an engine is. What happens within a request: `Handover`.
 */

export interface ParticipantOptions {
  readonly groupId: string;
  readonly ownerPubkey: string;
  /** Of this member's group key. */
  readonly secret: Uint8Array;
}

/** `nonce`: of the request that it is about; inputs about one that is not open any more change nothing. */
export type ParticipantInput =
  /**
   * Begins, or goes on after a restart with what its log holds (ascending by key). `settledNonce`: the highest nonce with a result on the
   * stored chain, whatever it is.
   */
  | { readonly type: 'start'; readonly log: readonly LogEntry[]; readonly settledNonce: number }
  /** An owner's tick, from wherever. */
  | { readonly type: 'tick'; readonly data: Uint8Array }
  /**
   * The answer to `opened`: synced to the head that is heard of, connected to the other requested producers, willing. `random`: so many secret
   * random bytes as a dealing takes.
   */
  | { readonly type: 'ready'; readonly nonce: number; readonly responseId: string; readonly random: Uint8Array }
  /** The other answer to `opened`. `higherBlock`: with a refused recovery, header and seals of a final block above its base. */
  | {
      readonly type: 'refuse';
      readonly nonce: number;
      readonly responseId: string;
      readonly reason: string;
      readonly higherBlock?: Uint8Array;
    }
  /** The answer to `encrypt`, in its order. */
  | { readonly type: 'encrypted'; readonly nonce: number; readonly encryptedShares: readonly Uint8Array[] }
  /** The answer to `decrypt`, in its order; undefined for what is not decryptable with this member's key. */
  | {
      readonly type: 'decrypted';
      readonly nonce: number;
      readonly name: string;
      readonly plains: readonly (Uint8Array | undefined)[];
    }
  /** A stream to a requested producer of the open request, authenticated under its name. What was sent on an earlier one may be lost. */
  | { readonly type: 'connected'; readonly nonce: number; readonly peer: number }
  | { readonly type: 'disconnected'; readonly nonce: number; readonly peer: number }
  /** From such a stream. Views of `data` are kept. */
  | { readonly type: 'message'; readonly nonce: number; readonly sender: number; readonly data: Uint8Array }
  | { readonly type: 'timer'; readonly name: string }
  /** A result of this nonce is known: its CONSENSUS trx is final here. */
  | { readonly type: 'settled'; readonly nonce: number }
  /** The owner has signed TIMEOUT or FAILED for the recovery of this nonce: nothing is promised to it any more. */
  | { readonly type: 'released'; readonly nonce: number };

type AnswerInput = Exclude<ParticipantInput, { type: 'start' | 'tick' | 'timer' | 'settled' | 'released' }>;

export interface ParticipantStatus {
  /** Of the open request. */
  readonly request?: ChangeConsensusReq;
  readonly response: 'none' | 'given' | 'refused';
  /** The newest that this member has joined; 0: none. */
  readonly attempt: number;
  readonly failedAttempts: readonly number[];
  /** The attempt whose outcome is `bundle`. */
  readonly agreedAttempt?: number;
  /** By index: whether its proof is in the newest attempt, as far as that is decided. */
  readonly decidedProofs: readonly (boolean | undefined)[];
  readonly connected: readonly number[];
  readonly bundle?: ChangeConsensusResultBundle;
  /**
   * The newest nonce of a recovery that this member has promised: until its trx is applied or it is released, nothing may be sent or sealed
   * under a lower one. (consensus.md, "Recovery")
   */
  readonly promised?: number;
}

export class Participant {
  readonly #options: ParticipantOptions;
  readonly #self: string;
  /** This member's responses, by nonce. */
  readonly #responses = new Map<number, ChangeConsensusResp>();
  readonly #released = new Set<number>();
  #settled = -1;
  #open: Handover | undefined;
  /** Id of the response whose shares are being encrypted. */
  #preparing: string | undefined;
  #isStarted = false;

  constructor(options: ParticipantOptions) {
    this.#options = options;
    this.#self = publicKeyOf(options.secret);
  }

  /** Whether the log holds the very response that a bundle carries: without it this producer never speaks under that nonce. */
  hasGiven(response: ChangeConsensusResp): boolean {
    const own = this.#responses.get(response.Req?.Nonce ?? -1);
    return own !== undefined && ChangeConsensusResp.equals(own, response);
  }

  /** Whether this member is still bound by the very response that the bundle of a recovery carries. */
  hasPromised(response: ChangeConsensusResp): boolean {
    return this.hasGiven(response) && response.Refused === '' && !this.#released.has(response.Req?.Nonce ?? -1);
  }

  status(): ParticipantStatus {
    const open = this.#open;
    const { bundle, response } = open ?? {};
    const promised = Math.max(
      -1,
      ...[...this.#responses.values()].flatMap(({ Req, Refused }) =>
        Req?.Contract?.Recovery && Refused === '' && !this.#released.has(Req.Nonce) ? [Req.Nonce] : [],
      ),
    );
    return {
      ...(open ? { request: open.request } : {}),
      response: !response ? 'none' : response.Refused === '' ? 'given' : 'refused',
      attempt: open?.attempt ?? 0,
      failedAttempts: open?.failedAttempts ?? [],
      ...(open?.agreedAttempt !== undefined ? { agreedAttempt: open.agreedAttempt } : {}),
      decidedProofs: open?.decidedProofs ?? [],
      connected: open?.connected ?? [],
      ...(bundle ? { bundle } : {}),
      ...(promised >= 0 ? { promised } : {}),
    };
  }

  /** Throws RangeError for a misuse by the caller; whatever comes from others is data. */
  handle(input: ParticipantInput): HandoverStep {
    const step = new HandoverStepBuilder();
    if (!this.#isStarted && input.type !== 'start') throw new RangeError('a participant is started first');
    switch (input.type) {
      case 'start':
        this.#start(input.log, input.settledNonce, step);
        break;
      case 'tick':
        this.#onTick(input.data, step);
        break;
      case 'timer':
        this.#onTimer(input.name, step);
        break;
      case 'settled':
        this.#onSettled(input.nonce, step);
        break;
      case 'released':
        this.#onReleased(input.nonce, step);
        break;
      default:
        if (this.#open?.request.Nonce === input.nonce) this.#onAnswer(this.#open, input, step);
        break;
    }
    return step;
  }

  #onAnswer(open: Handover, input: AnswerInput, step: HandoverStepBuilder): void {
    switch (input.type) {
      case 'ready':
        this.#onReady(open, input.responseId, input.random, step);
        break;
      case 'refuse':
        this.#onRefuse(open, input.responseId, input.reason, input.higherBlock, step);
        break;
      case 'encrypted':
        this.#onEncrypted(open, input.encryptedShares, step);
        break;
      case 'decrypted':
        open.onDecrypted(input.name, input.plains, step);
        break;
      case 'connected':
        open.connect(this.#peer(open, input.peer), step);
        break;
      case 'disconnected':
        open.disconnect(this.#peer(open, input.peer));
        break;
      case 'message':
        open.onMessage(this.#peer(open, input.sender), input.data, step);
        break;
    }
  }

  #start(log: readonly LogEntry[], settledNonce: number, step: HandoverStepBuilder): void {
    if (this.#isStarted) throw new RangeError('a participant starts once');
    this.#isStarted = true;
    const { settled, released, responses, inputs } = readLog(log);
    this.#settled = Math.max(settled, settledNonce);
    for (const nonce of released) this.#released.add(nonce);
    for (const [nonce, data] of responses) this.#responses.set(nonce, ChangeConsensusResp.decode(data));
    const nonce = Math.max(-1, ...inputs.keys());
    const [first] = inputs.get(nonce) ?? [];
    if (nonce <= this.#settled || this.#released.has(nonce) || first?.type !== 'open') return;
    const response = this.#responses.get(nonce);
    this.#open = new Handover(ChangeConsensusReq.decode(first.request), this.#self, this.#options.secret);
    this.#announce(this.#open, response !== undefined, step);
    this.#open.replay(response, inputs.get(nonce) ?? [], step);
  }

  #onTick(data: Uint8Array, step: HandoverStepBuilder): void {
    const { groupId, ownerPubkey } = this.#options;
    const tick = readTick(data);
    if (!tick) return;
    const { request, attempt } = tick;
    if (this.#open && equalBytes(requestName(request), this.#open.name)) {
      this.#open.onTick(attempt, step);
      return;
    }
    if (requestProblem(request, groupId, ownerPubkey) !== undefined || !request.ProducerPubkeyList.includes(this.#self)) return;
    const known = this.#requestOf(request.Nonce);
    if (known && !equalBytes(requestName(known), requestName(request))) {
      step.conflictingRequests = [ChangeConsensusReq.encode(known), ChangeConsensusReq.encode(request)];
      return;
    }
    if (request.Nonce <= this.#newestNonce()) return;
    this.#open = new Handover(request, this.#self, this.#options.secret);
    this.#preparing = undefined;
    step.forget = nonceKey(request.Nonce);
    this.#open.open(step);
    this.#open.onTick(attempt, step);
    this.#announce(this.#open, false, step);
  }

  #requestOf(nonce: number): ChangeConsensusReq | undefined {
    const open = this.#open?.request;
    return open?.Nonce === nonce ? open : this.#responses.get(nonce)?.Req;
  }

  /**
   * Requests up to this one are over, or have their one response. Each response is of the open request, or of one that is over: that it is asked here by
   * itself costs nothing, and a second one would be a fault.
   */
  #newestNonce(): number {
    return Math.max(this.#settled, this.#open?.request.Nonce ?? -1, ...this.#responses.keys(), ...this.#released);
  }

  #announce({ request, name, producers }: Handover, hasResponded: boolean, step: HandoverStepBuilder): void {
    step.opened = { request, name, producers, hasResponded };
  }

  // -------------------------------------------------------------------------------------------------------------- response

  #onReady(open: Handover, responseId: string, random: Uint8Array, step: HandoverStepBuilder): void {
    // One dealing a response: what comes back encrypted must be of the one that was made.
    if (open.response || this.#preparing !== undefined) return;
    // One producer alone has no key to generate.
    if (open.producers.length === 1) this.#respond(open, { RespId: responseId }, step);
    else {
      this.#preparing = responseId;
      step.encrypt = { nonce: open.request.Nonce, shares: open.exchange.deal(random) };
    }
  }

  #onEncrypted(open: Handover, encryptedShares: readonly Uint8Array[], step: HandoverStepBuilder): void {
    if (this.#preparing === undefined) return;
    this.#respond(open, { RespId: this.#preparing, KeyGenDealing: open.exchange.seal(encryptedShares) }, step);
  }

  #onRefuse(
    open: Handover,
    responseId: string,
    reason: string,
    higherBlock: Uint8Array | undefined,
    step: HandoverStepBuilder,
  ): void {
    if (open.response) return;
    if (reason === '') throw new RangeError('a refusal needs a reason');
    this.#respond(open, { RespId: responseId, Refused: reason, ...(higherBlock ? { HigherBlock: higherBlock } : {}) }, step);
  }

  #respond(open: Handover, parts: Partial<ChangeConsensusResp>, step: HandoverStepBuilder): void {
    const { request } = open;
    const response = signResponse(
      ChangeConsensusResp.create({ ...parts, GroupId: request.GroupId, Req: request }),
      this.#options.secret,
    );
    this.#preparing = undefined;
    this.#responses.set(request.Nonce, response);
    step.persist.push(responseEntry(request.Nonce, ChangeConsensusResp.encode(response)));
    open.respond(response, step);
  }

  // ------------------------------------------------------------------------------------------------------------------ end

  #onTimer(name: string, step: HandoverStepBuilder): void {
    const open = this.#open;
    if (!open) return;
    const [, attemptText = '', instance] = name.split('/');
    const attempt = Number(attemptText);
    if (timerName(open.request.Nonce, attempt, instance as Instance) === name) open.onTimer(attempt, instance as Instance, step);
  }

  #onSettled(nonce: number, step: HandoverStepBuilder): void {
    if (nonce <= this.#settled) return;
    this.#settled = nonce;
    step.persist.push(settledEntry(nonce));
    step.forget = nonceKey(nonce + 1);
    if (!this.#open || this.#open.request.Nonce > nonce) return;
    this.#open = undefined;
    step.closed = true;
  }

  #onReleased(nonce: number, step: HandoverStepBuilder): void {
    const isOpen = this.#open?.request.Nonce === nonce;
    if (this.#released.has(nonce) || !(isOpen || this.#responses.get(nonce)?.Req?.Contract?.Recovery)) return;
    this.#released.add(nonce);
    step.persist.push(releasedEntry(nonce));
    if (!isOpen) return;
    this.#open = undefined;
    step.closed = true;
  }

  #peer(open: Handover, index: number): number {
    if (!open.producers[index] || open.producers[index] === this.#self) {
      throw new RangeError(`producer ${index} is no other producer of the open request`);
    }
    return index;
  }
}
