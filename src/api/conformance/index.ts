/**
 * The interface as a list of calls and of what they must answer: names, types, codes. One suite for every place that answers; it takes
 * something like `fetch`, reports by throwing, and leaves no group behind.
 */
import type { Case } from './case.ts';
import { CONSENSUS_CASES } from './consensus-cases.ts';
import { CONTENT_CASES } from './content-cases.ts';
import { EVENT_CASES } from './event-cases.ts';
import { GROUP_CASES } from './group-cases.ts';
import { MEMBER_CASES } from './member-cases.ts';
import { NODE_CASES } from './node-cases.ts';
import { RECEIPT_CASES } from './receipt-cases.ts';
import { SETTING_CASES } from './setting-cases.ts';

export { ConformanceError, type Place } from './caller.ts';
export type { Case, Places } from './case.ts';

export const CONFORMANCE_CASES: readonly Case[] = [
  ...GROUP_CASES,
  ...CONTENT_CASES,
  ...CONSENSUS_CASES,
  ...MEMBER_CASES,
  ...SETTING_CASES,
  ...RECEIPT_CASES,
  ...NODE_CASES,
  ...EVENT_CASES,
];
