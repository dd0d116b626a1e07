import type { ConsensusView } from '../../node/view.ts';

/** What the picture of a view (PBFT) is drawn from: who leads, and how far each replica is with the block that is proposed. */

export type ViewOf = NonNullable<ConsensusView['view']>;

export interface Replica {
  readonly isPrimary: boolean;
  readonly hasPrepared: boolean;
  readonly hasCommitted: boolean;
  /** Asks for the view that has not begun. */
  readonly wantsView: boolean;
}

export function replicaOf(view: ViewOf, index: number): Replica {
  return {
    isPrimary: view.primary === index,
    hasPrepared: view.prepared.includes(index),
    hasCommitted: view.committed.includes(index),
    wantsView: view.isChanging && view.viewChanges.includes(index),
  };
}

/** How far a replica has come with the block, from 0 to 1. */
export const replicaProgress = ({ hasPrepared, hasCommitted }: Replica): number => (hasCommitted ? 1 : hasPrepared ? 0.5 : 0);

/** A view as the REST interface tells it, with keys for indices. */
export interface ViewJson {
  readonly view: number;
  readonly primary: string;
  readonly is_changing: boolean;
  readonly view_changes: readonly string[];
  readonly block_id: number;
  readonly phase: ViewOf['phase'];
  readonly prepared: readonly string[];
  readonly committed: readonly string[];
}

export function viewOfJson(json: ViewJson, producers: readonly { readonly pubkey: string }[]): ViewOf {
  const indicesOf = (keys: readonly string[]): number[] =>
    producers.flatMap(({ pubkey }, index) => (keys.includes(pubkey) ? [index] : []));
  return {
    view: json.view,
    primary: producers.findIndex(({ pubkey }) => pubkey === json.primary),
    isChanging: json.is_changing,
    viewChanges: indicesOf(json.view_changes),
    blockId: json.block_id,
    phase: json.phase,
    prepared: indicesOf(json.prepared),
    committed: indicesOf(json.committed),
  };
}
