const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** The reader's own variant of the catalogue's language, so that 24-hour clocks and date orders come out right. */
export function dateLocale(catalogue: string): string {
  return navigator.languages.find((language) => language === catalogue || language.startsWith(`${catalogue}-`)) ?? catalogue;
}

/** `3 min. ago`; a date beyond a week; the future (a clock that is off) counts as now. */
export function relativeTime(timeMs: number, nowMs: number, locale: string): string {
  const ageMs = Math.max(0, nowMs - timeMs);
  if (ageMs >= 7 * 86_400_000) {
    const sameYear = new Date(timeMs).getFullYear() === new Date(nowMs).getFullYear();
    const year = sameYear ? {} : { year: 'numeric' as const };
    return new Intl.DateTimeFormat(dateLocale(locale), { day: 'numeric', month: 'short', ...year }).format(timeMs);
  }
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  for (const [unit, lengthMs] of UNITS) {
    if (ageMs >= lengthMs) return format.format(-Math.floor(ageMs / lengthMs), unit);
  }
  return format.format(0, 'second');
}

/** Date and time to the second, in the reader's time zone. */
export function exactTime(timeMs: number, locale: string): string {
  return new Intl.DateTimeFormat(dateLocale(locale), { dateStyle: 'medium', timeStyle: 'medium' }).format(timeMs);
}
