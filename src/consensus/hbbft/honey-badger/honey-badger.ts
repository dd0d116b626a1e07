import { ENCRYPTION_RANDOM_BYTES } from '../../../crypto/index.ts';
import {
  type BlockReference,
  type Configuration,
  type Engine,
  type EngineInput,
  type EngineStatus,
  EPOCHS_UNDECIDED,
  type LogEntry,
  type Proposal,
  type Step,
  type TimerName,
} from '../../engine.ts';
import { EngineStep } from '../../engine-step.ts';
import {
  type DoneMessage,
  decodeMessage,
  encodeMessage,
  type HelloMessage,
  type Message,
  type WakeMessage,
} from '../messages.ts';
import { type Roster, roster } from '../roster.ts';
import { SenderQueue } from '../sender-queue/sender-queue.ts';
import { Epoch, type EpochMessage, type EpochStep } from './epoch.ts';
import { EpochEnds, type Head } from './epoch-ends.ts';
import { type EpochLog, epochKey, epochLog, floorEntry, messageEntry, proposalEntry, readLog } from './log.ts';
import { isEncrypted, type Member } from './member.ts';
import { coinName, proposalLabel } from './names.ts';
import { isResting, mayStart, type Pace, pace, tickMs } from './pace.ts';
import { encodedLimitBytes, encodeProposal, proposalLimitBytes } from './proposal.ts';

/** Epochs that run ahead of the first one that is not finished here: so many are taken part in at once, and no message of a later one is. */
export const EPOCHS_AHEAD = 3;
/** What encryption may add to a proposal. */
const CIPHERTEXT_LIMIT_BYTES = 1024;

/**
 * HoneyBadgerBFT (Miller et al., CCS 2016): when an epoch starts, what is logged before it counts, in which order decisions are handed
 * on, how a producer goes on after a restart, and how one that is behind catches up. What happens inside an epoch: `Epoch`.
 *
 * How it works. `current` is the first epoch that is not finished (executed and stored) here. Messages are taken of the epochs from there to
 * `EPOCHS_AHEAD` later, and of earlier ones that are not stable yet. An epoch is stable when N−f producers are done with it, or have sealed its block. Then nobody
 * needs its messages: who lacks it finds f+1 equal Done of a stable epoch and follows them. Up to there, everything said is kept, and
 * everything heard is in the log: honest producers take part in an epoch until it is stable, also those that have finished it or
 * have jumped over it, because the others may be too few without them.
 *
 * The floor is the newest epoch that is stable and finished here. In the epochs up to it nothing is ever said again, also after a
 * restart: the log keeps it.
 *
 * With one producer this is the same machine: it hears nobody, and its own proposal is the common subset.
 */
export class HoneyBadger implements Engine {
  readonly name = 'hbbft';
  readonly executesFirst = false;
  readonly proposalLimitBytes: number;
  readonly #configuration: Configuration;
  readonly #roster: Roster;
  readonly #member: Member | undefined;
  readonly #queue: SenderQueue;
  #ends: EpochEnds;
  readonly #epochs = new Map<number, Epoch>();
  /** Where the log of each open epoch goes on. */
  readonly #logs = new Map<number, EpochLog>();
  /** Newest epoch that each producer has proposed in, as far as is known. */
  readonly #startedBy: number[];
  /** Newest epoch that each producer has sent a waking trx for. */
  readonly #wokenBy: number[];
  #state: 'new' | 'running' | 'stopped' = 'new';
  #current = 0;
  /** The decision of the current epoch was handed on. */
  #isExecuting = false;
  /** Newest epoch that this producer has proposed in, or need not propose in. */
  #started = -1;
  /** The epoch that a proposal was asked for. */
  #proposing: number | undefined;
  #pace: Pace = pace(0);
  #hasAskedToWake = false;
  #floor = -1;
  #isFloorLogged = true;
  /** The chain has the last block of this configuration: epochs from the current one on are nobody's. */
  #isOver = false;

  /** `member`: only a producer alone can do without. Throws RangeError where configuration and member do not fit each other. */
  constructor(configuration: Configuration, member?: Member) {
    const { length } = configuration.producers;
    if (length !== 1 && !member) throw new RangeError('a producer among several needs its index and keys');
    this.#configuration = configuration;
    this.#roster = roster(length, member?.index ?? 0);
    if (member && length > 1 && (member.keys.producers !== length || member.keys.index !== member.index)) {
      throw new RangeError('the threshold keys are of another producer or configuration');
    }
    this.#member = length > 1 ? member : undefined;
    this.proposalLimitBytes = proposalLimitBytes(length);
    this.#queue = new SenderQueue(this.#roster, EPOCHS_AHEAD);
    this.#ends = new EpochEnds(configuration, this.#roster, this.#member, this.#queue, -1);
    this.#startedBy = new Array(length).fill(-1);
    this.#wokenBy = new Array(length).fill(-1);
  }

  status(): EngineStatus {
    const rests = this.#started < this.#current && !this.#isExecuting && isResting(this.#pace);
    const epoch = this.#epochs.get(this.#current);
    return {
      epoch: this.#current,
      resting: rests,
      ...(epoch ? { proposers: epoch.status() } : {}),
      finished: this.#ends.finished,
      connected: this.#queue.connected,
      kept: { epochs: this.#epochs.size, bytes: this.#queue.keptBytes },
    };
  }

  handle(input: EngineInput): Step {
    const step = new EngineStep();
    if (this.#state === 'stopped') return step;
    this.#take(input, step);
    if (step.defect) this.#state = 'stopped';
    if (step.persist.length > 0 && !this.#isFloorLogged) {
      // Rides along with what is written anyway. Until then a restart replays a little more.
      this.#isFloorLogged = true;
      step.log(floorEntry(this.#floor));
      step.forget = epochKey(this.#floor);
    }
    return step;
  }

  #take(input: EngineInput, step: EngineStep): void {
    if ('isOver' in input && input.isOver) this.#isOver = true;
    switch (input.type) {
      case 'start':
        this.#start(input.log, input.nextEpoch, input.blocks ?? [], step);
        break;
      case 'timer':
        this.#onTimer(input.name, step);
        break;
      case 'waiting':
        this.#onWaiting(input.full, step);
        break;
      case 'proposal':
        this.#propose(input.epoch, input.proposal, input.random, step);
        break;
      case 'wake':
        this.#queue.announce(encodeMessage({ kind: 'wake', epoch: this.#current, trx: input.trx }), step);
        break;
      case 'connected':
        this.#connect(input.peer, step);
        break;
      case 'disconnected':
        this.#queue.disconnect(input.peer);
        break;
      case 'message':
        this.#onMessage(input.sender, input.data, step);
        break;
      case 'final':
        this.#ends.final(input.header.Epoch);
        this.#proceed(step);
        break;
      case 'executed':
        this.#onExecuted(input.epoch, input.empty, input.head, step);
        break;
      case 'caught-up':
        this.#onCaughtUp(input.epoch, input.blocks, step);
        break;
    }
  }

  // --------------------------------------------------------------------------------------------------------------- start

  #start(log: readonly LogEntry[], nextEpoch: number, blocks: readonly BlockReference[], step: EngineStep): void {
    if (this.#state !== 'new') throw new RangeError('an engine starts once');
    this.#state = 'running';
    const { floor, epochs, dones } = readLog(log);
    this.#floor = floor ?? Math.min(nextEpoch - 1, ...epochs.map(({ epoch }) => epoch - 1));
    this.#ends = new EpochEnds(this.#configuration, this.#roster, this.#member, this.#queue, this.#floor);
    this.#current = Math.max(nextEpoch, this.#floor + 1, this.#ends.restore(dones) + 1);
    for (const { epoch, inputs, next } of epochs) {
      this.#logs.set(epoch, epochLog(epoch, next));
      if (epoch > this.#floor) for (const { sender, data } of inputs) this.#replay(epoch, sender, data);
    }
    this.#started = Math.max(this.#started, this.#current - 1);
    // Between storing a block and signing Done there may have been a crash.
    this.#ends.finishUpTo(this.#current - 1, blocks, step);
    this.#startTimers(step);
    this.#proceed(step);
  }

  #replay(epoch: number, sender: number | 'own', data: Uint8Array): void {
    // What is said in answer is kept for whoever connects; faults were reported when they were found.
    const ignored = new EngineStep();
    if (sender === 'own') {
      this.#started = Math.max(this.#started, epoch);
      this.#follow(epoch, this.#epoch(epoch).propose(data), ignored);
      return;
    }
    const message = decodeMessage(data, this.#roster.size);
    if (!message || !isOfEpoch(message)) throw new Error('the log of consensus holds a message that is none');
    this.#note(sender, message);
    this.#follow(epoch, this.#epoch(epoch).handle(sender, message), ignored);
  }

  // -------------------------------------------------------------------------------------------------------- own proposals

  #onTimer(name: TimerName, step: EngineStep): void {
    if (name === 'behind') {
      this.#ends.onTimer(this.#unfinished, step);
      return;
    }
    this.#pace = name === 'interval' ? { ...this.#pace, intervalOver: true } : { ...this.#pace, restOver: true };
    this.#startEpochIfDue(step);
  }

  #onWaiting(full: boolean, step: EngineStep): void {
    this.#pace = { ...this.#pace, waiting: true, full: this.#pace.full || full };
    if (this.#member && !this.#hasAskedToWake && this.#started < this.#current && isResting(this.#pace)) {
      this.#hasAskedToWake = true;
      step.wake = true;
    }
    this.#startEpochIfDue(step);
  }

  #startEpochIfDue(step: EngineStep): void {
    if (this.#isOver || this.#proposing !== undefined) return;
    const { stable } = this.#ends;
    // In a stable epoch nobody waits for a proposal.
    const next = Math.max(this.#started + 1, this.#current, stable + 1);
    if (next > this.#current + EPOCHS_AHEAD || next - EPOCHS_UNDECIDED > stable) return;
    const isOwnTurn = next === this.#current && !this.#isExecuting && mayStart(this.#pace);
    if (!isOwnTurn && !this.#areOthersIn(next)) return;
    this.#proposing = next;
    const randomBytes = this.#isEncrypted(next) ? ENCRYPTION_RANDOM_BYTES : 0;
    step.propose = { epoch: next, limitBytes: this.proposalLimitBytes, randomBytes };
  }

  /** f+1 others have started the epoch: one of them, at least, is honest and had its reason. */
  #areOthersIn(epoch: number): boolean {
    let others = 0;
    for (const started of this.#startedBy) if (started >= epoch) others++;
    return others > this.#roster.faulty;
  }

  #propose(epoch: number, proposal: Proposal, random: Uint8Array | undefined, step: EngineStep): void {
    if (this.#isOver || this.#proposing !== epoch) return;
    this.#proposing = undefined;
    this.#started = Math.max(this.#started, epoch);
    if (epoch > this.#floor && !this.#epoch(epoch).hasProposed) {
      const encoded = encodeProposal(proposal, this.#roster.size);
      const payload = this.#isEncrypted(epoch) ? this.#encrypt(epoch, encoded, random) : encoded;
      step.log(proposalEntry(this.#logOf(epoch), payload));
      this.#follow(epoch, this.#epoch(epoch).propose(payload), step);
    }
    this.#proceed(step);
  }

  #encrypt(epoch: number, encoded: Uint8Array, random: Uint8Array | undefined): Uint8Array {
    if (random?.length !== ENCRYPTION_RANDOM_BYTES)
      throw new RangeError('a proposal came without the random bytes that were asked for');
    return (this.#member as Member).keys.encrypt(encoded, proposalLabel(this.#configuration, epoch, this.#roster.self), random);
  }

  // ------------------------------------------------------------------------------------------------------------- messages

  #onMessage(sender: number, data: Uint8Array, step: EngineStep): void {
    // Nobody else produces, so whoever sends this does not follow the protocol.
    if (!this.#member) {
      step.blame(sender, 'unexpected-message');
      return;
    }
    if (!(sender >= 0 && sender < this.#roster.size && sender !== this.#roster.self)) {
      throw new RangeError(`producer ${sender} is no other producer of this configuration`);
    }
    const message = decodeMessage(data, this.#roster.size);
    if (!message) {
      step.blame(sender, 'malformed-message');
      return;
    }
    switch (message.kind) {
      case 'hello':
        this.#onHello(sender, message, step);
        break;
      case 'wake':
        this.#onWake(sender, message, step);
        break;
      case 'done':
        this.#onDone(sender, message, data, step);
        break;
      default:
        this.#onEpochMessage(sender, message, data, step);
        break;
    }
  }

  #onEpochMessage(sender: number, message: EpochMessage, data: Uint8Array, step: EngineStep): void {
    const { epoch } = message;
    if (epoch <= this.#floor) return;
    if (epoch > this.#current + EPOCHS_AHEAD) {
      step.blame(sender, 'future-epoch');
      return;
    }
    // Others may be in it who do not have the last block yet.
    if (this.#isOver && epoch >= this.#current) return;
    const result = this.#epoch(epoch).handle(sender, message);
    if (result.accepted) step.log(messageEntry(this.#logOf(epoch), sender, data));
    this.#follow(epoch, result, step);
    if (result.accepted && this.#note(sender, message)) this.#startEpochIfDue(step);
    if (result.output) this.#proceed(step);
  }

  /** A proposer's own value says that it has started the epoch. */
  #note(sender: number, { kind, epoch }: EpochMessage): boolean {
    if (kind !== 'value' || epoch <= (this.#startedBy[sender] as number)) return false;
    this.#startedBy[sender] = epoch;
    return true;
  }

  #follow(epoch: number, result: EpochStep, step: EngineStep): void {
    for (const { to, message } of result.send) this.#queue.post(epoch, to, encodeMessage(message), step);
    step.add(result.faults);
  }

  #connect(peer: number, step: EngineStep): void {
    this.#queue.connect(peer);
    step.say(peer, encodeMessage({ kind: 'hello', epoch: this.#current, started: Math.max(this.#started, 0) }));
    this.#ends.greet(peer, this.#floor, this.#current - 1, step);
  }

  #onHello(sender: number, { epoch, started }: HelloMessage, step: EngineStep): void {
    if (!this.#queue.greet(sender, epoch, step)) return;
    this.#startedBy[sender] = Math.max(this.#startedBy[sender] as number, started);
    this.#startEpochIfDue(step);
  }

  /** One an epoch is what an honest producer sends. */
  #onWake(sender: number, { epoch, trx }: WakeMessage, step: EngineStep): void {
    if (epoch <= (this.#wokenBy[sender] as number) || epoch > this.#current + EPOCHS_AHEAD) return;
    this.#wokenBy[sender] = epoch;
    step.woken = [{ sender, trx }];
  }

  #onDone(sender: number, message: DoneMessage, data: Uint8Array, step: EngineStep): void {
    if (!this.#ends.onDone(sender, message, data, this.#floor, step)) return;
    const { epoch } = message;
    this.#startedBy[sender] = Math.max(this.#startedBy[sender] as number, epoch);
    this.#queue.advance(sender, epoch + 1, step);
    this.#proceed(step);
    this.#ends.checkWhetherBehind(this.#unfinished, this.#current + EPOCHS_AHEAD, step);
  }

  /** The first epoch that is neither finished nor about to be. */
  get #unfinished(): number {
    return this.#isExecuting ? this.#current + 1 : this.#current;
  }

  // ------------------------------------------------------------------------------------------------------------- finishing

  #onExecuted(epoch: number, empty: boolean, head: Head | undefined, step: EngineStep): void {
    if (!this.#isExecuting || epoch !== this.#current) return;
    if (this.#member && !head) throw new RangeError('a producer among several says which block its chain ends with');
    this.#ends.finish(epoch, head, step);
    this.#goOn(epoch + 1, empty ? this.#pace.emptyInRow + 1 : 0, step);
  }

  #onCaughtUp(epoch: number, blocks: readonly BlockReference[], step: EngineStep): void {
    if (epoch < this.#current) return;
    this.#ends.finishUpTo(epoch, blocks, step);
    this.#goOn(epoch + 1, 0, step);
  }

  #goOn(epoch: number, emptyInRow: number, step: EngineStep): void {
    this.#isExecuting = false;
    this.#current = epoch;
    this.#started = Math.max(this.#started, epoch - 1);
    if (this.#proposing !== undefined && this.#proposing < epoch) this.#proposing = undefined;
    this.#pace = pace(emptyInRow);
    this.#hasAskedToWake = false;
    this.#startTimers(step);
    this.#proceed(step);
  }

  #startTimers(step: EngineStep): void {
    if (this.#isOver) return;
    const { intervalMs } = this.#configuration;
    step.start('interval', intervalMs);
    if (isResting(this.#pace)) step.start('rest', tickMs(this.#pace.emptyInRow, intervalMs));
  }

  /** Whatever has become possible. */
  #proceed(step: EngineStep): void {
    if (this.#state !== 'running') return;
    this.#raiseFloor();
    const epoch = this.#epochs.get(this.#current);
    if (epoch?.isDecided && !this.#isExecuting && !this.#isOver) {
      this.#isExecuting = true;
      this.#started = Math.max(this.#started, this.#current);
      const proposals = epoch.takeDecision((proposer) => step.blame(proposer, 'bad-proposal'));
      step.output = { epoch: this.#current, proposals };
    }
    this.#startEpochIfDue(step);
  }

  #raiseFloor(): void {
    const floor = Math.min(this.#ends.stable, this.#current - 1);
    if (floor <= this.#floor) return;
    this.#floor = floor;
    this.#isFloorLogged = false;
    for (const epoch of this.#epochs.keys()) if (epoch <= floor) this.#epochs.delete(epoch);
    for (const epoch of this.#logs.keys()) if (epoch <= floor) this.#logs.delete(epoch);
    this.#queue.forget(floor);
  }

  // --------------------------------------------------------------------------------------------------------------- helpers

  #epoch(number: number): Epoch {
    const present = this.#epochs.get(number);
    if (present) return present;
    const { size } = this.#roster;
    const configuration = this.#configuration;
    const member = this.#member;
    const epoch = new Epoch({
      roster: this.#roster,
      epoch: number,
      limitBytes: encodedLimitBytes(size) + (this.#isEncrypted(number) ? CIPHERTEXT_LIMIT_BYTES : 0),
      coinOf: member
        ? (proposer) => ({
            keys: member.keys,
            name: (round) => coinName(configuration, number, proposer, round),
            always: member.alwaysTossCoin ?? false,
          })
        : undefined,
      cipher:
        member && this.#isEncrypted(number)
          ? { keys: member.keys, label: (proposer) => proposalLabel(configuration, number, proposer) }
          : undefined,
    });
    this.#epochs.set(number, epoch);
    return epoch;
  }

  #isEncrypted(epoch: number): boolean {
    return this.#member !== undefined && isEncrypted(this.#member.encryption, epoch);
  }

  #logOf(epoch: number): EpochLog {
    let log = this.#logs.get(epoch);
    if (!log) {
      log = epochLog(epoch, 0);
      this.#logs.set(epoch, log);
    }
    return log;
  }
}

const isOfEpoch = (message: Message): message is EpochMessage =>
  message.kind !== 'hello' && message.kind !== 'wake' && message.kind !== 'done';
