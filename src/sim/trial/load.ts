import type { SeededRandom } from '../random.ts';
import type { World } from '../world.ts';
import { isHonest, type Watch } from './watch.ts';

/** Average gaps between posts, one of which a round has: a busy group, one that just works, one that rests in between. */
const GAPS_MS = [700, 4_000, 25_000] as const;
/** Most posts are short; some just fit into gossip, some are fetched. */
const SIZES = [...new Array<number>(40).fill(50), ...new Array<number>(6).fill(2_000), 30_000, 100_000];

/** People who post, on all machines. */
export class Load {
  readonly #options: { world: World; random: SeededRandom; groupId: string; watch: Watch };
  #number = 0;

  constructor(options: { world: World; random: SeededRandom; groupId: string; watch: Watch }) {
    this.#options = options;
  }

  start(durationMs: number, later: (delayMs: number, run: () => void) => void): void {
    const { random } = this.#options;
    const gapMs = random.pick(GAPS_MS);
    for (let atMs = random.float() * gapMs; atMs < durationMs; atMs += 2 * random.float() * gapMs) {
      later(atMs, () => this.#post());
    }
  }

  #post(): void {
    const { world, random, groupId, watch } = this.#options;
    const machine = random.pick(world.machines);
    const content = `post ${this.#number++} `.padEnd(random.pick(SIZES), '.');
    if (!machine.isRunning || machine.isPaused) return;
    machine.node.post(groupId, JSON.stringify({ type: 'Note', content })).then(
      (trxId) => {
        if (isHonest(machine)) watch.acknowledged.set(trxId, machine);
      },
      // Not acknowledged, so nothing was promised.
      () => {},
    );
  }
}
