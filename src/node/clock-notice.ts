import { lowerMedian, type Members } from './members.ts';
import type { Notice } from './view.ts';

/** Clocks that differ by more than this are told of: posts would seem to come from the past or the future. */
const CLOCK_DIFFERENCE_NS = 30_000_000_000n;

/** Whether this machine's clock disagrees with its peers' (wire.md, "Times"): the lower median of what they reported. */
export function clockNotice(groups: readonly { readonly members: Members }[]): Notice[] {
  const offsets = groups.flatMap(({ members }) => members.all().map(({ clockOffsetNs }) => clockOffsetNs));
  const offsetNs = lowerMedian(offsets);
  if (offsetNs < CLOCK_DIFFERENCE_NS && offsetNs > -CLOCK_DIFFERENCE_NS) return [];
  const seconds = Math.abs(Number(offsetNs / 1_000_000_000n));
  const direction = offsetNs > 0n ? 'behind' : 'ahead of';
  const message = `The clock of this machine is ${seconds} seconds ${direction} the clocks of the other members. Set it right.`;
  return [{ code: 'clock-differs', message, params: { seconds, direction } }];
}
