import type { ThresholdKeys } from '../../../crypto/index.ts';
import { count, only, type Roster } from '../roster.ts';
import type { StepBuilder } from '../step.ts';
import type { Round } from './round.ts';

/** What a threshold coin needs of its surroundings. */
export interface CoinSource {
  readonly keys: ThresholdKeys;
  /** Differs for each group, configuration, epoch, proposer and round, so that no coin is known before its time. */
  name(round: number): Uint8Array;
  /** A coin in every round, for tests and measurements: without it, two rounds of three have a fixed one. */
  readonly always: boolean;
}

/** A coin without secret, for an agreement that has no keys yet. Whoever knows it beforehand may cost it time, never safety. */
export interface PublicCoin {
  /** Alike for all; only asked for where the schedule has none. */
  coin(round: number): boolean;
}

/** The coin by round: true, false, then a toss, repeating, so that a quiet network pays for none. Undefined: to be tossed. */
export function fixedCoin(round: number, always: boolean): boolean | undefined {
  if (always) return undefined;
  const place = round % 3;
  return place === 0 ? true : place === 1 ? false : undefined;
}

/**
 * The coin of a round, once there are enough shares; undefined before.
 *
 * N−f shares are tested together: of them N−2f ≥ f+1 are honest and fix the polynomial, so if all lie on one polynomial of degree f they are
 * all good, and no proof is looked at. But producers that have decided toss no more, and of the rest fewer than N−f may be left: once one TERM
 * is here, or after a failed test, shares are checked singly, and f+1 good ones will do.
 */
export function tossedCoin<Output>(
  source: CoinSource,
  roster: Roster,
  number: number,
  round: Round,
  shares: Map<number, Uint8Array>,
  sawTerm: boolean,
  step: StepBuilder<Output>,
): boolean | undefined {
  const { keys } = source;
  if (!round.checking && shares.size >= roster.quorum) {
    const name = source.name(number);
    if (keys.areCoinSharesConsistent(name, shares)) return keys.combineCoin(name, shares);
    round.checking = true;
  }
  if (!(round.checking || sawTerm) || shares.size < roster.faulty + 1) return undefined;
  const name = source.name(number);
  for (const [sender, share] of shares) {
    if ((round.checked & only(sender)) !== 0) continue;
    if (count(round.checked) > roster.faulty) break;
    if (sender === roster.self || keys.verifyCoinShare(name, sender, share)) round.checked |= only(sender);
    else {
      step.blame(sender, 'bad-coin-share');
      // Its place stays taken, so that a second one is no way to cost us a second check.
      shares.delete(sender);
      round.refused |= only(sender);
    }
  }
  if (count(round.checked) <= roster.faulty) return undefined;
  return keys.combineCoin(name, new Map([...shares].filter(([sender]) => (round.checked & only(sender)) !== 0)));
}
