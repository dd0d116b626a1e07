import { type Fault, Owner, type OwnerInput, type OwnerStatus, type OwnerStep, requestName } from '../../consensus/index.ts';
import { requestedProducers } from '../../crypto/index.ts';
import { type ChangeConsensusReq, type ChangeConsensusResultBundle, ConsensusResult } from '../../records/index.ts';
import type { Mailbox } from '../mailbox.ts';
import type { Clock, Store } from '../ports.ts';
import type { ProducerFrame } from '../producers/frames.ts';
import { type LinksOptions, ProducerLinks } from '../producers/links.ts';
import { keyOf } from '../rows.ts';
import { FaultCounts } from './fault-counts.ts';
import { MachineLog } from './machine-log.ts';

export interface AskingOptions extends Pick<LinksOptions, 'groupId' | 'userPubkey' | 'signSecret' | 'network' | 'members'> {
  readonly store: Store;
  readonly clock: Clock;
  readonly mailbox: Mailbox;
  /** A tick for this node itself, which may be among those who are asked. */
  readonly tickHere: (tick: Uint8Array) => void;
  /** Puts a result into the outbox as a CONSENSUS trx, once. In the mailbox. */
  readonly publish: (trxId: string, bundle: ChangeConsensusResultBundle) => Promise<void>;
  readonly faultFound: (fault: Fault, pubkey: string) => void;
  readonly failed: (error: unknown) => void;
  readonly changed: () => void;
}

/**
 * The owner's side of a change of consensus at work: its machine, its log, and a stream to each of those it asks, on which its ticks go
 * one way and their reports the other.
 */
export class Asking {
  readonly #options: AskingOptions;
  readonly #owner: Owner;
  readonly #log: MachineLog;
  readonly faults = new FaultCounts();
  #links: { readonly request: ChangeConsensusReq; readonly streams: ProducerLinks } | undefined;
  /** The newest one: who connects late is sent it at once. */
  #tick: Uint8Array | undefined;
  #cancelTimer: (() => void) | undefined;
  #newestNonce = -1;
  #stopped = false;

  constructor(options: AskingOptions) {
    this.#options = options;
    this.#owner = new Owner(options.signSecret);
    this.#log = new MachineLog(options.store, (entry) => keyOf.changeLog(options.groupId, 'asking', entry));
  }

  get status(): OwnerStatus {
    return this.#owner.status();
  }

  /** A recovery that failed because of a final block above its base, and what it was asked for with; undefined for any other state. */
  get refusedBase():
    | { readonly request: ChangeConsensusReq; readonly blockId: number; readonly successTrxId: string }
    | undefined {
    const { request, bundle, trxId: successTrxId } = this.#owner.status();
    const { Recovery: isRecovery, BaseBlockId: blockId } = request?.Contract ?? {};
    if (!request || !isRecovery || blockId === undefined || successTrxId === undefined) return undefined;
    const isRefused = bundle?.Result === ConsensusResult.FAIL && bundle.Resps.some(({ HigherBlock }) => HigherBlock.length > 0);
    return isRefused ? { request, blockId, successTrxId } : undefined;
  }

  /** The newest nonce that a request was signed with here; below every nonce where there was none. */
  get newestNonce(): number {
    return this.#newestNonce;
  }

  /** Keys of those whom a stream is open to. */
  get connected(): readonly string[] {
    const { request, streams } = this.#links ?? {};
    if (!request || !streams) return [];
    const producers = requestedProducers(request);
    return streams.connected.flatMap((index) => producers[index] ?? []);
  }

  /** Goes on where the log says. In the mailbox. */
  async start(settledNonce: number): Promise<void> {
    const nonce = await this.#options.store.get('log', keyOf.requestNonce(this.#options.groupId));
    if (nonce) this.#newestNonce = Number(new TextDecoder().decode(nonce));
    const log = await this.#log.read();
    await this.#handle({ type: 'start', log });
    const open = this.#owner.status().request;
    if (open && open.Nonce <= settledNonce) await this.#handle({ type: 'settled', nonce: open.Nonce });
  }

  /** Opens a request that is signed and that nothing speaks against. In the mailbox. */
  async open(request: ChangeConsensusReq, successTrxId: string, otherTrxId: string): Promise<void> {
    this.#newestNonce = Math.max(this.#newestNonce, request.Nonce);
    await this.#handle({ type: 'open', request, successTrxId, otherTrxId });
  }

  /** In the mailbox. */
  abandon(): Promise<void> {
    return this.#handle({ type: 'abandon' });
  }

  /** In the mailbox. */
  settled(nonce: number): Promise<void> {
    return this.#handle({ type: 'settled', nonce });
  }

  /** Once a second. */
  tick(): void {
    this.#links?.streams.tick();
  }

  /** From this node itself, as one of those who are asked. */
  reportHere(data: Uint8Array): void {
    const { request } = this.#owner.status();
    const sender = request ? requestedProducers(request).indexOf(this.#options.userPubkey) : -1;
    if (request && sender >= 0) this.#enqueue({ type: 'report', nonce: request.Nonce, sender, data });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#links?.streams.stop();
    this.#links = undefined;
  }

  #enqueue(input: OwnerInput): void {
    if (this.#stopped) return;
    this.#options.mailbox.run(() => this.#handle(input)).catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.stop();
    this.#options.failed(error);
  }

  /** What is decided is durable before anybody hears of it. If it cannot be, this ends here: nothing of it may go out later. */
  async #handle(input: OwnerInput): Promise<void> {
    if (this.#stopped) return;
    const step = this.#owner.handle(input);
    try {
      await this.#log.write(step.persist, step.forget, this.#nonceWrites(input));
      await this.#act(step);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  #nonceWrites(input: OwnerInput) {
    if (input.type !== 'open') return [];
    const value = new TextEncoder().encode(input.request.Nonce.toString());
    return [{ table: 'log', key: keyOf.requestNonce(this.#options.groupId), value } as const];
  }

  async #act(step: OwnerStep): Promise<void> {
    const { request } = this.#owner.status();
    if (this.#links && this.#links.request !== request) this.#close();
    for (const fault of step.faults) {
      const producer = request && requestedProducers(request)[fault.producer];
      if (producer) this.faults.add(producer, fault.kind);
      this.#options.faultFound(fault, producer ?? '');
    }
    if (step.tick && request) this.#sendTick(request, step.tick);
    if (step.timer) {
      const { nonce, delayMs } = step.timer;
      this.#cancelTimer?.();
      this.#cancelTimer = this.#options.clock.after(delayMs, () => this.#enqueue({ type: 'timer', nonce }));
    }
    if (step.publish) {
      this.#close();
      await this.#options.publish(step.publish.trxId, step.publish.bundle);
    }
    this.#options.changed();
  }

  #close(): void {
    this.#cancelTimer?.();
    this.#links?.streams.stop();
    this.#links = undefined;
    this.#tick = undefined;
  }

  #sendTick(request: ChangeConsensusReq, tick: Uint8Array): void {
    this.#tick = tick;
    this.#links ??= { request, streams: this.#openStreams(request) };
    const { streams } = this.#links;
    streams.tick();
    for (const producer of streams.connected) streams.send(producer, { Change: [tick] });
    if (request.ProducerPubkeyList.includes(this.#options.userPubkey)) this.#options.tickHere(tick);
  }

  #openStreams(request: ChangeConsensusReq): ProducerLinks {
    const { groupId, userPubkey, signSecret, network, members, clock, changed } = this.#options;
    const streams: ProducerLinks = new ProducerLinks({
      purpose: 'request',
      opens: 'all',
      groupId,
      nonce: request.Nonce,
      name: requestName(request),
      producers: requestedProducers(request),
      userPubkey,
      signSecret,
      network,
      members,
      clock,
      up: (producer) => {
        if (this.#tick) streams.send(producer, { Change: [this.#tick] });
        changed();
      },
      down: changed,
      frame: (producer, frame) => this.#receive(request.Nonce, producer, frame),
    });
    return streams;
  }

  /** The next frame of this producer is taken when this one is handled: a flood waits at its sender. */
  #receive(nonce: number, sender: number, { Change }: ProducerFrame): Promise<void> {
    for (const data of Change) this.#enqueue({ type: 'report', nonce, sender, data });
    return this.#options.mailbox.run(async () => {}).catch(() => {});
  }
}
