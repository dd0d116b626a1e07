import type { ChangeView, GroupView, ProducerView } from '../../node/view.ts';

/** Producers that have lost their logs, and how they can be appointed anew. */
export interface Renewal {
  readonly lost: readonly ProducerView[];
  /** Those who can still speak, here or not. */
  readonly able: number;
  readonly needed: number;
  /** `recovery` where those who can speak are too few to order a change. */
  readonly by: 'change' | 'recovery';
  /** Nothing is open that would have to end first; a recovery may be asked for while a change is open. */
  readonly canAsk: boolean;
}

/**
 * Whether a recovery may still come of what was asked for. One that came to nothing may never be final, where nobody orders its result: another may be asked for
 * at once (C-35).
 */
export const isRecoveryUnderWay = (change: ChangeView | undefined): boolean =>
  change?.recovery === true && change.phase !== 'done' && (change.result === undefined || change.result === 'SUCCESS');

/** Undefined while no producer says that its log is gone. */
export function renewalOf({ consensus, change }: Pick<GroupView, 'consensus' | 'change'>): Renewal | undefined {
  const { producers, sealsNeeded: needed } = consensus;
  const lost = producers.filter(({ hasLostLog }) => hasLostLog);
  if (lost.length === 0) return undefined;
  const able = producers.length - lost.length;
  const by = able >= needed ? 'change' : 'recovery';
  const isOpen = change !== undefined && change.phase !== 'done';
  return { lost, able, needed, by, canAsk: !isOpen || (by === 'recovery' && !isRecoveryUnderWay(change)) };
}
