/** Writes in the order of the calls, those of one turn in one go: every body of `Store` that pays for a transaction queues this way. */
import type { Durability } from '../node/ports.ts';

/** Writes share a transaction up to this size: a bound on what one failure makes us do again. */
const GROUP_BYTES = 4 * 1024 * 1024;

export interface QueuedWrite<Change> {
  readonly changes: readonly Change[];
  readonly sizeBytes: number;
  readonly durability: Durability;
}

interface PendingWrite<Change> extends QueuedWrite<Change> {
  resolve(): void;
  reject(error: unknown): void;
}

export class WriteQueue<Change> {
  readonly #commit: (group: readonly QueuedWrite<Change>[], durability: Durability) => Promise<void>;
  #waiting: PendingWrite<Change>[] = [];
  #draining: Promise<void> | undefined;

  /** @param commit performs some writes whole or not at all; done twice, it must leave the same rows. The durability is the strongest that one of them asks for. */
  constructor(commit: (group: readonly QueuedWrite<Change>[], durability: Durability) => Promise<void>) {
    this.#commit = commit;
  }

  /** Resolves when the write is done, in the order of the calls. */
  push(write: QueuedWrite<Change>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...write, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when nothing is queued any more. */
  async idle(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    await Promise.resolve(); // Let the other writes of this turn join.
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      try {
        await this.#perform(group);
        for (const write of group) write.resolve();
      } catch (error) {
        // In a transaction of its own, a write answers for itself only.
        if (group.length === 1) group[0]?.reject(error);
        else for (const write of group) await this.#perform([write]).then(write.resolve, write.reject);
      }
    }
    this.#draining = undefined;
  }

  #perform(group: readonly PendingWrite<Change>[]): Promise<void> {
    return this.#commit(group, group.some((write) => write.durability === 'strict') ? 'strict' : 'relaxed');
  }

  #nextGroup(): PendingWrite<Change>[] {
    let count = 0;
    let sizeBytes = 0;
    for (const write of this.#waiting) {
      sizeBytes += write.sizeBytes;
      if (count > 0 && sizeBytes > GROUP_BYTES) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}
