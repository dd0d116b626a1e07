/**
 * When an epoch starts (consensus.md, "Epochs, blocks, seals"): at the plain interval while there is something to do; after three
 * EMPTY epochs in a row the tick doubles, up to 30 s; a waiting trx ends the rest; a full pool waits for nothing.
 * The machine knows no time: it asks for the plain interval and for the rest as timers and is told when each has run out.
 */
export interface Pace {
  readonly emptyInRow: number;
  readonly intervalOver: boolean;
  readonly restOver: boolean;
  readonly waiting: boolean;
  readonly full: boolean;
}

/** EMPTY epochs in a row after which a group rests. */
export const EMPTY_BEFORE_REST = 3;
/** The longest tick of a resting group. */
export const REST_LIMIT_MS = 30_000;

export const pace = (emptyInRow: number): Pace => ({
  emptyInRow,
  intervalOver: false,
  restOver: false,
  waiting: false,
  full: false,
});

export const isResting = (now: Pace): boolean => now.emptyInRow >= EMPTY_BEFORE_REST;

/** The tick after `emptyInRow` EMPTY epochs: doubles with each from the third on, at most 30 s, never below the plain interval. */
export function tickMs(emptyInRow: number, intervalMs: number): number {
  if (emptyInRow < EMPTY_BEFORE_REST) return intervalMs;
  const doublings = Math.min(emptyInRow - EMPTY_BEFORE_REST + 1, 16);
  return Math.max(intervalMs, Math.min(intervalMs * 2 ** doublings, REST_LIMIT_MS));
}

export function mayStart(now: Pace): boolean {
  if (now.full) return true;
  if (!now.intervalOver) return false;
  return now.waiting || !isResting(now) || now.restOver;
}
