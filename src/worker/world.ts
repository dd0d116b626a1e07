import type { Clock, Random } from '../node/ports.ts';

/** The browser's clock. Worker timers are not held back while the page is hidden. */
export const browserClock: Clock = {
  // Web clocks are cut to a tenth of a millisecond at best, so the milliseconds say all there is.
  nowNs: () => BigInt(Date.now()) * 1_000_000n,
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** WebCrypto gives this many bytes per call. */
const RANDOM_BYTES_PER_CALL = 65_536;

export const browserRandom: Random = {
  bytes(length) {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += RANDOM_BYTES_PER_CALL) {
      crypto.getRandomValues(bytes.subarray(at, Math.min(at + RANDOM_BYTES_PER_CALL, length)));
    }
    return bytes;
  },
};
