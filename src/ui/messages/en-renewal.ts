import { list, n, plural } from './english.ts';

/** What the owner is offered where producers have lost their logs. */
export const renewalEn = {
  title: (p: { count: number }) =>
    plural(p.count, { one: 'A producer has lost its log', other: '# producers have lost their logs' }),
  you: 'Your own node',
  silent: (p: { names: readonly string[] }) =>
    plural(p.names.length, {
      one: `${list(p.names)} has no record of what it signed, so it cannot speak until you appoint it anew.`,
      other: `${list(p.names)} have no record of what they signed, so they cannot speak until you appoint them anew.`,
    }),
  by: {
    change: () => 'The others can order that: ask for the same producers again. They all have to be here.',
    recovery: (p: { able: number; needed: number }) =>
      `${p.able === 0 ? 'No producer' : `Only ${plural(p.able, { one: '# producer', other: '# producers' })}`} can still sign, ${n(p.needed)} needed, so the group cannot decide it in the ordinary way. A recovery appoints the same producers anew, from the newest final block that anybody here holds.`,
  },
  renew: 'Renew',
  confirm: 'The logs are gone for good, and I accept this cost',
};
