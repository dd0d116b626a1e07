import { duration, list, n, plural } from './english.ts';

/** Who of the producers is there, on every page. */
export const availabilityEn = {
  title: 'Making blocks',
  line: (p: { producers: number; online: number; needed: number }) =>
    `${plural(p.producers, { one: '# producer', other: '# producers' })}, ${n(p.online)} online, ${n(p.needed)} needed`,
  paused: (p: { online: number; needed: number }) => `Paused: ${n(p.online)} online, ${n(p.needed)} needed`,
  pausedText: 'Nothing is lost: posts wait where they were written, and turn into blocks when enough producers are back.',
  pausedOne: 'The group’s only producer is not here. Posts wait where they were written, and turn into blocks when it is back.',
  self: 'you',
  connected: 'online',
  away: 'not online',
  missing: 'Missing',
  lostLog: 'has lost its log of what it signed, and is silent until the owner appoints it anew',
  selfStopped: 'your own node, which has stopped producing',
  lastHeard: 'last heard of',
  neverHeard: 'not heard of since this page was opened',
  faults: (p: { count: number }) => plural(p.count, { one: '# fault seen', other: '# faults seen' }),
  more: 'How the group is doing',
};

/** What a number of producers can bear, in a sentence. */
function tolerance({ producers, faulty }: { producers: number; faulty: number }): string {
  if (producers === 1) return 'One producer makes the blocks alone. While its tab is closed, posts wait.';
  if (faulty === 0) {
    return `All ${n(producers)} are needed for every block: one tab that closes pauses the group. ${producers < 4 ? 'From four on, one may be missing.' : ''}`.trim();
  }
  const needed = producers - faulty;
  const missing = plural(faulty, { one: '# may be away, or even cheat,', other: '# may be away, or even cheat,' });
  return `Any ${n(needed)} of the ${n(producers)} make a block that stands: ${missing} and the group goes on.`;
}

/** The page that shows consensus at work. */
export const consensusEn = {
  title: 'Consensus',
  tolerance,
  state: {
    working: 'Making blocks',
    resting: 'Resting',
    paused: 'Paused',
    stopped: 'Stopped here',
    watching: 'Up to the producers',
    looking: 'Looking for producers',
  },
  stateText: {
    working: 'The producers agree on what comes next.',
    alone: 'What waits goes into the next block.',
    resting: 'Nothing waits to be decided. The next post wakes everyone.',
    stopped: 'Your node has stopped producing; the message at the top says why.',
    watching: 'Your node checks each block when it comes. How an epoch goes is known to its producers only.',
    looking: 'No producer has been heard of yet since this page was opened.',
  },
  epoch: 'Epoch',
  block: 'Block',
  picture: (p: { producers: number; online: number; epoch: number }) =>
    `${plural(p.producers, { one: '# producer', other: '# producers' })}, ${n(p.online)} online, at epoch ${n(p.epoch)}`,
  facts: {
    interval: 'New epoch every',
    engine: 'Engine',
    encryption: 'Proposals encrypted',
    waiting: 'Blocks that wait for seals',
    nonce: 'Configuration',
  },
  interval: (p: { ms: number }) => duration(p.ms),
  nonce: (p: { nonce: number }) => `no. ${n(p.nonce)}`,
  engines: { hbbft: 'HoneyBadgerBFT', pbft: 'PBFT' } as Readonly<Record<string, string>>,
  encryption: (p: { schedule: number }) =>
    p.schedule === 0 ? 'in every epoch' : p.schedule === 1 ? 'never' : `every ${n(p.schedule)} epochs`,

  running: 'The running epoch',
  lastEpoch: (p: { epoch: number }) => `Epoch ${n(p.epoch)}`,
  runningText: 'Every producer proposes what it has. What enough of them have in hand goes into the block.',
  restingText: 'Between epochs there is nothing to see here.',
  userText: 'Only producers see inside an epoch. This node hears who is there.',
  stages: { broadcast: 'Broadcast', agreement: 'Agreement', decryption: 'Decryption' },
  broadcast: {
    silent: () => 'nothing heard yet',
    echoing: (p: { echoes: number; count: number }) => `${n(p.echoes)} of ${n(p.count)} echo`,
    ready: (p: { readies: number; count: number }) => `${n(p.readies)} of ${n(p.count)} ready`,
    delivered: () => 'complete',
    failed: () => 'rubbish',
  } as Readonly<Record<string, (p: { echoes: number; readies: number; count: number }) => string>>,
  agreement: {
    waiting: 'no vote yet',
    round: (p: { round: number }) => `round ${n(p.round)}`,
    yes: 'yes',
    no: 'no',
  },
  decryption: {
    unneeded: 'not needed',
    waiting: (p: { shares: number; needed: number }) => `${n(p.shares)} of ${n(p.needed)} shares`,
    decrypted: 'open',
    failed: 'not readable',
  },
  outcome: {
    in: 'In',
    out: 'Out',
    running: 'Under way',
    done: 'Done',
    silent: 'Silent',
    away: 'Away',
    online: 'Online',
    self: 'You',
  },
  view: {
    title: 'The running view',
    number: (p: { view: number }) => `View ${n(p.view)}`,
    primary: 'leads',
    wants: 'asks for this view',
    stages: { proposed: 'Proposed', prepared: 'Prepared', committed: 'Committed' },
    phases: {
      waiting: () => 'Nothing is proposed. The leader proposes the next block when something waits.',
      proposed: (p: { block: number }) => `Block ${n(p.block)} is proposed.`,
      executing: (p: { block: number }) =>
        `Block ${n(p.block)} is proposed, and executed here to see whether the same comes out.`,
      executed: (p: { block: number }) => `Block ${n(p.block)} came out the same here. Enough must have prepared it.`,
      prepared: (p: { block: number }) => `Block ${n(p.block)} is prepared. When enough have committed to it, it is decided.`,
      decided: (p: { block: number }) => `Block ${n(p.block)} is decided, and about to be stored.`,
    },
    changing: (p: { view: number; wanting: number; needed: number }) =>
      `The leader did not get on, so another is to lead: ${n(p.wanting)} of ${n(p.needed)} needed ask for view ${n(p.view)}.`,
  },
  finishedEpoch: (p: { epoch: number }) => `done with epoch ${n(p.epoch)}`,

  timeline: 'Epochs and blocks',
  timelineText: 'The newest blocks, oldest first. Higher bars hold more; a dot is a producer’s seal.',
  timelineOne: 'The newest blocks, oldest first. Higher bars hold more.',
  timelineBlock: (p: { block: number; epoch: number; trxs: number; seals: number }) =>
    `Block ${n(p.block)}, epoch ${n(p.epoch)}, ${plural(p.trxs, { one: '# trx', other: '# trxs' })}, ${plural(p.seals, { one: '# seal', other: '# seals' })}`,
  timelineEpochs: (p: { from: number; to: number }) => `Epochs ${n(p.from)} to ${n(p.to)}`,
  timelineBlocks: (p: { from: number; to: number }) => `Blocks ${n(p.from)} to ${n(p.to)}`,
  timelineRate: (p: { blocks: number; empty: number }) =>
    `${plural(p.blocks, { one: '# block', other: '# blocks' })}, ${plural(p.empty, { one: '# epoch without one', other: '# epochs without one' })}`,
  timelineChange: 'change of consensus',
  sealed: (p: { sealed: number; of: number }) => `sealed ${n(p.sealed)} of ${n(p.of)}`,

  faults: 'Faults',
  faultsNone: 'No producer has been seen to misbehave since this node began to produce.',
  faultsUser: 'Faults are seen by producers. This node makes no blocks, so it has none to tell of.',
  faultsText:
    'What this node saw since it began to produce, and whatever is proved. The group goes on as long as no more than it can bear misbehave.',
  faultKinds: {
    'malformed-message': 'sent bytes that are no message',
    'unexpected-message': 'sent a message that has no place there',
    'future-epoch': 'sent a message of an epoch nobody is in',
    'conflicting-value': 'gave out two different proposals',
    'bad-shard': 'sent a piece that belongs to nothing',
    'conflicting-echo': 'echoed two different proposals',
    'conflicting-ready': 'was ready for two different proposals',
    equivocation: 'told different producers different things',
    'bad-root': 'proposed what cannot be put together',
    'conflicting-vote': 'voted twice and differently',
    'conflicting-coin-share': 'tossed the coin twice and differently',
    'bad-coin-share': 'sent a false share of the coin',
    'bad-ciphertext': 'proposed what cannot be decrypted',
    'conflicting-decryption-share': 'sent two different shares of a decryption',
    'bad-decryption-share': 'sent a false share of a decryption',
    'bad-proposal': 'proposed what says nothing',
    'bad-signature': 'sent a signature that does not hold',
    'conflicting-done': 'signed two different ends of one epoch',
    'bad-response': 'answered a change of consensus with what is no answer',
    'conflicting-response': 'answered one change of consensus twice and differently',
    'bad-dealing': 'dealt shares of the group key that do not hold',
    'bad-acknowledgement': 'acknowledged what was not agreed on',
    'bad-report': 'reported a result whose signatures do not hold',
    'conflicting-request': 'asked for two different changes of consensus under one number',
    'stale-request': 'asked again for a change of consensus that was over',
    'unsigned-request': 'asked for a change of consensus with a signature that does not hold',
    'foreign-request': 'asked for a change of consensus that was not its own, or of somebody else',
    'bad-list-request': 'asked for producers who are none',
    'bad-ticks-request': 'asked for a change of consensus with ticks that no agreement has',
    'bad-pre-prepare': 'proposed what is no next block',
    'wrong-root': 'proposed a block that comes out otherwise when it is executed',
    'conflicting-pre-prepare': 'proposed two blocks at one height',
    'conflicting-prepare': 'prepared two blocks at one height',
    'conflicting-commit': 'committed to two blocks at one height',
    'bad-view-change': 'asked for another leader with proofs that do not hold',
    'bad-new-view': 'began to lead with another block than it had to',
    'bad-decision': 'told of a decision whose votes do not hold',
  } as Readonly<Record<string, string>>,
  times: (p: { count: number }) => plural(p.count, { one: '# time', other: '# times' }),
  faultProved: 'Proved to anyone by what was signed,',
  faultSave: 'Save the proof',

  history: 'Changes of consensus',
  historyText: 'Every request of the owner’s with its result, as all members hold it. Newest first.',
  result: { SUCCESS: 'Success', TIMEOUT: 'Timed out', FAILED: 'Failed' },
  founding: 'Founding',
  recovery: 'Recovery',
  answered: (p: { answered: number; of: number }) => `${n(p.answered)} of ${n(p.of)} answered`,
  proof: {
    show: 'Proof',
    reqId: 'Request id',
    nonce: 'Nonce',
    startFromEpoch: 'From epoch',
    interval: 'Epoch interval',
    agreement: 'Agreement',
    ticks: (p: { count: number; ms: number }) =>
      `${plural(p.count, { one: '# attempt', other: '# attempts' })} of ${duration(p.ms)}`,
    sign: 'Owner’s signature',
    producers: 'Asked',
    answered: 'answered',
    silent: 'did not answer',
    refused: (p: { why: string }) => `refused: ${p.why}`,
    loading: 'Reading the proof…',
  },
};

/** How a state of the request is called, and what is going on then. */
const phases = {
  'waiting-for-producers': {
    word: 'Waiting for producers',
    text: 'Each producer that was asked must be open and connected to the others. They answer by themselves.',
  },
  agreeing: { word: 'Agreeing', text: 'The answers are here. The producers agree on them, and make the new group key together.' },
  ordering: { word: 'Into the chain', text: 'All have signed. The present producers put the result into their last block.' },
  ending: { word: 'Ending', text: 'It did not succeed. The result goes into the chain, for all to see.' },
  done: { word: 'Done', text: '' },
} as const;

/** The owner's change of consensus: the form, what it means, how it goes. */
export const changeEn = {
  title: 'Change consensus',
  open: 'Change consensus',
  lead: 'Choose who makes the blocks, and how fast. All that you choose must agree; until then everything goes on as it is.',
  ownerOnly: 'Only the owner of the group changes its consensus.',

  producers: 'Who makes the blocks',
  producersHint: 'Members who announced themselves as producers, and you.',
  nobody: 'Nobody but you so far. Members offer to make blocks on the members page.',
  isNow: 'makes blocks now',
  notAnnounced: 'has taken its announcement back and cannot be chosen',
  here: 'here now',
  notHere: 'not here now',
  rule: 'Three producers tolerate no failure, four tolerate one, seven two.',

  pace: 'Pace',
  interval: 'Epoch interval in milliseconds',
  intervalHint: (p: { min: number }) =>
    `How often the producers start an epoch while there is something to decide. At least ${n(p.min)}.`,
  encryption: 'Encrypt proposals',
  encryptionAlways: 'In every epoch',
  encryptionAlwaysText: 'No producer knows what another proposes before it is decided, so none can leave out what it dislikes.',
  encryptionNever: 'Never',
  encryptionNeverText: 'Faster, with many producers much faster. Fine where producers trust each other not to pick.',
  encryptionSome: 'In some epochs',
  encryptionSomeText: 'What waits is decided unseen in the next encrypted epoch at the latest.',
  encryptionEvery: 'Encrypt every how many epochs',
  engine: 'Engine',
  engineTexts: {
    hbbft: {
      title: 'HoneyBadgerBFT',
      text: 'Needs no timing at all, and has no leader that could be attacked. Five to six message delays a block. Better where lines are slow or uneven, tabs come and go, or somebody might want to stop the group.',
    },
    pbft: {
      title: 'PBFT',
      text: 'One producer leads: three message delays a block, no threshold cryptography, less upload for all but the leader. Better among well-connected tabs. When the leader is slow or gone, posts wait some seconds until another leads. The leader sees what it orders: proposals are not encrypted.',
    },
  } as Readonly<Record<string, { readonly title: string; readonly text: string }>>,

  more: 'Agreement and start',
  tick: 'Length of an attempt in milliseconds',
  tickHint: 'Slow tabs are waited for until an attempt ends.',
  ticks: 'Attempts',
  ticksHint: (p: { total: number }) => `Together at most ${duration(p.total)}; then the request has timed out.`,
  start: 'Start from epoch',
  startHint: (p: { epoch: number }) => `Empty: right after the change. The group is at epoch ${n(p.epoch)}.`,
  memo: 'Memo',
  memoHint: 'Kept with the answer to this call; nobody else sees it.',

  meaning: 'What it will mean',
  tolerance,
  meaningNumbers: { producers: 'Producers', faulty: 'May fail', needed: 'Needed' },
  meaningOwnerOut: 'You stay the owner but make no blocks: the group goes on while your tab is closed.',
  meaningAdded: (p: { names: readonly string[] }) => `New: ${list(p.names)}.`,
  meaningLeft: (p: { names: readonly string[] }) =>
    `Left out: ${list(p.names)}. They stop making blocks and keep reading, posting and serving blocks.`,
  meaningSame: 'The producers stay the same.',
  meaningOnline: (p: { total: number }) =>
    `Everybody chosen must be open and connected during the agreement, at most ${duration(p.total)}. You need to stay open too.`,
  meaningMissing: (p: { names: readonly string[] }) => `Not here now: ${list(p.names)}. Unless they come, the request times out.`,
  meaningPaused:
    'The group is paused: the result cannot get into the chain before enough of the producers of now are here again. If they are gone for good, ask for this as a recovery:',
  meaningUndisturbed: 'If it fails nothing changes, and the result is kept for all to see.',

  submit: 'Ask for this change',
  busy: 'Signing the request…',
  problems: {
    empty: 'Choose at least one producer.',
    tooMany: (p: { max: number }) => `At most ${n(p.max)} producers fit.`,
    interval: (p: { min: number; max: number }) =>
      `The epoch interval is a whole number from ${n(p.min)} to ${n(p.max)} milliseconds.`,
    encryption: 'Encrypt every 2 epochs or more, or choose “in every epoch”.',
    tick: (p: { min: number; max: number }) => `An attempt takes ${n(p.min)} to ${n(p.max)} milliseconds.`,
    ticks: (p: { min: number; max: number }) => `There are ${n(p.min)} to ${n(p.max)} attempts.`,
    start: (p: { epoch: number }) => `The start must come after epoch ${n(p.epoch)}, where the group is now.`,
  },

  progress: 'Change under way',
  ended: { SUCCESS: 'The change went through', TIMEOUT: 'The change timed out', FAILED: 'The change failed' },
  endedText: {
    SUCCESS: 'Every member switches at the same block. The proof is in the history below.',
    TIMEOUT: 'Not everybody signed in time. Nothing has changed; you can ask again.',
    FAILED: 'Nothing has changed.',
  },
  phases,
  askedYou: 'The owner has asked your node to produce. It answers by itself; keep this tab open.',
  attempt: (p: { attempt: number; attempts: number }) => `Attempt ${n(p.attempt)} of ${n(p.attempts)}`,
  notBegun: 'Not begun',
  attemptEach: (p: { ms: number }) => `${duration(p.ms)} each`,
  signed: (p: { signed: number; of: number }) => `${n(p.signed)} of ${n(p.of)} signed`,
  producerState: {
    refused: 'refused',
    decided: 'in the agreement',
    responded: 'signed',
    waiting: 'not signed yet',
    unsigned: 'did not sign',
    away: 'not here',
  },
  promised: 'Success will appear as',
  reasons: {
    refused: 'A producer has refused.',
    'too-few-dealings': 'Too few usable parts of a group key came together.',
    'given-up': 'The owner gave it up.',
  },
  abandon: 'Give up',
  abandonText: 'Giving up signs the request as failed. Nothing changes.',
  again: 'Change again',
};
