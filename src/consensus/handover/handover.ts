import { requestedProducers } from '../../crypto/index.ts';
import { ChangeConsensusReq, ChangeConsensusResp, type ChangeConsensusResultBundle, equalBytes } from '../../records/index.ts';
import type { FaultKind } from '../fault.ts';
import type { AgreementMessage, BroadcastMessage, Message } from '../hbbft/messages.ts';
import { decodeMessage, encodeMessage } from '../hbbft/messages.ts';
import { count, only, type ProducerSet, type Roster, roster } from '../hbbft/roster.ts';
import { SenderQueue } from '../hbbft/sender-queue/sender-queue.ts';
import { Attempt, type AttemptStep, epochOf, type Instance, instanceOf } from './attempt.ts';
import { inputEntry, type LoggedInput } from './log.ts';
import { encodeProof, HandoverReport } from './proofs.ts';
import { requestName } from './request.ts';
import { ShareExchange } from './share-exchange.ts';
import { HandoverStepBuilder } from './step.ts';

/**
 * Attempts after the newest one that is known to be honestly begun (by the owner's tick, or f+1 others being in it) of which messages are taken:
 * what a faulty producer can make this one keep is bounded.
 */
const ATTEMPTS_AHEAD = 3;

/**
 * One request, as one of its producers takes part in it: which attempts it has joined, what is logged before it counts, what goes out again
 * when a stream is opened anew. (consensus.md, "Changing consensus on a running group", 2 to 4.)
 *
 * How it works. An attempt is joined on the owner's tick, or when f+1 others are in it; earlier ones stay open, for the slow may complete
 * them yet. Everything said is kept and sent again on every new stream until the request is over, except what belongs to attempts that have
 * failed, which is the same for all. The first bundle ends it: no further attempt is joined, and each tick of the owner brings the bundle again.
 */
export class Handover {
  readonly request: ChangeConsensusReq;
  readonly name: Uint8Array;
  readonly producers: readonly string[];
  readonly exchange: ShareExchange;
  readonly #roster: Roster;
  readonly #queue: SenderQueue;
  /** `failed`: its messages mean nothing any more. */
  readonly #attempts = new Map<number, Attempt | 'failed'>();
  /** Who is in which attempt, besides this producer. */
  readonly #joined = new Map<number, ProducerSet>();
  /** First response heard of each producer. */
  readonly #heard = new Map<number, ChangeConsensusResp>();
  readonly #blamed = new Set<string>();
  #response: ChangeConsensusResp | undefined;
  #bundle: ChangeConsensusResultBundle | undefined;
  /** The owner's newest tick. */
  #tick = 0;
  /** The newest attempt that f+1 others are in, or that this producer has joined. */
  #newest = 0;
  #number = 0;

  /** `self`: public key of `secret`, one of the requested ones. */
  constructor(request: ChangeConsensusReq, self: string, secret: Uint8Array) {
    this.request = request;
    this.name = requestName(request);
    this.producers = requestedProducers(request);
    this.#roster = roster(this.producers.length, this.producers.indexOf(self));
    // Attempts are few, and all are open at once: nothing is held back from anyone.
    this.#queue = new SenderQueue(this.#roster, Number.MAX_SAFE_INTEGER);
    this.exchange = new ShareExchange(request, self, secret);
  }

  get response(): ChangeConsensusResp | undefined {
    return this.#response;
  }

  get bundle(): ChangeConsensusResultBundle | undefined {
    return this.#bundle;
  }

  /** The newest attempt that this producer has joined; 0: none. */
  get attempt(): number {
    return Math.max(0, ...[...this.#attempts].flatMap(([number, attempt]) => (isJoined(attempt) ? [number] : [])));
  }

  /** Whose proofs the newest attempt has decided on, by index. */
  get decidedProofs(): readonly (boolean | undefined)[] {
    const attempt = this.#attempts.get(this.attempt);
    return attempt instanceof Attempt ? attempt.decidedProofs : this.producers.map(() => undefined);
  }

  /** Attempts that lacked a proof or an acknowledgement, as far as is known here. */
  get failedAttempts(): readonly number[] {
    return [...this.#attempts].flatMap(([number, attempt]) => (attempt === 'failed' ? [number] : []));
  }

  /** The attempt whose outcome is the bundle. */
  get agreedAttempt(): number | undefined {
    for (const [number, attempt] of this.#attempts) {
      if (attempt instanceof Attempt && attempt.result !== undefined && attempt.result === this.#bundle) return number;
    }
    return undefined;
  }

  get connected(): readonly number[] {
    return this.#queue.connected;
  }

  /** Begins, so that a restart finds the request. */
  open(step: HandoverStepBuilder): void {
    this.#log({ type: 'open', request: ChangeConsensusReq.encode(this.request) }, step);
  }

  /** Goes on after a restart with what the log holds; `response`: undefined if none was made. */
  replay(response: ChangeConsensusResp | undefined, inputs: readonly LoggedInput[], step: HandoverStepBuilder): void {
    this.#response = response;
    // What was said is kept for whoever connects; faults were reported when they were found.
    const ignored = new HandoverStepBuilder();
    for (const input of inputs) this.#replay(input, ignored);
    this.#number = inputs.length;
    for (const [number, attempt] of this.#attempts) {
      if (!(attempt instanceof Attempt) || attempt.result !== undefined) continue;
      if (attempt.hasJoined && !attempt.responses) this.#startTimer(number, 'proofs', step);
      if (!attempt.responses) continue;
      this.#startTimer(number, 'acknowledgements', step);
      this.#acknowledge(number, attempt, step);
    }
    this.#report(step);
  }

  /** The response is made, and logged in this step. */
  respond(response: ChangeConsensusResp, step: HandoverStepBuilder): void {
    this.#response = response;
    this.#report(step);
    if (this.#tick > 0) this.#join(this.#tick, step);
    for (const number of this.#joined.keys()) this.#joinIfOthersDid(number, step);
  }

  /** The owner's tick: it lacks what we have, and asks for the next attempt. */
  onTick(attempt: number, step: HandoverStepBuilder): void {
    this.#tick = Math.max(this.#tick, attempt);
    this.#report(step);
    this.#join(this.#tick, step);
  }

  connect(peer: number, step: HandoverStepBuilder): void {
    this.#queue.connect(peer);
    this.#queue.greet(peer, 0, step);
  }

  disconnect(peer: number): void {
    this.#queue.disconnect(peer);
  }

  onMessage(sender: number, data: Uint8Array, step: HandoverStepBuilder): void {
    const message = decodeMessage(data, this.#roster.size);
    if (!message) {
      step.blame(sender, 'malformed-message');
      return;
    }
    const { attempt: number, instance } = instanceOf(message.epoch);
    if (!isOfSubset(message) || number < 1 || number > this.request.AgreementTickCount) {
      step.blame(sender, 'unexpected-message');
      return;
    }
    if (this.#isFarAhead(number)) {
      // That it is there counts all the same: f+1 of these are worth following.
      this.#note(sender, message);
      if (this.#isFarAhead(number)) return;
    }
    const result = this.#attempt(number)?.handle(sender, instance, message);
    if (!result) return;
    if (result.accepted) this.#log({ type: 'message', sender, data }, step);
    this.#follow(number, result, step);
    if (result.accepted && this.#note(sender, message)) this.#joinIfOthersDid(number, step);
  }

  /** A timer of this request has run out. */
  onTimer(number: number, instance: Instance, step: HandoverStepBuilder): void {
    const attempt = this.#attempts.get(number);
    if (!(attempt instanceof Attempt)) return;
    const result = attempt.endWait(instance);
    if (result.accepted) this.#log({ type: 'over', attempt: number, instance }, step);
    this.#follow(number, result, step);
  }

  onDecrypted(name: string, plains: readonly (Uint8Array | undefined)[], step: HandoverStepBuilder): void {
    if (!this.exchange.decrypted(name, plains)) return;
    for (const [number, attempt] of this.#attempts) {
      if (attempt instanceof Attempt && attempt.responses) this.#acknowledge(number, attempt, step);
    }
  }

  // --------------------------------------------------------------------------------------------------------------- rules

  #joinIfOthersDid(number: number, step: HandoverStepBuilder): void {
    if (count(this.#joined.get(number) ?? 0) > this.#roster.faulty) this.#join(number, step);
  }

  #join(number: number, step: HandoverStepBuilder): void {
    const response = this.#response;
    // A refusal is no proof: it goes to the owner, who ends the request.
    if (response?.Refused !== '' || this.#bundle) return;
    const attempt = this.#attempt(number);
    if (!attempt || attempt.hasJoined) return;
    this.#newest = Math.max(this.#newest, number);
    this.#log({ type: 'join', attempt: number }, step);
    this.#startTimer(number, 'proofs', step);
    this.#follow(number, attempt.join(encodeProof(response)), step);
  }

  #acknowledge(number: number, attempt: Attempt, step: HandoverStepBuilder): void {
    const { responses } = attempt;
    if (!responses || attempt.hasAcknowledged || attempt.result !== undefined) return;
    const review = this.exchange.review(responses);
    for (const index of review.bad) this.#blameOnce(index, 'bad-dealing', step);
    if (review.decrypt) step.decrypt.push(review.decrypt);
    const { acknowledgement } = review;
    if (!acknowledgement) return;
    this.#log({ type: 'acknowledge', attempt: number, acknowledgement }, step);
    this.#follow(number, attempt.acknowledge(acknowledgement), step);
  }

  #follow(number: number, result: AttemptStep, step: HandoverStepBuilder): void {
    for (const { to, message } of result.send) this.#queue.post(message.epoch, to, encodeMessage(message), step);
    step.faults.push(...result.faults);
    if (!result.output) return;
    const attempt = this.#attempts.get(number) as Attempt;
    result.output.responses?.forEach((response, index) => {
      if (response) this.#compare(index, response, step);
    });
    if (result.output.responses && attempt.responses && attempt.result === undefined) {
      this.#startTimer(number, 'acknowledgements', step);
      this.#acknowledge(number, attempt, step);
    }
    if (result.output.result === 'failed') this.#drop(number);
    else if (result.output.result && !this.#bundle) {
      this.#bundle = result.output.result;
      this.#report(step);
    }
  }

  /** A producer responds once a nonce: a second response proves its fault. */
  #compare(index: number, response: ChangeConsensusResp, step: HandoverStepBuilder): void {
    const known = this.#heard.get(index);
    if (!known) this.#heard.set(index, response);
    else if (!equalBytes(known.MsgHash, response.MsgHash)) {
      const evidence = [ChangeConsensusResp.encode(known), ChangeConsensusResp.encode(response)];
      this.#blameOnce(index, 'conflicting-response', step, evidence);
    }
  }

  #blameOnce(index: number, kind: FaultKind, step: HandoverStepBuilder, evidence?: readonly Uint8Array[]): void {
    const key = `${index}/${kind}`;
    if (this.#blamed.has(key)) return;
    this.#blamed.add(key);
    step.blame(index, kind, evidence);
  }

  /** An attempt has failed, for all alike: nobody needs its messages. */
  #drop(number: number): void {
    this.#attempts.set(number, 'failed');
    this.#joined.delete(number);
    let done = 0;
    while (this.#attempts.get(done + 1) === 'failed') done++;
    this.#queue.forget(epochOf(done, 'acknowledgements'));
  }

  #report(step: HandoverStepBuilder): void {
    const Bundle = this.#bundle;
    const Response = Bundle ? undefined : this.#response;
    if (Bundle || Response) step.report.push(HandoverReport.encode({ Response, Bundle }));
  }

  // -------------------------------------------------------------------------------------------------------------- helpers

  #replay(input: LoggedInput, step: HandoverStepBuilder): void {
    if (input.type === 'message') {
      const message = decodeMessage(input.data, this.#roster.size);
      if (!message || !isOfSubset(message)) throw new Error('the log of a change of consensus holds a message that is none');
      const { attempt: number, instance } = instanceOf(message.epoch);
      const result = this.#attempt(number)?.handle(input.sender, instance, message);
      if (result) this.#replayed(number, result, step);
      this.#note(input.sender, message);
      return;
    }
    if (input.type === 'open') return;
    const attempt = this.#attempt(input.attempt);
    if (!attempt) return;
    if (input.type === 'join') {
      this.#newest = Math.max(this.#newest, input.attempt);
      this.#replayed(input.attempt, attempt.join(encodeProof(this.#response as ChangeConsensusResp)), step);
    } else if (input.type === 'over') this.#replayed(input.attempt, attempt.endWait(input.instance), step);
    else {
      if (attempt.responses) this.exchange.restore(attempt.responses, input.acknowledgement);
      this.#replayed(input.attempt, attempt.acknowledge(input.acknowledgement), step);
    }
  }

  /** As `#follow`, without what stands in the log itself. */
  #replayed(number: number, result: AttemptStep, step: HandoverStepBuilder): void {
    for (const { to, message } of result.send) this.#queue.post(message.epoch, to, encodeMessage(message), step);
    result.output?.responses?.forEach((response, index) => {
      if (response) this.#compare(index, response, step);
    });
    const outcome = result.output?.result;
    if (outcome === 'failed') this.#drop(number);
    else if (outcome) this.#bundle ??= outcome;
  }

  /** A proposer's own value says that it is in the attempt. */
  #note(sender: number, { kind, epoch }: Message): boolean {
    const { attempt, instance } = instanceOf(epoch);
    if (kind !== 'value' || instance !== 'proofs' || this.#attempts.get(attempt) === 'failed') return false;
    const joined = (this.#joined.get(attempt) ?? 0) | only(sender);
    this.#joined.set(attempt, joined);
    if (count(joined) > this.#roster.faulty) this.#newest = Math.max(this.#newest, attempt);
    return true;
  }

  #isFarAhead(number: number): boolean {
    return number > Math.max(this.#tick, this.#newest) + ATTEMPTS_AHEAD;
  }

  #attempt(number: number): Attempt | undefined {
    const present = this.#attempts.get(number) ?? new Attempt(this.request, this.name, this.#roster, number);
    if (present === 'failed') return undefined;
    this.#attempts.set(number, present);
    return present;
  }

  #log(input: LoggedInput, step: HandoverStepBuilder): void {
    step.persist.push(inputEntry(this.request.Nonce, this.#number++, input));
  }

  #startTimer(number: number, instance: Instance, step: HandoverStepBuilder): void {
    step.timers.push({ name: timerName(this.request.Nonce, number, instance), delayMs: this.request.AgreementTickLenInMs });
  }
}

export const timerName = (nonce: number, attempt: number, instance: Instance): string => `${nonce}/${attempt}/${instance}`;

const isJoined = (attempt: Attempt | 'failed'): boolean => attempt === 'failed' || attempt.hasJoined;

const isOfSubset = (message: Message): message is BroadcastMessage | AgreementMessage =>
  message.kind !== 'hello' && message.kind !== 'wake' && message.kind !== 'done' && message.kind !== 'decryption';
