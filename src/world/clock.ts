import type { Clock } from '../node/ports.ts';

/** The machine's clock. In a browser it belongs into a worker, whose timers are not held back while the page is hidden. */
export const machineClock: Clock = {
  // Web clocks are cut to a tenth of a millisecond at best, so the milliseconds say all there is.
  nowNs: () => BigInt(Date.now()) * 1_000_000n,
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
