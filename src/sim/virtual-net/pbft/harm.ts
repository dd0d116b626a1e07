import type { pbftMessages } from '../../../consensus/index.ts';

/** How much the adversary likes a message to arrive now: view changes before what they would come too late for, and commits at one producer. */
export function pbftHarmOf(message: pbftMessages.Message, to: number, size: number): number {
  switch (message.kind) {
    case 'view-change':
      return 6;
    case 'pre-prepare':
    case 'prepare':
      return 4;
    case 'commit':
      // Commits reach one of them, and the others late.
      return to === message.vote.BlockId % size ? 5 : 1;
    case 'new-view':
    case 'decision':
      return 2;
    default:
      return 3;
  }
}
