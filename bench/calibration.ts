/** How fast this machine is, in the two things that a ledger does most; printed beside every benchmark. */
import { initCrypto, publicKeyOf, signHash, verifyHash } from '../src/crypto/index.ts';
import { sha256 } from '../src/records/index.ts';
import type { Figure } from './benchmark.ts';

const HASHED_BYTES = 1024;
/** Long enough for the compiler to have done its work. */
const WARM_UP_MS = 200;
const MEASURE_MS = 500;
/** Calls between two looks at the clock. */
const BATCH = 16;

const wallMs = (): number => performance.now();

/** Calls a second, over `MEASURE_MS` of a clock: wall time, or processor time on a machine that does other work. */
function rate(work: () => void, clockMs: () => number): number {
  const repeat = (durationMs: number): { calls: number; seconds: number } => {
    const start = clockMs();
    let calls = 0;
    let now = start;
    while (now - start < durationMs) {
      for (let call = 0; call < BATCH; call++) work();
      calls += BATCH;
      now = clockMs();
    }
    return { calls, seconds: (now - start) / 1000 };
  };
  repeat(WARM_UP_MS);
  const { calls, seconds } = repeat(MEASURE_MS);
  return calls / seconds;
}

/** Signature checks a second. */
export async function signatureRate(clockMs = wallMs): Promise<number> {
  await initCrypto();
  const secret = new Uint8Array(32).fill(1);
  const hash = sha256(new Uint8Array(HASHED_BYTES));
  const pubkey = publicKeyOf(secret);
  const signature = signHash(hash, secret);
  return rate(() => verifyHash(hash, signature, pubkey), clockMs);
}

/** SHA-256 of 1 KiB blocks, in MB/s. Needs `initCrypto`. */
export function hashRate(clockMs = wallMs): number {
  const block = new Uint8Array(HASHED_BYTES).fill(7);
  return (rate(() => sha256(block), clockMs) * HASHED_BYTES) / 1e6;
}

export async function calibrate(): Promise<Figure[]> {
  await initCrypto();
  return [
    { name: 'SHA-256 of 1 KiB blocks, this process', value: hashRate(), unit: 'MB/s' },
    { name: 'secp256k1 signature checks, this process', value: await signatureRate(), unit: '/s' },
  ];
}
