import type { ProducerView } from '../../node/view.ts';
import { faultyLimit, quorum } from '../../records/quorum.ts';

/** What the picture of an epoch is drawn from: numbers between 0 and 1, places on a ring. */

type Proposal = NonNullable<ProducerView['proposal']>;

/** `in`, `out`: decided; `done`: the epoch is over and this node did not see how it went. */
export type Outcome = 'in' | 'out' | 'running' | 'done' | 'silent';

/** How full each stage is, from 0 to 1. */
export interface Stages {
  readonly broadcast: number;
  readonly agreement: number;
  readonly decryption: number;
}

/** An undecided vote fills half of its stage, however many rounds it takes. */
const VOTING = 0.5;

export function stagesOf({ broadcast, agreement, decryption }: Proposal, producers: number): Stages {
  const needed = quorum(producers);
  const heard = Math.min(broadcast.echoes, needed) + Math.min(broadcast.readies, needed);
  const isDecided = agreement.decided !== undefined;
  const opened = {
    unneeded: isDecided ? 1 : 0,
    waiting: Math.min(decryption.shares / sharesNeeded(producers), 1),
    decrypted: 1,
    failed: 1,
  };
  return {
    broadcast: broadcast.phase === 'delivered' ? 1 : broadcast.phase === 'failed' ? 0 : heard / (2 * needed),
    agreement: isDecided ? 1 : agreement.round > 0 ? VOTING : 0,
    decryption: opened[decryption.phase],
  };
}

/** Decryption shares that open a proposal. */
export const sharesNeeded = (producers: number): number => faultyLimit(producers) + 1;

/** `isOver`: the epoch that the proposal belongs to has ended. */
export function outcomeOf(proposal: Proposal | undefined, isOver: boolean): Outcome {
  if (proposal?.agreement.decided === true) return 'in';
  if (proposal?.agreement.decided === false) return 'out';
  if (isOver) return 'done';
  return proposal === undefined || proposal.broadcast.phase === 'silent' ? 'silent' : 'running';
}

/** How far a proposal has come altogether, from 0 to 1. */
export const progressOf = ({ broadcast, agreement, decryption }: Stages): number => (broadcast + agreement + decryption) / 3;

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Places of `count` things around a centre, from the top on and clockwise. */
export function ringPlaces(count: number, centre: number, radius: number): Place[] {
  return Array.from({ length: count }, (_, index) => {
    const angle = (2 * Math.PI * index) / count - Math.PI / 2;
    return { x: round(centre + radius * Math.cos(angle)), y: round(centre + radius * Math.sin(angle)) };
  });
}

const round = (value: number): number => Math.round(value * 100) / 100;
