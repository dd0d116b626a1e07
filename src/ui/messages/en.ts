import { availabilityEn, changeEn, consensusEn } from './en-consensus.ts';
import { peopleEn } from './en-people.ts';
import { recoveryEn } from './en-recovery.ts';
import { renewalEn } from './en-renewal.ts';
import { locale, n, plural } from './english.ts';

/**
 * Every English string of the interface. A sentence with values is a function of named values, so that each language orders
 * them as it needs. Names of buttons and text boxes are a promise to screen readers and outside checks: see issue 2.
 * The words of the pages on members and consensus stand in files of their own.
 */

/** Values that a problem may bring along; `message` is the node's own sentence. */
interface Problem {
  readonly message: string;
  readonly [param: string]: string | number;
}

/** Known problems by `Notice.code` or API error code. What is missing here shows the node's own sentence. */
const problems: Readonly<Record<string, (problem: Problem) => string>> = {
  'network-failed': () => 'The node in this tab did not answer. Reload the page, then try again.',
  'storage-full': () =>
    'The storage of this browser is full, so nothing new can be kept. Nothing is lost: free some space, and it goes on by itself.',
  fenced: () => 'Another tab has taken over this node. Reload this tab to see the newest state.',
  'unknown-group': () => 'This node is not in that group.',
  'unknown-block': () => 'This node does not hold that block.',
  'unknown-trx': () => 'This node does not hold that transaction.',
  internal: ({ message }) => `Something went wrong inside the node: ${message}`,
};

export const en = {
  locale,
  problems,

  app: {
    name: 'Sett',
    skip: 'Skip to content',
    home: 'Sett',
    loading: 'Opening your node…',
    loadingHint: 'Keys, blocks and posts are read from this browser.',
    close: 'Close',
    cancel: 'Cancel',
    back: 'Your groups',
    reload: 'Reload',
    copied: 'Copied',
    copyFailed: 'Copying was refused. Select the text and copy it by hand.',
    unnamedGroup: 'Unnamed group',
    unknownKey: 'unknown key',
    notFound: 'There is nothing at this address.',
    crashedTitle: 'This page tripped over something',
    crashedText: 'Your posts and keys are safe in the node. Reload to go on.',
  },

  update: {
    title: 'A newer version of Sett is ready.',
    text: 'Its tabs in this browser will load again; what you have posted is kept.',
    apply: 'Update now',
  },

  theme: {
    label: (p: { current: string }) => `Colours: ${p.current}. Change`,
    system: 'as the system',
    light: 'light',
    dark: 'dark',
  },

  gate: {
    failedTitle: 'The node could not start',
    failedHint:
      'Nothing is lost: keys and blocks stay in this browser. Reload the page; if it stays this way, close other Sett tabs first.',
    insecureTitle: 'This address is not secure enough for a node',
    insecureText: (p: { origin: string; features: string }) =>
      `At ${p.origin} the browser withholds what a node needs to keep keys and blocks safe. Missing here: ${p.features}.`,
    insecureDo: 'What to do',
    insecureHttps: 'Open this page over https, for example behind a proxy with a certificate.',
    insecureLocalhost: (p: { url: string }) => `Or run Sett on this computer and open ${p.url}`,
    missingTitle: 'This browser lacks something a node needs',
    missingText: (p: { features: string }) => `Missing: ${p.features}. Update the browser, or open Sett in another one.`,
  },

  start: {
    title: 'Your groups',
    emptyTitle: 'A ledger that lives in your tab',
    emptyLead:
      'Sett keeps a group’s posts in a ledger that every member’s browser stores and checks for itself. No account and no server to trust: this tab is the node.',
    emptyDo: 'Start a group and pass its seed on, or paste a seed that someone gave you.',
    create: 'Create group',
    join: 'Join group',
    stepsTitle: 'How it goes',
    steps: [
      { title: 'Found', text: 'Creating a group makes its keys and first block, here in this browser.' },
      { title: 'Invite', text: 'Send the seed, a link or a code. Whoever has it can join and read.' },
      { title: 'Keep', text: 'Posts turn final in signed blocks that nobody can change later, not even you.' },
    ],
    listLabel: 'Groups',
    block: (p: { block: number }) => `Block ${n(p.block)}`,
    posts: (p: { count: number }) => plural(p.count, { one: '# post', other: '# posts' }),
    members: (p: { count: number }) => plural(p.count, { one: '# member here', other: '# members here' }),
    alone: 'nobody else here',
    filesTitle: 'Backup and receipts',
    filesText: 'Keep your keys in one file, bring them back, or check a receipt that somebody gave you.',
    backup: 'Backup',
    verify: 'Verify a receipt',
    programsTitle: 'For programs',
    programsText: 'Any page of this address can call this node with fetch. See which calls there are, and try them.',
    programsAction: 'REST interface',
    handlerTitle: 'Open seed links with Sett',
    handlerText: 'Let this browser hand web+rum: links to Sett. It will ask you first.',
    handlerAction: 'Allow seed links',
    handlerDone: 'The browser has been asked.',
    handlerFailed: 'This browser does not take such links.',
  },

  role: { owner: 'Owner', producer: 'Producer', user: 'Member' },
  encryption: { public: 'Public', private: 'Private' },

  create: {
    title: 'Create group',
    lead: 'The group’s keys are made on this device. The name cannot be changed later.',
    name: 'Group name',
    nameHint: (p: { min: number; max: number }) => `${p.min} to ${p.max} characters. Members will see it.`,
    appKey: 'App key',
    appKeyHint: (p: { min: number; max: number }) =>
      `${p.min} to ${p.max} characters. It tells programs what kind of group this is.`,
    appKeyDefault: 'group_timeline',
    access: 'Who can read',
    publicTitle: 'Everyone with the seed',
    publicText: 'Whoever joins reads and posts.',
    privateTitle: 'Approved members only',
    privateText: 'Posts are encrypted to each member that you approve.',
    submit: 'Create',
    busy: 'Creating…',
    nameWrong: (p: { min: number; max: number }) => `Give the group a name of ${p.min} to ${p.max} characters.`,
    appKeyWrong: (p: { min: number; max: number }) => `The app key needs ${p.min} to ${p.max} characters.`,
  },

  join: {
    title: 'Join group',
    lead: 'Paste the whole seed. It begins with rum://seed?',
    seed: 'Seed URL',
    submit: 'Join',
    busy: 'Joining…',
    previewTitle: 'What the seed says',
    previewName: 'Group',
    previewOwner: 'Owner',
    previewAccess: 'Access',
    previewNote: 'Not checked yet. Joining verifies the owner’s signature.',
    empty: 'Paste a seed first.',
  },

  share: {
    open: 'Share',
    title: 'Share this group',
    warning:
      'Whoever has this seed can join and read everything: it contains the group’s key. Pass it on as you would a house key.',
    warningPrivate: 'This seed contains the group’s key and lets people in. Posts are readable only for members you approve.',
    seed: 'Seed',
    copySeed: 'Copy seed',
    link: 'Link',
    copyLink: 'Copy link',
    localOnly: 'This page runs on this computer only, so the link and the code work only here.',
    qr: 'QR code of the link',
    qrTooLong: 'This link is too long for a code.',
    loading: 'Fetching the seed…',
  },

  group: {
    tabs: 'Group pages',
    feed: 'Feed',
    blocks: 'Blocks',
    members: 'Members',
    consensus: 'Consensus',
    opening: 'Opening the group…',
    missingTitle: 'This group is not in your node',
    missingText: 'It may have been left, or it belongs to another profile. Join it again with its seed.',
    aboutTitle: 'Ledger',
    head: 'Newest block',
    epoch: 'Epoch',
    posts: 'Posts',
    producers: 'Producers',
    appKey: 'App key',
    owner: 'Owner',
    producing: {
      idle: 'Other members make the blocks',
      working: 'Your node makes the blocks',
      resting: 'Your node is ready to make the next block',
      stopped: 'Your node has stopped making blocks',
    },
  },

  members: {
    title: 'Here now',
    empty: 'Nobody else right now. Members show up when their tab is open.',
    direct: 'direct',
    relay: 'via relay',
    none: 'heard of',
    at: (p: { block: number }) => `at block ${n(p.block)}`,
    you: 'You',
    more: (p: { count: number }) => plural(p.count, { one: 'and # more', other: 'and # more' }),
  },

  availability: availabilityEn,
  people: peopleEn,
  consensus: consensusEn,
  change: changeEn,
  recovery: recoveryEn,
  renewal: renewalEn,

  sync: {
    looking: 'Looking for peers…',
    lookingText:
      'No member of this group answers right now. You can read what is here and write: posts wait on this device until someone comes.',
    lookingOwner:
      'Nobody else is here yet. Your node makes the blocks, so posts count all the same. To invite people, send them the seed: it is under Share.',
    lookAgain: 'Look again',
    syncing: 'Fetching blocks',
    progress: (p: { have: number; target: number }) => `${n(p.have)} of ${n(p.target)}`,
    rate: (p: { rate: number }) => `${n(Math.round(p.rate * 10) / 10)} blocks/s`,
    sources: (p: { count: number }) => plural(p.count, { one: 'from # member', other: 'from # members' }),
    waiting: 'waiting for a member that has them',
    current: 'Up to date',
    stopped: 'Stopped',
  },

  composer: {
    label: 'Write a post',
    submit: 'Post',
    hint: 'Ctrl + Enter sends',
    placeholder: 'What should the group remember?',
    bytes: (p: { used: string; limit: string }) => `${p.used} of ${p.limit}`,
    empty: 'Write something first.',
    tooLarge: (p: { used: string; limit: string }) =>
      `This text takes ${p.used}; at most ${p.limit} fit. Shorten it or send it in parts. It stays here.`,
  },

  feed: {
    label: 'Posts',
    loading: 'Reading posts…',
    empty: 'No posts yet',
    emptyText: 'The first one starts the story. Share the seed, and everyone who joins reads it in the order of the blocks.',
    older: 'Load older',
    loadingOlder: 'Loading older…',
    beginning: 'This is where the group begins.',
    newer: 'Show newest',
    failed: 'The posts could not be read.',
    retry: 'Try again',
    more: 'Show more',
    less: 'Show less',
    unreadable: 'Not readable: this is not the JSON that a post is',
    unknownShape: 'A kind of entry that this page does not know',
    emptyPost: 'Empty text',
  },

  // "Pending" and "Final" are state words that stand alone: neither's entry may hold the other's word.
  state: {
    sending: 'Sending',
    pending: 'Pending',
    pendingWaiting: 'kept here until a member is reachable',
    pendingSent: 'with the group, waiting for its block',
    final: 'Final',
    inBlock: (p: { block: number }) => `block ${n(p.block)}`,
    invalid: 'Not accepted',
    retry: 'Try again',
    discard: 'Discard',
  },

  blocks: {
    title: 'Blocks',
    lead: 'Each block names the one before it. Newest first.',
    listLabel: 'Blocks, newest first',
    newer: 'Newer',
    older: 'Older',
    pages: 'Block pages',
    range: (p: { from: number; to: number }) => `Blocks ${n(p.from)} to ${n(p.to)}`,
    trxs: (p: { count: number }) => plural(p.count, { one: '# trx', other: '# trxs' }),
    genesis: 'Genesis',
    loading: 'Reading blocks…',
    unreadable: 'This block could not be read.',
    blockTitle: (p: { block: number }) => `Block ${n(p.block)}`,
    number: 'Number',
    epoch: 'Epoch',
    time: 'Time',
    hash: 'Hash',
    prevHash: 'Previous hash',
    stateRoot: 'State root',
    producer: 'Producer',
    signature: 'Producer’s signature',
    seals: 'Seals',
    noSeals: 'None: the producer’s signature speaks.',
    noTrxs: 'No transactions in this block.',
    trxList: 'Transactions',
    none: 'none',
    previous: 'Previous block',
    next: 'Next block',
  },

  trx: {
    title: 'Transaction',
    type: 'Type',
    sender: 'Sender',
    id: 'Id',
    time: 'Time',
    size: 'Data size',
    block: 'In block',
    result: 'Result',
    applied: 'Applied',
    stateRoot: 'State root there',
    signature: 'Signature',
    content: 'Content',
    contentNone: 'Its data is encrypted and this page has no readable form of it.',
    receiptTitle: 'Receipt',
    receiptText: 'A file with which anybody who has the seed can check, without this group, that this transaction is final.',
    receiptVerify: 'Verify a receipt',
    receipt: 'Download receipt',
    receiptBusy: 'Making the receipt…',
    types: {
      POST: 'Post',
      ANNOUNCE: 'Announcement',
      CONSENSUS: 'Consensus',
      USER: 'Member change',
      REQ_BLOCK: 'Block request',
      REQ_BLOCK_RESP: 'Block answer',
      CHAIN_CONFIG: 'Group rule',
      APP_CONFIG: 'App setting',
    } as Readonly<Record<string, string>>,
  },

  copy: {
    action: (p: { what: string }) => `Copy ${p.what}`,
  },

  status: {
    label: 'Status',
    // Always "peers", also for one: outside checks read this to the letter.
    peers: (p: { count: number }) => `${p.count} peers`,
    relay: {
      reserved: 'Relay ready',
      connected: 'Relay connected',
      connecting: 'Relay connecting',
      unreachable: 'Relay unreachable',
      none: 'No relay',
    },
    offline: 'Offline',
    storage: (p: { used: string }) => `${p.used} stored`,
    storageUnknown: 'Storage unknown',
    persisted: 'kept safe',
    notPersisted: 'browser may clear it',
    tab: { leader: 'Node runs here', window: 'Node runs in another tab', electing: 'Finding the leading tab…' },
    starting: 'Node starting…',
  },

  files: {
    tooLarge: 'This file is larger than any that Sett makes, so it was not read.',
    unreadable: 'The browser could not read this file. Pick it again.',
  },

  verify: {
    title: 'Verify a receipt',
    lead: 'A receipt shows that a transaction is final in its group. It is checked here against the seed alone: you need not be a member.',
    seed: 'Seed of the group',
    file: 'Receipt file',
    receipt: 'Receipt, if you have it as text',
    submit: 'Verify',
    busy: 'Verifying…',
    empty: 'Give both: the seed of the group, and the receipt as a file or as text.',
    resultTitle: 'Result',
    valid: 'The receipt is valid.',
    validText: (p: { block: number }) => `This transaction was final when block ${n(p.block)} was sealed.`,
    invalid: 'The receipt is not valid.',
    rejected: 'The group recorded this transaction but did not act on it: it broke a rule.',
    recoveries: 'The owner has recovered this group since it began, which can give up blocks that were final before.',
    sealedAt: 'Sealed',
    sealed: 'Seals',
    sealedBy: (p: { sealed: number; producers: number }) => `${n(p.sealed)} of ${n(p.producers)} producers`,
    producers: 'Producers of the block',
  },

  backup: {
    title: 'Backup',
    lead: 'Your keys are in this browser only. Whoever loses them cannot post as the same person again, and nobody can give them back.',
    makeTitle: 'Make a backup',
    makeNothing: 'There is nothing to keep yet: create or join a group first.',
    makeText: (p: { groups: number }) =>
      plural(p.groups, {
        one: 'One file with the keys and the seed of your group, encrypted under a passphrase.',
        other: 'One file with the keys and seeds of your # groups, encrypted under a passphrase.',
      }),
    passphrase: 'Passphrase',
    passphraseHint: (p: { min: number }) => `At least ${n(p.min)} characters. Without it nobody can open the file, you included.`,
    again: 'Passphrase again',
    blocks: 'Keep the blocks too (a larger file; otherwise they come from other members)',
    make: 'Download backup',
    makeBusy: 'Encrypting…',
    made: 'The backup is in your downloads. Keep it, and its passphrase, outside this browser.',
    tooShort: (p: { min: number }) => `The passphrase needs at least ${n(p.min)} characters.`,
    differ: 'The two passphrases are not the same. Type them again.',
    restoreTitle: 'Restore a backup',
    restoreText: 'Groups of the file that are not here yet come in, with your keys. What is here already stays as it is.',
    file: 'Backup file',
    restorePassphrase: 'Passphrase of the file',
    restore: 'Restore',
    restoreBusy: 'Opening…',
    noFile: 'Pick the backup file first.',
    notABackup: 'This file is not a backup, or only a part of one. Nothing was changed.',
    restoredTitle: 'Restored',
    outcomes: {
      restored: 'restored',
      present: 'was here already',
      'other-key': 'is here under another key, which stays',
    },
    silent: 'A producer that was restored reads and posts, but does not produce until the owner appoints it again.',
  },

  notices: {
    offline: 'This device is offline. Reading works, and posts wait here until the connection is back.',
    relayUnreachable:
      'The relay cannot be reached. Members you are connected to stay; finding new ones has to wait. Sett keeps trying.',
    groupStopped: 'This group does not go on here.',
  },

  error: {
    unknown: 'Something went wrong. Try again.',
  },
};

/** The shape that every language's catalogue has. */
export type Messages = typeof en;
