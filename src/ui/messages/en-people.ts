import { n, plural } from './english.ts';

/** The page of members and of those who would produce. */
export const peopleEn = {
  title: 'Members',
  loading: 'Reading the ledger…',
  you: 'You',
  owner: 'owner',
  here: 'here now',
  away: 'not here',
  path: { webrtc: 'direct', websocket: 'direct', relay: 'via relay', none: 'heard of' },
  at: (p: { block: number }) => `at block ${n(p.block)}`,

  yourself: 'Your place in the group',
  states: {
    producing: 'Your node makes blocks for this group.',
    announced: 'You have offered to make blocks. The owner decides.',
    none: 'Your node keeps and checks every block, and makes none.',
  },
  offerText: 'A producer’s tab should stay open: the group counts on it.',
  offer: 'Announce as producer',
  takeBack: 'Take back',
  takeBackText: 'Taking it back does not stop a producer at once: the owner changes who makes the blocks.',
  onTheWay: {
    add: 'Your announcement is on its way into a block.',
    remove: 'Taking it back is on its way into a block.',
  },
  askIn: 'Announce as member',
  askInText: 'This group is private: the owner admits those who announce themselves, and posts are encrypted to them.',
  askedIn: 'You have announced yourself. The owner admits members.',
  admittedSelf: 'You are admitted: posts are encrypted to you too.',

  dialog: {
    producerTitle: 'Announce as producer',
    producerLead: 'A signed line in the ledger says that your node would make blocks. The owner picks among those who say so.',
    userTitle: 'Announce as member',
    userLead: 'A signed line in the ledger gives the owner your key, so that posts can be encrypted to you.',
    memo: 'Memo',
    memoHint: 'Who you are, how long your tab stays open. Everybody in the group can read it.',
    submit: 'Announce',
    busy: 'Announcing…',
    tooLong: (p: { max: number }) => `The memo takes at most ${n(p.max)} characters.`,
  },

  producers: 'Makes the blocks',
  producersNote: (p: { count: number }) => plural(p.count, { one: '# producer', other: '# producers' }),
  waiting: 'Offered to make blocks',
  waitingText: 'Announced as producers, not chosen yet.',
  waitingOwner: (p: { count: number }) =>
    plural(p.count, { one: '# member waits for your decision', other: '# members wait for your decision' }),
  choose: 'Choose producers',
  others: 'Everybody else',
  othersNone: 'Nobody else is known here. Members show up when their tab is open, or once they announce themselves.',
  withdrawn: 'has taken its announcement back',
  announcedUser: 'announced as member',
  admitted: 'admitted',
  notAdmitted: 'not admitted',
  admit: 'Admit',
  remove: 'Remove',
  admitName: (p: { name: string }) => `Admit ${p.name}`,
  removeName: (p: { name: string }) => `Remove ${p.name}`,
  admitOnTheWay: 'on its way into a block',
};
