import { pluralFor } from './plural.ts';

/** What all parts of the English catalogue write numbers with. */
export const locale = 'en';
export const plural = pluralFor(locale);
const number = new Intl.NumberFormat(locale);
export const n = (value: number): string => number.format(value);
/** `a, b and c`. */
export const list = (items: readonly string[]): string => new Intl.ListFormat(locale).format(items);

/** A length of time in the largest unit that writes it whole: `500 ms`, `10 s`, `2 min`. */
export function duration(ms: number): string {
  if (ms >= 60_000 && ms % 60_000 === 0) return `${n(ms / 60_000)} min`;
  return ms % 1_000 === 0 ? `${n(ms / 1_000)} s` : `${n(ms)} ms`;
}
