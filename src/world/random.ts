import type { Random } from '../node/ports.ts';

/** WebCrypto gives this many bytes per call. */
const RANDOM_BYTES_PER_CALL = 65_536;

/** WebCrypto's generator. */
export const machineRandom: Random = {
  bytes(length) {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += RANDOM_BYTES_PER_CALL) {
      crypto.getRandomValues(bytes.subarray(at, Math.min(at + RANDOM_BYTES_PER_CALL, length)));
    }
    return bytes;
  },
};
