/**
 * GF(2⁸) with the polynomial x⁸ + x⁴ + x³ + x² + 1 (0x11d), of which 2 is a generator: the field of the usual Reed–Solomon codes.
 * Addition is exclusive or. Tables, because nothing here is secret.
 */

const POLYNOMIAL = 0x11d;
/** Elements besides zero; the order of the generator. */
const ORDER = 255;

const exponential = new Uint8Array(2 * ORDER);
const logarithm = new Uint8Array(ORDER + 1);
for (let power = 0, element = 1; power < ORDER; power++) {
  exponential[power] = element;
  exponential[power + ORDER] = element;
  logarithm[element] = power;
  element <<= 1;
  if (element > ORDER) element ^= POLYNOMIAL;
}

export function multiply(a: number, b: number): number {
  if (a === 0 || b === 0) return 0;
  return exponential[(logarithm[a] as number) + (logarithm[b] as number)] as number;
}

/** 1/a, for an element other than zero. */
export function inverse(a: number): number {
  return exponential[ORDER - (logarithm[a] as number)] as number;
}

/** Row of the multiplication table: the products of `a` with 0, 1, … 255. A view, not to be written to. */
export function products(a: number): Uint8Array {
  return table.subarray(a << 8, (a + 1) << 8);
}

const table = new Uint8Array((ORDER + 1) << 8);
for (let a = 0; a <= ORDER; a++) for (let b = 0; b <= ORDER; b++) table[(a << 8) | b] = multiply(a, b);

/** A matrix by rows. */
export type Matrix = readonly Uint8Array[];

/** The inverse of a square matrix by Gauss–Jordan elimination. Throws RangeError for a singular one. */
export function inverted(matrix: Matrix): Matrix {
  const size = matrix.length;
  // [matrix | identity] becomes [identity | inverse].
  const rows = matrix.map((row, index): Uint8Array => {
    const wide = new Uint8Array(2 * size);
    wide.set(row);
    wide[size + index] = 1;
    return wide;
  });
  for (let column = 0; column < size; column++) {
    const pivotIndex = rows.findIndex((row, index) => index >= column && row[column] !== 0);
    if (pivotIndex === -1) throw new RangeError('a singular matrix has no inverse');
    const pivot = rows[pivotIndex] as Uint8Array;
    rows[pivotIndex] = rows[column] as Uint8Array;
    rows[column] = pivot;
    const scale = products(inverse(pivot[column] as number));
    for (let at = 0; at < pivot.length; at++) pivot[at] = scale[pivot[at] as number] as number;
    rows.forEach((row, index) => {
      if (index === column || row[column] === 0) return;
      const factor = products(row[column] as number);
      for (let at = 0; at < row.length; at++) row[at] = (row[at] as number) ^ (factor[pivot[at] as number] as number);
    });
  }
  return rows.map((row) => row.slice(size));
}

export function product(left: Matrix, right: Matrix): Matrix {
  return left.map((row) => {
    const result = new Uint8Array(right[0]?.length ?? 0);
    row.forEach((factor, index) => {
      const scale = products(factor);
      (right[index] as Uint8Array).forEach((element, column) => {
        result[column] = (result[column] as number) ^ (scale[element] as number);
      });
    });
    return result;
  });
}
