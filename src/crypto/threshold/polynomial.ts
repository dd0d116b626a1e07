import { hashToScalar, ORDER, toNumber, toScalar } from './group.ts';

/**
 * Shamir's sharing: producer `index` holds the value at `index` + 1 of a polynomial over the scalars whose value at 0 nobody holds.
 * Everything here is about places, which are public.
 */

/** Inverse modulo the order of a number that is not a multiple of it: Fermat's little theorem. */
function inverse(value: bigint): bigint {
  let result = 1n;
  let square = modulo(value);
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * square) % ORDER;
    square = (square * square) % ORDER;
  }
  return result;
}

function modulo(value: bigint): bigint {
  const rest = value % ORDER;
  return rest < 0n ? rest + ORDER : rest;
}

/** 23! is a multiple of every product of differences of places up to 24, which keeps coefficients whole and saves an inversion each. */
const FACTORIAL = Array.from({ length: 23 }, (_, index) => BigInt(index + 1)).reduce((product, factor) => product * factor, 1n);
const INVERSE_FACTORIAL = inverse(FACTORIAL);

/** 23! / Π (place − other), over the other places: a whole number. */
function scaledWeight(index: number, indices: readonly number[]): bigint {
  return FACTORIAL / indices.reduce((product, other) => (other === index ? product : product * BigInt(index - other)), 1n);
}

/** Lagrange's coefficients: Σ coefficient[i] · value[i] is the value at 0, for a polynomial of lower degree than there are indices. */
export function coefficientsAtZero(indices: readonly number[]): Uint8Array[] {
  return indices.map((index) => {
    const numerator = indices.reduce((product, other) => (other === index ? product : product * BigInt(-other - 1)), 1n);
    return toScalar(modulo(numerator * scaledWeight(index, indices) * INVERSE_FACTORIAL));
  });
}

/**
 * A code word of the dual of the Reed–Solomon code of polynomials of degree `degree` (Cascudo, David, "SCRAPE", ACNS 2017): the values of such a
 * polynomial at these indices are orthogonal to it; any other values are so with a chance of 1/ℓ, if they were fixed before the seed was.
 * `seed`: a hash over all values under test.
 */
export function dualCodeWord(indices: readonly number[], degree: number, seed: Uint8Array): Uint8Array[] {
  const masks = Array.from({ length: indices.length - degree - 1 }, (_, power) =>
    toNumber(hashToScalar('sett/scrape/mask/1', seed, Uint8Array.of(power))),
  );
  return indices.map((index) => {
    const mask = masks.reduceRight((sum, coefficient) => sum * BigInt(index + 1) + coefficient, 0n);
    return toScalar(modulo(mask * scaledWeight(index, indices)));
  });
}
