import { type HandoverStep, Owner, type OwnerStep, Participant, type ParticipantInput } from '../../consensus/index.ts';
import { DEALING_RANDOM_BYTES, publicKeyOf, signRequest } from '../../crypto/index.ts';
import { ChangeConsensusReq, ChangeConsensusResultBundle, comparePubkeys, toHex, uuidFromBytes } from '../../records/index.ts';
import { Violation } from '../one-producer.ts';
import { SeededRandom } from '../random.ts';
import { Checks } from './checks.ts';
import { box, entriesOf, type Lies, Machine, PowerCut, unbox } from './handover-machine.ts';
import { Links } from './links.ts';

const GROUP_ID = 'c9f8a0f6-5f9e-4e0c-9b39-6a4d2f3f8a11';
const TICK_MS = 5_000;
const TICKS = 12;
/** Steps after which a broken connection or a machine without power comes back, at the latest. */
const STEPS_TO_HEAL = 150;
/** After each, everything is sent again: without an end to them, time would stand still. */
const MOST_BREAKS = 40;
/** A timer runs out early, as on a slow network, once in so many steps. */
const STEPS_PER_EARLY_TIMER = 200;

export interface HandoverNetOptions {
  readonly size: number;
  readonly seed: number;
  readonly lies?: Readonly<Record<number, Lies>>;
  /** Those who refuse, with their reason. */
  readonly refusals?: Readonly<Record<number, string>>;
  /** Members that say `ready` only after so many ticks of the owner. */
  readonly readyAtTick?: Readonly<Record<number, number>>;
  /** Members that are away for good. */
  readonly away?: readonly number[];
  readonly powerCuts?: number;
  readonly breaks?: number;
  /** Ticks run out while messages are still under way. */
  readonly isSlow?: boolean;
  /** Probability that what goes between owner and producers is lost. */
  readonly loss?: number;
}

/** N requested producers and an owner, cranked one event at a time by an adversary that is drawn from a seed. */
export class HandoverNet {
  readonly options: HandoverNetOptions;
  readonly random: SeededRandom;
  readonly request: ChangeConsensusReq;
  readonly producers: readonly string[];
  readonly checks: Checks;
  readonly evidence: { readonly producer: number; readonly kind: string; readonly evidence: readonly Uint8Array[] }[] = [];
  readonly links: Links;
  readonly #secrets: readonly Uint8Array[];
  readonly #ownerSecret: Uint8Array;
  /** By member; a twin has two. */
  readonly #machines: readonly (readonly Machine[])[];
  readonly #ownerLog = new Map<string, Uint8Array>();
  /** Which machine of a twin talks to whom. */
  readonly #facing: number[];
  #owner: Owner | undefined;
  #ownerTimerAtMs: number | undefined;
  #mail: (() => void)[] = [];
  #nowMs = 0;
  #steps = 0;
  #ticks = 0;
  #broken = 0;
  #powerCuts: number;
  #breaks: number;
  #returns: { readonly at: number; readonly run: () => void }[] = [];
  /** Everything that the owner gave out to be published, encoded, with its trx id. */
  readonly published = new Map<string, string>();
  result: ChangeConsensusResultBundle | undefined;

  constructor(options: HandoverNetOptions) {
    const { size, seed } = options;
    this.options = options;
    this.random = new SeededRandom(seed, 'handover net');
    this.#powerCuts = options.powerCuts ?? 0;
    this.#breaks = options.breaks ?? 0;
    this.links = new Links(size, this.random.fork('links'));
    this.#ownerSecret = this.random.fork('owner').bytes(32);
    const secrets = Array.from({ length: size }, (_, index) => this.random.fork(`secret ${index}`).bytes(32));
    this.#secrets = secrets.sort((a, b) => comparePubkeys(publicKeyOf(a), publicKeyOf(b)));
    this.producers = this.#secrets.map(publicKeyOf);
    this.request = signRequest(
      ChangeConsensusReq.create({
        ReqId: uuidFromBytes(this.random.bytes(16)),
        GroupId: GROUP_ID,
        Nonce: 4,
        ProducerPubkeyList: this.random.shuffle(this.producers),
        AgreementTickLenInMs: TICK_MS,
        AgreementTickCount: TICKS,
        StartFromEpoch: 100,
        TrxEpochTickLenInMs: 1_000,
      }),
      this.#ownerSecret,
    );
    this.checks = new Checks(size, (producer) => this.isHonest(producer));
    this.#facing = new Array(size * size).fill(0);
    this.#machines = this.producers.map((_, index) =>
      this.options.lies?.[index]?.isTwin ? [new Machine(), new Machine()] : [new Machine()],
    );
  }

  get ownerPubkey(): string {
    return publicKeyOf(this.#ownerSecret);
  }

  isHonest(producer: number): boolean {
    return this.options.lies?.[producer] === undefined;
  }

  participant(index: number): Participant | undefined {
    return this.#machines[index]?.[0]?.participant;
  }

  start(): void {
    const away = this.options.away ?? [];
    for (const [index] of this.producers.entries()) if (!away.includes(index)) this.#startMember(index);
    this.#startOwner();
  }

  heal(): void {
    this.#powerCuts = 0;
    this.#breaks = 0;
    for (const { run } of this.#returns.splice(0)) run();
  }

  run(isReached: () => boolean, limit: number): void {
    const end = this.#steps + limit;
    while (!isReached()) {
      if (this.#steps++ >= end) throw new Violation(`not there after ${limit} steps (seed ${this.options.seed})`);
      this.#crank();
    }
  }

  /** Whatever can still arrive arrives; timers stand still. */
  settle(): void {
    this.heal();
    while (this.#crankOnce()) this.#steps++;
  }

  // ------------------------------------------------------------------------------------------------------------- cranking

  #crank(): void {
    for (const entry of this.#returns.filter(({ at }) => at <= this.#steps)) {
      this.#returns = this.#returns.filter((other) => other !== entry);
      entry.run();
    }
    if (this.random.chance(this.#breaks)) this.#break();
    if (this.options.isSlow && this.random.int(STEPS_PER_EARLY_TIMER) === 0) this.#fireTimer();
    if (!this.#crankOnce()) this.#idle();
    this.#checkAttempts();
  }

  #crankOnce(): boolean {
    const choices: (() => void)[] = [];
    const { length } = this.producers;
    for (let from = 0; from < length; from++) {
      for (let to = 0; to < length; to++) {
        if (from !== to && this.links.queue(from, to).length > 0 && this.#isUp(to)) choices.push(() => this.#deliver(from, to));
      }
    }
    for (const [index, machines] of this.#machines.entries()) {
      for (const machine of machines) {
        if (machine.effects.length === 0 || !machine.participant) continue;
        choices.push(() => {
          const [effect] = machine.effects.splice(this.random.int(machine.effects.length), 1) as [() => void];
          this.#guard(index, effect);
        });
      }
    }
    if (this.#mail.length > 0) choices.push(() => (this.#mail.splice(this.random.int(this.#mail.length), 1)[0] as () => void)());
    if (choices.length === 0) return false;
    this.random.pick(choices)();
    return true;
  }

  /** Nothing is under way: time passes. */
  #idle(): void {
    const [next] = this.#returns.splice(0, 1);
    if (next) next.run();
    else if (!this.#fireTimer()) throw new Violation(`nothing can happen any more (seed ${this.options.seed})`);
  }

  /** The timer that is due first. */
  #fireTimer(): boolean {
    const due = this.#machines.flatMap((machines, index) =>
      machines.flatMap((machine) => (machine.participant ? machine.timers.map((timer) => ({ index, machine, timer })) : [])),
    );
    const first = due.reduce<(typeof due)[number] | undefined>(
      (best, each) => (!best || each.timer.atMs < best.timer.atMs ? each : best),
      undefined,
    );
    const ownerAtMs = this.#owner ? this.#ownerTimerAtMs : undefined;
    if (ownerAtMs !== undefined && (!first || ownerAtMs <= first.timer.atMs)) {
      this.#nowMs = Math.max(this.#nowMs, ownerAtMs);
      this.#ownerTimerAtMs = undefined;
      this.#guardOwner(() => this.#afterOwner((this.#owner as Owner).handle({ type: 'timer', nonce: this.request.Nonce })));
      return true;
    }
    if (!first) return false;
    const { index, machine, timer } = first;
    this.#nowMs = Math.max(this.#nowMs, timer.atMs);
    machine.timers = machine.timers.filter((other) => other !== timer);
    this.#guard(index, () => this.#input(index, machine, { type: 'timer', name: timer.name }));
    return true;
  }

  #deliver(from: number, to: number): void {
    const item = this.links.take(from, to, 0);
    const { Nonce: nonce } = this.request;
    const machine = this.#facingMachine(to, from);
    this.#guard(to, () => {
      if (item.kind === 'open') {
        const place = to * this.producers.length + from;
        // A twin's other machine takes over.
        this.#facing[place] = this.random.int((this.#machines[to] as readonly Machine[]).length);
        this.#input(to, this.#facingMachine(to, from), { type: 'connected', nonce, peer: from });
      } else if (item.kind === 'close') this.#input(to, machine, { type: 'disconnected', nonce, peer: from });
      else this.#input(to, machine, { type: 'message', nonce, sender: from, data: item.data });
    });
  }

  // ------------------------------------------------------------------------------------------------------------- machines

  #startMember(index: number): void {
    for (const machine of this.#machines[index] as readonly Machine[]) {
      machine.participant = new Participant({
        groupId: GROUP_ID,
        ownerPubkey: this.ownerPubkey,
        secret: this.#secrets[index] as Uint8Array,
      });
      const log = entriesOf(machine.log);
      this.#guard(index, () => this.#input(index, machine, { type: 'start', log, settledNonce: 3 }));
    }
  }

  #startOwner(): void {
    this.#owner = new Owner(this.#ownerSecret);
    const log = entriesOf(this.#ownerLog);
    const toId = (): string => uuidFromBytes(this.random.bytes(16));
    this.#guardOwner(() => {
      this.#afterOwner((this.#owner as Owner).handle({ type: 'start', log }));
      // Whoever got no answer asks again.
      if (this.#ownerLog.size > 0) return;
      const ids = { successTrxId: toId(), otherTrxId: toId() };
      this.#afterOwner((this.#owner as Owner).handle({ type: 'open', request: this.request, ...ids }));
    });
  }

  #input(index: number, machine: Machine, input: ParticipantInput): void {
    if (!machine.participant) return;
    const step = machine.participant.handle(input);
    if (this.isHonest(index)) {
      for (const fault of step.faults) {
        this.checks.blamed(index, fault);
        if (fault.evidence) this.evidence.push({ ...fault, evidence: fault.evidence });
      }
    }
    this.#failPoint(step.persist.length > 0);
    if (step.forget !== undefined) for (const key of machine.log.keys()) if (key < step.forget) machine.log.delete(key);
    for (const { key, data } of step.persist) machine.log.set(key, data);
    this.#failPoint(step.persist.length > 0);
    this.#after(index, machine, step);
    this.#failPoint(step.send.length > 0);
  }

  #after(index: number, machine: Machine, step: HandoverStep): void {
    for (const { to, data } of step.send) {
      for (let other = 0; other < this.producers.length; other++) {
        if (other === index || (to !== 'all' && to !== other)) continue;
        if (this.#facingMachine(index, other) === machine) this.#send(index, other, data);
      }
    }
    for (const { name, delayMs } of step.timers) machine.timers.push({ name, atMs: this.#nowMs + delayMs });
    for (const data of step.report) this.#post(() => this.#toOwner(index, data));
    if (step.opened) {
      machine.wantsToAnswer = !step.opened.hasResponded;
      for (let other = 0; other < this.producers.length; other++) this.#connect(index, other);
    }
    this.#answerIfReady(index, machine);
    const lies = this.options.lies?.[index];
    const self = this.producers[index] as string;
    const { encrypt, decrypt } = step;
    if (encrypt) {
      machine.effects.push(() => {
        const encryptedShares = encrypt.shares.map(({ receiver, plain }) => {
          const sealed = box(receiver, plain);
          return lies?.encrypted?.(this.producers.indexOf(receiver), sealed, this.random) ?? sealed;
        });
        this.#input(index, machine, { type: 'encrypted', nonce: encrypt.nonce, encryptedShares });
      });
    }
    for (const { nonce, name, encryptedShares } of decrypt) {
      machine.effects.push(() => {
        const plains = encryptedShares.map((sealed) => {
          const plain = unbox(self, sealed);
          return lies?.decrypted ? lies.decrypted(plain) : plain;
        });
        this.#input(index, machine, { type: 'decrypted', nonce, name, plains });
      });
    }
  }

  #answerIfReady(index: number, machine: Machine): void {
    if (!machine.wantsToAnswer || this.#ticks < (this.options.readyAtTick?.[index] ?? 0)) return;
    machine.wantsToAnswer = false;
    const { Nonce: nonce } = this.request;
    const responseId = uuidFromBytes(this.random.bytes(16));
    const reason = this.options.refusals?.[index];
    const random = this.random.bytes(DEALING_RANDOM_BYTES);
    const input: ParticipantInput = reason
      ? { type: 'refuse', nonce, responseId, reason }
      : { type: 'ready', nonce, responseId, random };
    machine.effects.push(() => this.#input(index, machine, input));
  }

  #send(from: number, to: number, data: Uint8Array): void {
    const tamper = this.options.lies?.[from]?.tamper;
    if (this.isHonest(from)) this.checks.sent(from, to, data);
    for (const each of tamper ? tamper(to, data, this.random) : [data]) this.links.send(from, to, each);
  }

  #facingMachine(index: number, other: number): Machine {
    return this.#machines[index]?.[this.#facing[index * this.producers.length + other] as number] as Machine;
  }

  // ---------------------------------------------------------------------------------------------------------------- owner

  #toOwner(sender: number, data: Uint8Array): void {
    this.#guardOwner(() => {
      if (this.#owner) this.#afterOwner(this.#owner.handle({ type: 'report', nonce: this.request.Nonce, sender, data }));
    });
  }

  #afterOwner(step: OwnerStep): void {
    for (const fault of step.faults) this.checks.blamed(-1, fault);
    this.#failPoint(step.persist.length > 0);
    for (const { key, data } of step.persist) this.#ownerLog.set(key, data);
    this.#failPoint(step.persist.length > 0);
    if (step.tick) this.#sendTick(step.tick);
    if (step.timer) this.#ownerTimerAtMs = this.#nowMs + step.timer.delayMs;
    if (step.publish) {
      const { trxId, bundle } = step.publish;
      this.published.set(toHex(ChangeConsensusResultBundle.encode(bundle)), trxId);
      if (this.published.size > 1) throw new Violation('the owner publishes two results');
      this.result = bundle;
      this.#ownerTimerAtMs = undefined;
    }
  }

  #sendTick(data: Uint8Array): void {
    this.#ticks++;
    for (const [index, machines] of this.#machines.entries()) {
      for (const machine of machines) {
        this.#post(() => this.#guard(index, () => this.#input(index, machine, { type: 'tick', data })));
        this.#answerIfReady(index, machine);
      }
    }
  }

  #post(run: () => void): void {
    if (!this.random.chance(this.options.loss ?? 0)) this.#mail.push(run);
  }

  // --------------------------------------------------------------------------------------------------------------- faults

  #isUp(index: number): boolean {
    return (this.#machines[index] as readonly Machine[]).every(({ participant }) => participant !== undefined);
  }

  /** A stream is opened under the request's name, so both sides must have it. */
  #isOpen(index: number): boolean {
    return (this.#machines[index] as readonly Machine[]).every(({ participant }) => participant?.status().request);
  }

  #failPoint(isOne: boolean): void {
    if (isOne && this.random.chance(this.#powerCuts)) throw new PowerCut();
  }

  #guard(index: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      this.crash(index);
      this.#later(() => this.restart(index));
    }
  }

  /** Everything but the log is gone. */
  crash(index: number): void {
    for (const machine of this.#machines[index] as readonly Machine[]) {
      machine.participant = undefined;
      machine.timers = [];
      machine.effects = [];
      machine.wantsToAnswer = false;
    }
    this.links.reset(index);
  }

  restart(index: number): void {
    if (this.#isUp(index)) return;
    this.#startMember(index);
  }

  #guardOwner(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      this.#owner = undefined;
      this.#ownerTimerAtMs = undefined;
      this.#later(() => this.#startOwner());
    }
  }

  #connect(a: number, b: number): void {
    if (a !== b && this.#isOpen(a) && this.#isOpen(b)) this.links.connect(a, b);
  }

  #break(): void {
    const a = this.random.int(this.producers.length);
    const b = this.random.int(this.producers.length);
    if (a === b || !this.links.isConnected(a, b) || this.#broken++ >= MOST_BREAKS) return;
    this.links.cut(a, b);
    this.#later(() => this.#connect(a, b));
  }

  #later(run: () => void): void {
    this.#returns.push({ at: this.#steps + 1 + this.random.int(STEPS_TO_HEAL), run });
  }

  // --------------------------------------------------------------------------------------------------------------- checks

  readonly #agreed = new Map<number, string>();
  readonly #failed = new Set<number>();
  readonly #seen = new WeakSet<ChangeConsensusResultBundle>();

  /** An attempt has one outcome, for all alike. */
  #checkAttempts(): void {
    for (const [index, [machine]] of this.#machines.entries()) {
      if (!this.isHonest(index) || !machine?.participant) continue;
      const { agreedAttempt, bundle, failedAttempts } = machine.participant.status();
      for (const attempt of failedAttempts) this.#failed.add(attempt);
      if (agreedAttempt !== undefined && bundle && !this.#seen.has(bundle)) {
        this.#seen.add(bundle);
        const text = toHex(ChangeConsensusResultBundle.encode(bundle));
        const known = this.#agreed.get(agreedAttempt);
        if (known !== undefined && known !== text) throw new Violation(`attempt ${agreedAttempt} has two bundles`);
        this.#agreed.set(agreedAttempt, text);
      }
    }
    for (const attempt of this.#failed) {
      if (this.#agreed.has(attempt)) throw new Violation(`attempt ${attempt} has failed and has not`);
    }
  }

  get agreedAttempts(): number[] {
    return [...this.#agreed.keys()];
  }

  get failedAttempts(): number[] {
    return [...this.#failed];
  }
}
