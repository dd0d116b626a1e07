import {
  type Fault,
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
  /** Whether this node has the newest block that it has heard of, the owner's among them. */
  readonly isSynced: () => boolean;
  /** Why this node does not want to be what the request asks; undefined if nothing speaks against it. */
  readonly whyUnwilling: (request: ChangeConsensusReq) => string | undefined;
  /** A report for the owner, if this node is the owner's. */
  readonly reportHere: ((data: Uint8Array) => void) | undefined;
  readonly faultFound: (fault: Fault, pubkey: string) => void;
  readonly failed: (error: unknown) => void;
  readonly changed: () => void;
}

interface Open extends OpenedRequest {
  readonly streams: ProducerLinks;
  hasAnswered: boolean;
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
      const steps = inputs.map((input) => this.#participant.handle(input));
      const persist = steps.flatMap((step) => step.persist);
      const forget = steps.findLast((step) => step.forget !== undefined)?.forget;
      await this.#log.write(persist, forget, this.#logBegins(persist));
      for (const step of steps) if (!this.#stopped) this.#act(step);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
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
    if (step.conflictingRequests) this.#blame(ownerPubkey, 'conflicting-request');
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
    this.#open = { ...opened, streams, hasAnswered: opened.hasResponded };
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
    if (!open || open.hasAnswered) return;
    const { random, whyUnwilling, isSynced, recipientOf } = this.#options;
    const { Nonce: nonce } = open.request;
    if (!isSynced()) return;
    const reason = whyUnwilling(open.request);
    const areThere =
      open.streams.connected.length === open.producers.length - 1 &&
      (open.producers.length === 1 || open.producers.every((producer) => recipientOf(producer) !== undefined));
    if (reason === undefined && !areThere) return;
    open.hasAnswered = true;
    const responseId = newUuid(random);
    if (reason === undefined) this.#take({ type: 'ready', nonce, responseId, random: random.bytes(DEALING_RANDOM_BYTES) });
    else this.#take({ type: 'refuse', nonce, responseId, reason });
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
