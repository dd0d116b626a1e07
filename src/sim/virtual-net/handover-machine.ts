import type { Participant } from '../../consensus/index.ts';
import { concatBytes, equalBytes, sha256 } from '../../records/index.ts';
import type { SeededRandom } from '../random.ts';

/** What a faulty member does otherwise. Its machine is an honest one, for which its surroundings lie. */
export interface Lies {
  /** What goes out to another in place of a message. */
  readonly tamper?: (to: number, data: Uint8Array, random: SeededRandom) => readonly Uint8Array[];
  /** What it gives as an encrypted share. */
  readonly encrypted?: (receiver: number, share: Uint8Array, random: SeededRandom) => Uint8Array;
  /** What it takes for a decrypted share. */
  readonly decrypted?: (plain: Uint8Array | undefined) => Uint8Array | undefined;
  /** It runs two machines with one key: some of the others talk to one of them, some to the other, changing over with each connection. */
  readonly isTwin?: boolean;
}

/** Thrown through a machine's own work when it loses power. */
export class PowerCut extends Error {}

export interface Timer {
  readonly name: string;
  readonly atMs: number;
}

/** Stands for age: what is encrypted to a key opens with that key only. */
export const box = (receiver: string, plain: Uint8Array): Uint8Array =>
  concatBytes(sha256(concatBytes(new TextEncoder().encode(receiver), plain)), plain);
export function unbox(receiver: string, sealed: Uint8Array): Uint8Array | undefined {
  const plain = sealed.slice(32);
  return equalBytes(box(receiver, plain), sealed) ? plain : undefined;
}

/** One machine, with what survives a crash of it. */
export class Machine {
  readonly log = new Map<string, Uint8Array>();
  participant: Participant | undefined;
  timers: Timer[] = [];
  /** Effects whose answers are under way. */
  effects: (() => void)[] = [];
  wantsToAnswer = false;
}

/** What a restart gets. */
export const entriesOf = (log: ReadonlyMap<string, Uint8Array>): { key: string; data: Uint8Array }[] =>
  [...log].map(([key, data]) => ({ key, data })).sort((a, b) => (a.key < b.key ? -1 : 1));
