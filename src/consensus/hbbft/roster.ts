import { faultyLimit, LIMITS } from '../../records/index.ts';

/**
 * A set of producers, by index: bit i stands for producer i. N is 24 at most, so a set is one small integer, and to count votes is to
 * count bits.
 */
export type ProducerSet = number;

/** Who takes part, and what counts as enough of them. */
export interface Roster {
  /** N. */
  readonly size: number;
  /** f = ⌊(N−1)/3⌋. */
  readonly faulty: number;
  /** N−f: as many as can be waited for. */
  readonly quorum: number;
  /** Index of this producer. */
  readonly self: number;
  readonly others: ProducerSet;
}

/** Throws RangeError for a number of producers that no configuration has, and an index outside it. */
export function roster(size: number, self: number): Roster {
  if (!(Number.isInteger(size) && size >= 1 && size <= LIMITS.producers)) {
    throw new RangeError(`${size} producers: a configuration has 1 to ${LIMITS.producers}`);
  }
  if (!(Number.isInteger(self) && self >= 0 && self < size)) throw new RangeError(`producer ${self} of ${size}`);
  const faulty = faultyLimit(size);
  return { size, faulty, quorum: size - faulty, self, others: ((1 << size) - 1) & ~(1 << self) };
}

export const only = (index: number): ProducerSet => 1 << index;

export const has = (set: ProducerSet, index: number): boolean => (set & (1 << index)) !== 0;

/** Number of producers in a set. */
export function count(set: ProducerSet): number {
  // Bits are added up in pairs, then fours, then bytes (Warren, "Hacker's Delight", 5–1).
  let bits = set - ((set >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The indices in a set, ascending. */
export function indicesOf(set: ProducerSet): number[] {
  const indices: number[] = [];
  for (let rest = set; rest !== 0; rest &= rest - 1) indices.push(31 - Math.clz32(rest & -rest));
  return indices;
}
