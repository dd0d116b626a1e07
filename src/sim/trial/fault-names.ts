import { BYZANTINE } from './byzantine/strategies.ts';
import { FAULTS } from './faults/index.ts';

/** All that may go wrong, under whichever engine: what a trial does not know by its engines it passes over. */
export const FAULT_NAMES: readonly string[] = [
  ...Object.keys(FAULTS),
  ...new Set(Object.values(BYZANTINE).flatMap((strategies) => Object.keys(strategies))),
];
