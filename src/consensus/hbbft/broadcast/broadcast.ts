import { encodeShards, joinShards, reconstruct, shardBytesOf } from '../../../crypto/index.ts';
import { equalBytes } from '../../../records/index.ts';
import type { ProposerProgress } from '../../engine.ts';
import type { BroadcastMessage, RootMessage, ShardMessage } from '../messages.ts';
import { count, has, indicesOf, only, type ProducerSet, type Roster } from '../roster.ts';
import { beginStep, COUNTED, endStep, IGNORED, type ProtocolStep, refused, type StepBuilder } from '../step.ts';
import { belongs, rootOf, ShardTree } from './shard-tree.ts';

/**
 * Reliable broadcast of one proposal: whatever an honest producer delivers, all honest ones deliver, and it is the proposer's if the
 * proposer is honest. (Bracha 1987; erasure-coded as in Cachin–Tessaro, AVID, 2005; Miller et al. 2016.)
 *
 * How it works:
 * 1. The proposer codes its proposal into N shards, any N−2f of which give it back, and sends each producer its shard with the root of
 *    the tree over all and the branch to it: VALUE.
 * 2. A producer passes its shard on: ECHO, once, for the first valid VALUE only. To save upload the shard goes to the N−2f + 1 producers that
 *    follow it in the circle (itself among them); the others get ECHO-HASH, which counts alike. Who can decode tells those it still
 *    expects a shard of: CAN-DECODE; then they send it ECHO-HASH too.
 * 3. After N−f echoes of one root, or f+1 READY for it: READY, once.
 * 4. After 2f+1 READY and with N−2f shards of the root: deliver. Who has the READY and lacks shards asks all whose shard it lacks: WANT-SHARD.
 *    At least N−2f honest producers have echoed a root that anyone honest is READY for, so it gets enough.
 *
 * Shards are not checked as they come. N−2f of them are decoded and coded again, which costs each leaf's hash once; if the root
 * comes out, all were right. Only otherwise are they checked singly. If the root does not come out though each shard has its branch, it
 * is the root of no code word; then whichever N−2f shards others use, it does not come out there either, and nobody delivers.
 */

/** Shards sent beyond the N−2f that a receiver needs: one slow producer shall not cost a round trip. */
const SPARE_ECHOES = 1;

export type BroadcastStep = ProtocolStep<Uint8Array>;

/** What is known of one root. An honest producer sends one echo, one READY and one WANT-SHARD, so there are at most 3N of these. */
interface Candidate {
  readonly root: Uint8Array;
  /** Who echoed it, with or without shard. */
  echoes: ProducerSet;
  readies: ProducerSet;
  /** Who has said CAN-DECODE. */
  decoders: ProducerSet;
  /** Who has said WANT-SHARD. */
  wanting: ProducerSet;
  /** Whose shard is here. */
  holders: ProducerSet;
  readonly shards: (Uint8Array | undefined)[];
  readonly branches: (Uint8Array | undefined)[];
  /** A shard was bad: each is checked with its branch from now on. */
  checking: boolean;
  /** Undefined: not decoded yet. `bad`: the root of no code word. */
  payload: Uint8Array | 'bad' | undefined;
}

export class Broadcast {
  readonly #roster: Roster;
  readonly #epoch: number;
  readonly #proposer: number;
  readonly #dataShards: number;
  readonly #maxShardBytes: number;
  /** Followers in the circle, who get this producer's shard at once. */
  readonly #near: ProducerSet;
  /** Those whose shards this producer gets at once. */
  readonly #feeders: ProducerSet;
  readonly #candidates: Candidate[] = [];
  /** The shard that the proposer gave this producer. */
  #own: { readonly candidate: Candidate; readonly branch: Uint8Array; readonly shard: Uint8Array } | undefined;
  #echoed: ProducerSet = 0;
  #readied: ProducerSet = 0;
  #wanted: ProducerSet = 0;
  /** Who has been sent this producer's shard. */
  #served: ProducerSet = 0;
  #sentReady = false;
  #sentWant = false;
  #delivered = false;
  #foundEquivocation = false;

  /** `limitBytes`: of the proposal; a larger one is not echoed. */
  constructor(roster: Roster, epoch: number, proposer: number, limitBytes: number) {
    this.#roster = roster;
    this.#epoch = epoch;
    this.#proposer = proposer;
    this.#dataShards = roster.size - 2 * roster.faulty;
    this.#maxShardBytes = shardBytesOf(limitBytes, this.#dataShards);
    const { size, self } = roster;
    let near = 0;
    let feeders = 0;
    for (let step = 1; step < Math.min(size, this.#dataShards + SPARE_ECHOES); step++) {
      near |= only((self + step) % size);
      feeders |= only((self + size - step) % size);
    }
    // The proposer has all shards.
    this.#near = near & ~only(proposer);
    this.#feeders = feeders;
  }

  get isDelivered(): boolean {
    return this.#delivered;
  }

  /** The proposer's input, once. */
  propose(payload: Uint8Array): BroadcastStep {
    const { self, size, faulty } = this.#roster;
    if (self !== this.#proposer) throw new RangeError(`producer ${self} proposes as ${this.#proposer}`);
    if (this.#own) throw new RangeError('a proposal was made already');
    const shards = encodeShards(payload, this.#dataShards, 2 * faulty);
    const tree = new ShardTree(shards);
    // Known already if somebody has spoken of it before: an EMPTY proposal may have the bytes of an earlier one.
    const candidate = this.#find(tree.root) ?? this.#add(tree.root);
    candidate.payload = payload;
    const step = beginStep<Uint8Array>();
    for (let index = 0; index < size; index++) {
      if (index !== self) step.say(only(index), this.#shard('value', tree.root, tree.branch(index), shards[index] as Uint8Array));
    }
    this.#echo(candidate, tree.branch(self), shards[self] as Uint8Array, step);
    this.#advance(candidate, step);
    return endStep(step);
  }

  handle(sender: number, message: BroadcastMessage): BroadcastStep {
    switch (message.kind) {
      case 'value':
        return this.#onValue(sender, message);
      case 'echo':
        return this.#onEcho(sender, message);
      case 'echo-hash':
        return this.#onEchoHash(sender, message);
      case 'ready':
        return this.#onReady(sender, message);
      case 'can-decode':
        return this.#onCanDecode(sender, message);
      case 'want-shard':
        return this.#onWantShard(sender, message);
    }
  }

  status(): ProposerProgress['broadcast'] {
    const leading = this.#candidates.reduce<Candidate | undefined>(
      (best, candidate) => (!best || count(candidate.echoes) > count(best.echoes) ? candidate : best),
      undefined,
    );
    const phase = this.#delivered
      ? 'delivered'
      : leading?.payload === 'bad'
        ? 'failed'
        : this.#sentReady
          ? 'ready'
          : leading
            ? 'echoing'
            : 'silent';
    return { phase, echoes: count(leading?.echoes ?? 0), readies: count(leading?.readies ?? 0) };
  }

  // ------------------------------------------------------------------------------------------------------------- inputs

  #onValue(sender: number, { root, branch, shard }: ShardMessage): BroadcastStep {
    if (sender !== this.#proposer) return refused(sender, 'unexpected-message');
    if (this.#own) return equalBytes(this.#own.candidate.root, root) ? IGNORED : refused(sender, 'conflicting-value');
    const { self, size } = this.#roster;
    if (shard.length > this.#maxShardBytes || !belongs(root, shard, branch, self, size)) return refused(sender, 'bad-shard');
    const step = beginStep<Uint8Array>();
    const candidate = this.#find(root) ?? this.#add(root);
    this.#echo(candidate, branch, shard, step);
    this.#decode(candidate, step);
    for (const each of this.#candidates) this.#advance(each, step);
    return endStep(step);
  }

  #onEcho(sender: number, { root, branch, shard }: ShardMessage): BroadcastStep {
    const known = this.#find(root);
    const hasEchoed = has(this.#echoed, sender);
    if (hasEchoed && !(known && has(known.echoes, sender))) return refused(sender, 'conflicting-echo');
    // A shard after an ECHO-HASH was asked for; after an ECHO, or when nobody needs it any more, it is a repetition.
    if (hasEchoed && known && (has(known.holders, sender) || known.payload !== undefined)) return IGNORED;
    const { size } = this.#roster;
    if (shard.length > this.#maxShardBytes || (known?.checking && !belongs(root, shard, branch, sender, size))) {
      return refused(sender, 'bad-shard');
    }
    const candidate = known ?? this.#add(root);
    this.#echoed |= only(sender);
    candidate.echoes |= only(sender);
    if (candidate.payload === undefined) {
      candidate.holders |= only(sender);
      candidate.shards[sender] = shard;
      candidate.branches[sender] = branch;
    }
    return this.#after(candidate);
  }

  #onEchoHash(sender: number, { root }: RootMessage): BroadcastStep {
    const known = this.#find(root);
    if (has(this.#echoed, sender)) {
      return known && has(known.echoes, sender) ? IGNORED : refused(sender, 'conflicting-echo');
    }
    const candidate = known ?? this.#add(root);
    this.#echoed |= only(sender);
    candidate.echoes |= only(sender);
    return this.#after(candidate);
  }

  #onReady(sender: number, { root }: RootMessage): BroadcastStep {
    const known = this.#find(root);
    if (has(this.#readied, sender)) {
      return known && has(known.readies, sender) ? IGNORED : refused(sender, 'conflicting-ready');
    }
    const candidate = known ?? this.#add(root);
    this.#readied |= only(sender);
    candidate.readies |= only(sender);
    return this.#after(candidate);
  }

  #onCanDecode(sender: number, { root }: RootMessage): BroadcastStep {
    const known = this.#find(root);
    // It saves upload only: of a root that is not known here it is not worth remembering, and after the echo it is too late.
    if (!known || this.#own || has(known.decoders, sender)) return IGNORED;
    known.decoders |= only(sender);
    return COUNTED;
  }

  #onWantShard(sender: number, { root }: RootMessage): BroadcastStep {
    const known = this.#find(root);
    if (has(this.#wanted, sender)) {
      return known && has(known.wanting, sender) ? IGNORED : refused(sender, 'unexpected-message');
    }
    const candidate = known ?? this.#add(root);
    this.#wanted |= only(sender);
    candidate.wanting |= only(sender);
    return this.#after(candidate);
  }

  // -------------------------------------------------------------------------------------------------------------- rules

  #after(candidate: Candidate): BroadcastStep {
    const step = beginStep<Uint8Array>();
    this.#decode(candidate, step);
    this.#advance(candidate, step);
    return endStep(step);
  }

  /** This producer's echo, and what it knows thereby. */
  #echo(candidate: Candidate, branch: Uint8Array, shard: Uint8Array, step: StepBuilder<Uint8Array>): void {
    const { self, others } = this.#roster;
    this.#own = { candidate, branch, shard };
    this.#echoed |= only(self);
    candidate.echoes |= only(self);
    candidate.holders |= only(self);
    candidate.shards[self] = shard;
    candidate.branches[self] = branch;
    const served = (this.#near & ~candidate.decoders) | candidate.wanting;
    this.#served |= served;
    step.say(served, this.#shard('echo', candidate.root, branch, shard));
    step.say(others & ~served, { kind: 'echo-hash', ...this.#instance(), root: candidate.root });
  }

  #decode(candidate: Candidate, step: StepBuilder<Uint8Array>): void {
    if (candidate.payload !== undefined || count(candidate.holders) < this.#dataShards) return;
    const { size, faulty } = this.#roster;
    const whole = reconstruct(candidate.shards, this.#dataShards, 2 * faulty);
    if (whole && equalBytes(rootOf(whole), candidate.root)) {
      candidate.payload = joinShards(whole, this.#dataShards) ?? 'bad';
    } else {
      const bad = indicesOf(candidate.holders).filter((index) => {
        const { [index]: shard } = candidate.shards;
        const { [index]: branch } = candidate.branches;
        return !(shard && branch && belongs(candidate.root, shard, branch, index, size));
      });
      for (const index of bad) {
        step.blame(index, 'bad-shard');
        candidate.holders &= ~only(index);
        candidate.shards[index] = undefined;
      }
      candidate.checking = true;
      if (bad.length > 0) {
        this.#decode(candidate, step);
        return;
      }
      candidate.payload = 'bad';
    }
    if (candidate.payload === 'bad') step.blame(this.#proposer, 'bad-root');
    step.say(this.#feeders & ~this.#echoed, { kind: 'can-decode', ...this.#instance(), root: candidate.root });
    candidate.shards.fill(undefined);
    candidate.branches.fill(undefined);
  }

  /** Sends and delivers whatever is due for this root. */
  #advance(candidate: Candidate, step: StepBuilder<Uint8Array>): void {
    const { faulty, quorum, self, others } = this.#roster;
    this.#serve(candidate, step);
    if (!this.#sentReady && (count(candidate.echoes) >= quorum || count(candidate.readies) >= faulty + 1)) {
      this.#sentReady = true;
      this.#readied |= only(self);
      candidate.readies |= only(self);
      step.say(others, { kind: 'ready', ...this.#instance(), root: candidate.root });
    }
    // Enough are READY that all honest producers will be, so for no other root.
    if (count(candidate.readies) < 2 * faulty + 1) return;
    if (this.#own && this.#own.candidate !== candidate && !this.#foundEquivocation) {
      this.#foundEquivocation = true;
      step.blame(this.#proposer, 'equivocation');
    }
    if (candidate.payload === undefined && !this.#sentWant) {
      this.#sentWant = true;
      step.say(others & ~candidate.holders, { kind: 'want-shard', ...this.#instance(), root: candidate.root });
    }
    if (!this.#delivered && candidate.payload instanceof Uint8Array) {
      this.#delivered = true;
      step.output = candidate.payload;
    }
  }

  /** This producer's shard, to those who have asked for it. */
  #serve(candidate: Candidate, step: StepBuilder<Uint8Array>): void {
    if (this.#own?.candidate !== candidate) return;
    const asking = candidate.wanting & ~this.#served;
    this.#served |= asking;
    step.say(asking, this.#shard('echo', candidate.root, this.#own.branch, this.#own.shard));
  }

  // ------------------------------------------------------------------------------------------------------------ helpers

  #find(root: Uint8Array): Candidate | undefined {
    for (const candidate of this.#candidates) if (equalBytes(candidate.root, root)) return candidate;
    return undefined;
  }

  #add(root: Uint8Array): Candidate {
    const { size } = this.#roster;
    const candidate: Candidate = {
      root,
      echoes: 0,
      readies: 0,
      decoders: 0,
      wanting: 0,
      holders: 0,
      shards: new Array(size).fill(undefined),
      branches: new Array(size).fill(undefined),
      checking: false,
      payload: undefined,
    };
    this.#candidates.push(candidate);
    return candidate;
  }

  #instance(): { epoch: number; proposer: number } {
    return { epoch: this.#epoch, proposer: this.#proposer };
  }

  #shard(kind: ShardMessage['kind'], root: Uint8Array, branch: Uint8Array, shard: Uint8Array): ShardMessage {
    return { kind, ...this.#instance(), root, branch, shard };
  }
}
