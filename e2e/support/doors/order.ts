/** What an attacker is told to do, and what it tells. All of it is JSON: attackers are processes of their own. */
import type { SeededRandom } from '../../../src/sim/random.ts';

/** Something that strangers can reach. */
export interface Door {
  readonly name: string;
  /** A TCP port of this machine; without one, a peer that is reached over circuits only. */
  readonly port?: number;
  /** Of the WebSocket there. */
  readonly path?: string;
  /** Multiaddr of the libp2p host behind it. */
  readonly address?: string;
}

/** The group that is attacked, and where it meets. */
export interface Scene {
  readonly doors: readonly Door[];
  readonly relayOrigin: string;
  /** The REST interface of the group's owner, and the port of its `--listen`. */
  readonly nodeOrigin: string;
  readonly listenPort: number;
  readonly groupId: string;
  readonly seed: string;
  /** Of the role `node`, for this group. */
  readonly token: string;
}

export interface Order {
  readonly attack: string;
  readonly scene: Scene;
  readonly seed: number;
  /** An attack that can go on does so for this long, and none takes much longer. */
  readonly durationMs: number;
  /** What has an end begins again until then. */
  readonly isRepeated: boolean;
}

export interface Report {
  /** Connections, calls, frames or messages, whatever the attack is made of. */
  readonly tried: number;
  /** Those that came as far as they should: an attack that reaches nothing proves nothing. */
  readonly reached: number;
}

export interface Means {
  readonly scene: Scene;
  readonly random: SeededRandom;
  readonly isRepeated: boolean;
  /** Aborted when the time is up. */
  readonly signal: AbortSignal;
  /** Gives a seed to whoever joins groups by seeds that strangers send. */
  readonly offerSeed: (seed: string) => void;
}

/** Prepares, and answers what to do once everybody looks: making keys and signatures is no part of an attack. */
export type Attack = (means: Means) => Promise<() => Promise<Report>>;

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Works through items, so many at a time, until the time is up. */
export async function inLanes<T>(
  items: readonly T[],
  lanes: number,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const lane = async (): Promise<void> => {
    for (const item of waiting) {
      if (signal.aborted) return;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
