import { toHex } from '../../records/index.ts';
import type { EngineStep } from '../engine-step.ts';
import type { Roster } from '../hbbft/roster.ts';
import type { Heights } from './heights.ts';
import { encodeMessage, type NewView, type Status, type Vote, type VoteKind } from './messages.ts';
import { primaryOf } from './signatures.ts';
import type { ViewChanges } from './view-changes.ts';

/** Where a producer stands among the views, as far as others need to be told. */
export interface Standing {
  readonly view: number;
  readonly isChanging: boolean;
  /** Began the view; undefined in view 0 and while it has not begun. */
  readonly newView: NewView | undefined;
}

const NO_BYTES = new Uint8Array();

/** A vote as it travels: a primary's prepare is its pre-prepare, which may bring the body along. */
export function encodeVote(kind: VoteKind, vote: Vote, roster: Roster, body: Uint8Array = NO_BYTES): Uint8Array {
  const isProposal = kind === 'prepare' && vote.Signer === primaryOf(vote.View, roster);
  return encodeMessage(isProposal ? { kind: 'pre-prepare', vote, body } : { kind, vote });
}

/**
 * Saying again what a peer lacks. Nothing is sent twice unasked: a producer that connects, or hears nothing new for a tick while it waits, says
 * where it stands, and whoever is further answers with what it has signed itself, and with proofs.
 */
export class Retelling {
  readonly #roster: Roster;
  readonly #heights: Heights;
  readonly #changes: ViewChanges;
  /** Peers that were told where this producer stands, since the last tick. */
  readonly #greeted = new Set<number>();
  /** Where both stood when a peer was last given a body. */
  readonly #answered = new Map<number, string>();

  constructor(roster: Roster, heights: Heights, changes: ViewChanges) {
    this.#roster = roster;
    this.#heights = heights;
    this.#changes = changes;
  }

  tick(): void {
    this.#greeted.clear();
  }

  /** A new connection: what was sent on an earlier one may be lost. One that has lost its log learns of it. */
  connect(peer: number, standing: Standing, step: EngineStep): void {
    this.#answered.delete(peer);
    this.#greeted.delete(peer);
    this.greet(peer, standing, step);
    for (const kind of ['prepare', 'commit'] as const) {
      const vote = this.#heights.slot.box(kind).newestOf(peer);
      if (vote) step.say(peer, encodeVote(kind, vote, this.#roster));
    }
    const viewChange = this.#changes.of(peer);
    if (viewChange) step.say(peer, encodeMessage({ kind: 'view-change', viewChange }));
  }

  /** Asks one peer for what is lacking here, once a tick. */
  greet(peer: number, standing: Standing, step: EngineStep): void {
    if (this.#greeted.has(peer)) return;
    this.#greeted.add(peer);
    step.say(peer, this.statusMessage(standing, false));
  }

  statusMessage({ view: View, isChanging: IsChanging }: Standing, IsAnswer: boolean): Uint8Array {
    return encodeMessage({ kind: 'status', status: { View, IsChanging, BlockId: this.#heights.decided, IsAnswer } });
  }

  answer(peer: number, status: Status, standing: Standing, step: EngineStep): void {
    const { decided, decision, proof, head } = this.#heights;
    const isAhead = status.BlockId > decided || status.View > standing.view;
    if (isAhead && !status.IsAnswer) step.say(peer, this.statusMessage(standing, true));
    const known = decision ?? proof;
    if (status.BlockId < decided && known) step.say(peer, encodeMessage({ kind: 'decision', decided: known }));
    this.#sayView(peer, status, standing, step);
    if (status.BlockId === head.blockId) this.#sayVotes(peer, status, standing, step);
  }

  #sayView(peer: number, { View, IsChanging }: Status, { view, isChanging, newView }: Standing, step: EngineStep): void {
    const own = this.#changes.of(this.#roster.self);
    if (isChanging && own && View <= view) step.say(peer, encodeMessage({ kind: 'view-change', viewChange: own }));
    const isLate = View < view || (View === view && IsChanging);
    if (isLate && newView) step.say(peer, encodeMessage({ kind: 'new-view', newView }));
  }

  #sayVotes(peer: number, { BlockId, View, IsChanging }: Status, { view, isChanging }: Standing, step: EngineStep): void {
    const { slot } = this.#heights;
    for (const vote of slot.commits.allOf(this.#roster.self)) step.say(peer, encodeVote('commit', vote, this.#roster));
    const prepare = isChanging ? undefined : slot.ownVote('prepare', view);
    if (!prepare) return;
    // A body is large: it goes along once for each place where both stand, and can be asked for.
    const place = `${BlockId}/${View}/${IsChanging}/${view}/${toHex(prepare.BlockHash)}`;
    const isNew = this.#answered.get(peer) !== place;
    this.#answered.set(peer, place);
    step.say(peer, encodeVote('prepare', prepare, this.#roster, isNew ? slot.body(prepare.BlockHash)?.encoded : undefined));
  }
}
