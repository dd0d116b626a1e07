import {
  type FaultOf,
  type HandoverStep,
  type LogEntry,
  type OpenedRequest,
  Participant,
  type ParticipantInput,
  type ParticipantStatus,
  RESPONSE_PREFIX,
  readTick,
  requestProblem,
  type SharesToDecrypt,
  type SharesToEncrypt,
} from '../../consensus/index.ts';
import { DEALING_RANDOM_BYTES } from '../../crypto/index.ts';
import { type ChangeConsensusReq, ChangeConsensusResp } from '../../records/index.ts';
import { newUuid } from '../genesis.ts';
import type { Mailbox } from '../mailbox.ts';
import type { Clock, MessageStream, MessageStreamHandlers, PrivateCipher, Random, Store, Write } from '../ports.ts';
import { framesOf, type ProducerFrame, type ProducerHello, verifyHello } from '../producers/frames.ts';
import { type LinksOptions, ProducerLinks } from '../producers/links.ts';
import { logBegins } from '../producers/unbroken-log.ts';
import type { Standing } from '../recovery/standing.ts';
import { keyOf } from '../rows.ts';
import { FaultCounts } from './fault-counts.ts';
import { MachineLog } from './machine-log.ts';

export interface AskedOptions extends Pick<LinksOptions, 'groupId' | 'userPubkey' | 'signSecret' | 'network' | 'members'> {
  readonly ownerPubkey: string;
  /** age identity. */
  readonly encryptIdentity: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly cipher: PrivateCipher;
  readonly mailbox: Mailbox;
  /** The age recipient that a producer has announced, as the chain says. */
  readonly recipientOf: (pubkey: string) => string | undefined;
  /** Whether this node may answer now: synced to what it is asked about, and willing. In the mailbox. */
  readonly standing: (request: ChangeConsensusReq) => Promise<Standing>;
  /** {@link Asked.promised} is another one, durably, and nothing of that has left yet. In the mailbox. */
  readonly promiseChanged: () => Promise<void>;
  /** A report for the owner, if this node is the owner's. */
  readonly reportHere: ((data: Uint8Array) => void) | undefined;
  readonly faultFound: (fault: FaultOf, pubkey: string) => void;
  readonly failed: (error: unknown) => void;
  readonly changed: () => void;
}

interface Open extends OpenedRequest {
  readonly streams: ProducerLinks;
  hasAnswered: boolean;
  isLooking: boolean;
}

/**
 * This member's side of changes of consensus that ask for it: its machine, its log, streams to the others who are asked, and one to the owner. A
 * turn at a time in the group's mailbox, as a producer's: what came in is handled together, written to the log once, and only then
 * answered.
 */
export class Asked {
  readonly #options: AskedOptions;
  readonly #participant: Participant;
  readonly #log: MachineLog;
  /** Of the others who are asked, and of the owner. */
  readonly faults = new FaultCounts();
  readonly #timers = new Map<string, () => void>();
  #open: Open | undefined;
  /** The owner's stream to this node, under the request that it was opened for. */
  #ownerLine: { readonly nonce: number; readonly streams: ProducerLinks } | undefined;
  #settledNonce = -1;
  #inbox: ParticipantInput[] = [];
  #isTurnDue = false;
  #stopped = false;

  constructor(options: AskedOptions) {
    const { groupId, ownerPubkey, signSecret, store } = options;
    this.#options = options;
    this.#participant = new Participant({ groupId, ownerPubkey, secret: signSecret });
    this.#log = new MachineLog(store, (entry) => keyOf.changeLog(groupId, 'asked', entry));
  }

  get status(): ParticipantStatus {
    return this.#participant.status();
  }

  /** The newest recovery that is promised and has not come to nothing: nothing is said under a lower nonce. */
  get promised(): number | undefined {
    return this.#participant.status().promised;
  }

  /** Whether this node has promised the very response that the bundle of a recovery carries. */
  hasPromised(response: ChangeConsensusResp): boolean {
    return this.#participant.hasPromised(response);
  }

  /** Keys of those of the open request whom a stream is open to. */
  get connected(): readonly string[] {
    return this.#open?.streams.connected.flatMap((index) => this.#open?.producers[index] ?? []) ?? [];
  }

  /** Goes on where the log says. In the mailbox. */
  async start(settledNonce: number): Promise<void> {
    this.#settledNonce = settledNonce;
    await this.#turn([{ type: 'start', log: await this.#log.read(), settledNonce }]);
  }

  stop(): void {
    this.#stopped = true;
    this.#close();
    this.#ownerLine?.streams.stop();
    this.#ownerLine = undefined;
  }

  /** Once a second, and when something has come that may have been waited for. */
  tick(): void {
    this.#open?.streams.tick();
    this.#answerIfReady();
  }

  /** A result is final here. */
  settled(nonce: number): void {
    this.#settledNonce = Math.max(this.#settledNonce, nonce);
    this.#take({ type: 'settled', nonce });
  }

  /** The owner has signed another result than success for the recovery of this nonce. In the mailbox. */
  released(nonce: number): Promise<void> {
    return this.#turn([{ type: 'released', nonce }]);
  }

  /** A tick of this node's own owner. */
  tickHere(data: Uint8Array): void {
    this.#take({ type: 'tick', data });
  }

  /** A stream that begins with the hello of a change. Answers what is to receive the rest of it; undefined: it is not for this node. */
  accept(stream: MessageStream, hello: ProducerHello, purpose: 'change' | 'request'): MessageStreamHandlers | undefined {
    if (this.#stopped) return undefined;
    if (purpose === 'change') return this.#open?.streams.accept(stream, hello);
    const { ownerPubkey, network } = this.#options;
    const isHere = hello.FromPeer === stream.peer && hello.ToPeer === network.state().peerId;
    if (!isHere || !verifyHello(hello)) return undefined;
    if (hello.Pubkey !== ownerPubkey) {
      this.#blame(hello.Pubkey, 'foreign-request');
      network.penalize(stream.peer, 'it asks for a change of consensus and is not the owner');
      return undefined;
    }
    const older = this.#ownerLine;
    this.#ownerLine = { nonce: hello.ConfigNonce, streams: this.#ownerStream(hello) };
    older?.streams.stop();
    return this.#ownerLine.streams.accept(stream, hello);
  }

  #ownerStream({ ConfigNonce: nonce, Name: name }: ProducerHello): ProducerLinks {
    const { groupId, ownerPubkey, userPubkey, signSecret, network, members, clock } = this.#options;
    return new ProducerLinks({
      purpose: 'request',
      opens: 'none',
      groupId,
      nonce,
      name,
      producers: [ownerPubkey],
      userPubkey,
      signSecret,
      network,
      members,
      clock,
      up: () => {},
      down: () => {},
      frame: (_owner, { Change }) => {
        for (const data of Change) if (this.#isGoodTick(data, nonce)) this.#take({ type: 'tick', data });
        return this.#options.mailbox.run(async () => {}).catch(() => {});
      },
    });
  }

  /** What the machine would pass over in silence is counted here: the owner itself has said it on this stream. */
  #isGoodTick(data: Uint8Array, nonce: number): boolean {
    const { groupId, ownerPubkey, userPubkey } = this.#options;
    const tick = readTick(data);
    const request = tick?.request;
    const problem = request ? requestProblem(request, groupId, ownerPubkey) : 'unsigned';
    if (problem) this.#blame(ownerPubkey, `${problem}-request`);
    else if (request?.Nonce !== nonce || !request.ProducerPubkeyList.includes(userPubkey))
      this.#blame(ownerPubkey, 'foreign-request');
    else if (request.Nonce <= this.#settledNonce) this.#blame(ownerPubkey, 'stale-request');
    else return true;
    return false;
  }

  #blame(pubkey: string, kind: string): void {
    this.faults.add(pubkey, kind);
    this.#options.changed();
  }

  // -------------------------------------------------------------------------------------------------------------------- turns

  #take(input: ParticipantInput): void {
    if (this.#stopped) return;
    this.#inbox.push(input);
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    this.#options.mailbox
      .run(async () => {
        this.#isTurnDue = false;
        const inputs = this.#inbox;
        this.#inbox = [];
        await this.#turn(inputs);
      })
      .catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.stop();
    this.#options.failed(error);
  }

  /** A turn that fails ends this side at once: what could not be made durable must never go out with a later turn. */
  async #turn(inputs: readonly ParticipantInput[]): Promise<void> {
    if (this.#stopped) return;
    try {
      const before = this.promised;
      const steps: HandoverStep[] = [];
      for (const input of inputs) steps.push(this.#participant.handle(await this.#asItStandsNow(input)));
      const persist = steps.flatMap((step) => step.persist);
      const forget = steps.findLast((step) => step.forget !== undefined)?.forget;
      await this.#log.write(persist, forget, this.#logBegins(persist));
      if (this.promised !== before && inputs[0]?.type !== 'start') await this.#options.promiseChanged();
      for (const step of steps) if (!this.#stopped) this.#act(step);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** A final block may have come while shares were being encrypted: what is promised is that there is none above the base. */
  async #asItStandsNow(input: ParticipantInput): Promise<ParticipantInput> {
    const { request } = this.#participant.status();
    const isAnswer = input.type === 'ready' || input.type === 'encrypted';
    if (!isAnswer || !request?.Contract?.Recovery || request.Nonce !== input.nonce) return input;
    const standing = await this.#options.standing(request);
    if (standing === 'ready') return input;
    const refusal = standing === 'wait' ? { reason: 'it does not hold the base any more' } : standing;
    return { type: 'refuse', nonce: input.nonce, responseId: newUuid(this.#options.random), ...refusal };
  }

  /** From its response on a producer's log under that nonce counts as unbroken (C-28). */
  #logBegins(persist: readonly LogEntry[]): Write[] {
    const { groupId } = this.#options;
    const given = persist
      .filter(({ key }) => key.startsWith(RESPONSE_PREFIX))
      .map(({ data }) => ChangeConsensusResp.decode(data));
    return given.filter(({ Refused }) => Refused === '').map((response) => logBegins(groupId, response));
  }

  #act(step: HandoverStep): void {
    const { changed, faultFound, ownerPubkey } = this.#options;
    if (step.closed) this.#close();
    if (step.opened) this.#openRequest(step.opened);
    for (const fault of step.faults) {
      const producer = this.#open?.producers[fault.producer];
      if (producer) this.#blame(producer, fault.kind);
      faultFound(fault, producer ?? '');
    }
    if (step.conflictingRequests) {
      this.#blame(ownerPubkey, 'conflicting-request');
      faultFound({ kind: 'conflicting-request', evidence: step.conflictingRequests }, ownerPubkey);
    }
    this.#send(step);
    for (const { name, delayMs } of step.timers) this.#startTimer(name, delayMs);
    for (const data of step.report) this.#report(data);
    if (step.encrypt) this.#encrypt(step.encrypt);
    for (const shares of step.decrypt) this.#decrypt(shares);
    changed();
  }

  #send({ send }: HandoverStep): void {
    const streams = this.#open?.streams;
    if (!streams) return;
    const outgoing = new Map<number, Uint8Array[]>();
    for (const { to, data } of send) {
      for (const producer of to === 'all' ? streams.connected : [to]) {
        const messages = outgoing.get(producer) ?? [];
        messages.push(data);
        outgoing.set(producer, messages);
      }
    }
    for (const [producer, messages] of outgoing) {
      for (const frame of framesOf(messages, 'Change')) streams.send(producer, frame);
    }
  }

  #startTimer(name: string, delayMs: number): void {
    this.#timers.get(name)?.();
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(name);
      this.#take({ type: 'timer', name });
    });
    this.#timers.set(name, cancel);
  }

  #report(data: Uint8Array): void {
    const { reportHere } = this.#options;
    if (reportHere) reportHere(data);
    // Lost ones are made again at the owner's next tick.
    else this.#ownerLine?.streams.send(0, { Change: [data] });
  }

  // ------------------------------------------------------------------------------------------------------------------ requests

  #openRequest(opened: OpenedRequest): void {
    this.#close();
    const { groupId, userPubkey, signSecret, network, members, clock, changed } = this.#options;
    const { Nonce: nonce } = opened.request;
    const streams = new ProducerLinks({
      purpose: 'change',
      opens: 'smaller',
      groupId,
      nonce,
      name: opened.name,
      producers: opened.producers,
      userPubkey,
      signSecret,
      network,
      members,
      clock,
      up: (peer) => {
        this.#take({ type: 'connected', nonce, peer });
        this.#answerIfReady();
        changed();
      },
      down: (peer) => {
        this.#take({ type: 'disconnected', nonce, peer });
        changed();
      },
      frame: (sender, frame) => this.#receive(nonce, sender, frame),
    });
    this.#open = { ...opened, streams, hasAnswered: opened.hasResponded, isLooking: false };
    streams.tick();
    this.#answerIfReady();
  }

  #close(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#open?.streams.stop();
    this.#open = undefined;
  }

  #receive(nonce: number, sender: number, { Change }: ProducerFrame): Promise<void> {
    for (const data of Change) this.#take({ type: 'message', nonce, sender, data });
    // The mailbox keeps its order, so this task comes after the turn.
    return this.#options.mailbox.run(async () => {}).catch(() => {});
  }

  /** Answers the open request once this node is synced and connected to the others, or does not want to. */
  #answerIfReady(): void {
    const open = this.#open;
    if (!open || open.hasAnswered || open.isLooking) return;
    open.isLooking = true;
    this.#options.mailbox
      .run(async () => {
        const standing = await this.#options.standing(open.request);
        open.isLooking = false;
        if (open === this.#open && !open.hasAnswered) this.#answer(open, standing);
      })
      .catch((error: unknown) => this.#fail(error));
  }

  #answer(open: Open, standing: Standing): void {
    if (standing === 'wait') return;
    const { random, recipientOf } = this.#options;
    const { Nonce: nonce } = open.request;
    const areThere =
      open.streams.connected.length === open.producers.length - 1 &&
      (open.producers.length === 1 || open.producers.every((producer) => recipientOf(producer) !== undefined));
    if (standing === 'ready' && !areThere) return;
    open.hasAnswered = true;
    const responseId = newUuid(random);
    if (standing === 'ready') this.#take({ type: 'ready', nonce, responseId, random: random.bytes(DEALING_RANDOM_BYTES) });
    else this.#take({ type: 'refuse', nonce, responseId, ...standing });
  }

  #encrypt({ nonce, shares }: SharesToEncrypt): void {
    const { cipher, recipientOf } = this.#options;
    const sealed = shares.map(async ({ receiver, plain }) => {
      const recipient = recipientOf(receiver);
      if (recipient === undefined) throw new Error(`the producer ${receiver} has taken its announcement back`);
      return cipher.encrypt(plain, [recipient]);
    });
    Promise.all(sealed)
      .then((encryptedShares) => this.#take({ type: 'encrypted', nonce, encryptedShares }))
      .catch((error: unknown) => this.#fail(error));
  }

  #decrypt({ nonce, name, encryptedShares }: SharesToDecrypt): void {
    const { cipher, encryptIdentity } = this.#options;
    // What cannot be decrypted is its dealer's fault, or comes of an announcement of other keys; either way it is not accepted.
    const plains = encryptedShares.map((sealed) => cipher.decrypt(sealed, encryptIdentity).catch(() => undefined));
    Promise.all(plains)
      .then((read) => this.#take({ type: 'decrypted', nonce, name, plains: read }))
      .catch((error: unknown) => this.#fail(error));
  }
}
