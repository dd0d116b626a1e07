/** Number of faulty producers that a set of `producers` tolerates: ⌊(N−1)/3⌋. */
export const faultyLimit = (producers: number): number => Math.floor((producers - 1) / 3);

/** Number of seals that make a block final, and of votes that decide: N−f. (2f+1 is unsafe where N ≠ 3f+1.) */
export const quorum = (producers: number): number => producers - faultyLimit(producers);
