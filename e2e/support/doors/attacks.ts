/** Every attack by its name. */
import type { Attack } from './order.ts';
import { throwFrames, throwHttp, throwMultistream, throwNoise, throwTcp, throwUpgrades } from './throw-bytes.ts';
import { throwStreams, throwYamux } from './throw-streams.ts';

/** Broken bytes, stage by stage. */
export const STAGES = {
  'broken bytes: TCP': throwTcp,
  'broken bytes: HTTP': throwHttp,
  'broken bytes: upgrade': throwUpgrades,
  'broken bytes: WebSocket': throwFrames,
  'broken bytes: multistream': throwMultistream,
  'broken bytes: noise': throwNoise,
  'broken bytes: yamux': throwYamux,
  'broken bytes: streams': throwStreams,
} as const satisfies Record<string, Attack>;

export const ATTACKS: Readonly<Record<string, Attack>> = { ...STAGES };
