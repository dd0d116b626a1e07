import { n, plural } from './english.ts';

/** The owner's way out when producers are gone for good, and what others are told of it. */
export const recoveryEn = {
  title: 'Recovery',
  lead: 'When the producers who are needed never come back, the group can go on with others, from the newest final block that anybody here holds.',
  open: 'Producers gone for good?',
  offer: 'Are the missing producers gone for good?',
  offerText: (p: { online: number; needed: number }) =>
    p.online >= p.needed
      ? `The group works: ${n(p.online)} producers are here and ${n(p.needed)} are needed. Change the consensus in the ordinary way, which costs nothing; a recovery is refused while the producers make blocks.`
      : `${n(p.online)} of the ${n(p.needed)} producers that are needed are here, so the group cannot decide a change in the ordinary way. If the others come back, it goes on by itself. If they never will, a recovery goes on without them.`,
  costs: [
    'Your node asks every member that it reaches for its newest final block, and the group goes on from the highest. Final blocks that only those who are gone hold are given up.',
    'Posts in blocks that are given up return to their authors as pending, and are sent again.',
    'Whoever holds such blocks is told. Receipts that pass the recovery say so.',
    'It is the one exception to “final stays final”. If the missing producers are still at work somewhere, two histories meet, and this one wins.',
    'Those who are chosen stop producing under the present consensus until it is through, or you have signed that it failed.',
  ],
  confirm: 'The missing producers are gone for good, and I accept this cost',
  mustConfirm: 'A recovery has a cost. Read it and tick the box first.',
  submit: 'Ask for the recovery',
  busy: 'Looking for the newest block…',
  progress: {
    progress: 'Recovery under way',
    ended: { SUCCESS: 'The recovery went through', TIMEOUT: 'The recovery timed out', FAILED: 'The recovery failed' },
    endedText: {
      SUCCESS: 'The group goes on with these producers. The proof is in the history below.',
      TIMEOUT: 'Not everybody signed in time. Nothing has changed; you can ask again.',
      FAILED: 'Nothing has changed.',
    },
    again: 'Recover again',
  },
  givenUpTitle: 'This group was recovered',
  givenUp: (p: { from: number; to: number; at: string }) =>
    p.from === p.to
      ? `Block ${n(p.from)}, which was final here, is given up since ${p.at}: the owner has let the group go on without it.`
      : `Blocks ${n(p.from)} to ${n(p.to)}, which were final here, are given up since ${p.at}: the owner has let the group go on without them.`,
  givenUpOwn: (p: { count: number }) =>
    plural(p.count, {
      one: 'One of your own posts and items was in them. It is pending again, and is sent again.',
      other: '# of your own posts and items were in them. They are pending again, and are sent again.',
    }),
  givenUpBlock: 'The block that came in their place',
  givenUpUnderstood: 'Understood',
};
