import type { ProducerSet } from '../roster.ts';

/** Bits of a set of votes: {false}, {true}, {false, true}. */
export const FALSE = 1;
export const TRUE = 2;
export const BOTH = 3;
export type Values = 0 | typeof FALSE | typeof TRUE | typeof BOTH;

export const valuesOf = (value: boolean): typeof FALSE | typeof TRUE => (value ? TRUE : FALSE);

/** Votes of one round, as far as they are here. Arrays that are indexed by a vote have one place each for false and true. */
export interface Round {
  readonly bval: [ProducerSet, ProducerSet];
  /** The values for which this producer has sent BVAL. */
  sentBval: Values;
  /** The values that 2f+1 have sent BVAL for. */
  bin: Values;
  readonly aux: [ProducerSet, ProducerSet];
  sentAux: boolean;
  /** By set of values; place 0 stays empty. */
  readonly conf: [ProducerSet, ProducerSet, ProducerSet, ProducerSet];
  /** What this producer sent in CONF, or, where the coin is fixed, what AUX gave. 0: not there yet. */
  values: Values;
  /** What N−f CONF gave. 0: not there yet. */
  confirmed: Values;
  /** Shares of this round's coin, by sender; undefined while there are none, and when they are not needed any more. */
  shares: Map<number, Uint8Array> | undefined;
  /** Senders whose shares were checked singly and are good. */
  checked: ProducerSet;
  /** Senders whose shares were bad: they do not get a second chance. */
  refused: ProducerSet;
  /** A check of all shares together has failed: each is checked singly from now on. */
  checking: boolean;
}

export const newRound = (): Round => ({
  bval: [0, 0],
  sentBval: 0,
  bin: 0,
  aux: [0, 0],
  sentAux: false,
  conf: [0, 0, 0, 0],
  values: 0,
  confirmed: 0,
  shares: undefined,
  checked: 0,
  refused: 0,
  checking: false,
});
