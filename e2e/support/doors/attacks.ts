/** Every attack by its name. */
import { comingAndGoing, inventedMembers, topicsOfManyAddresses, topicsOfOneAddress, unservedPosts } from './crowd-groups.ts';
import { eventReaders, silentSockets, slowReaders, trickledCalls } from './hold-sockets.ts';
import { floodOfPosts, hostilePosts, seedOfTraps } from './hostile-content.ts';
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

export const ATTACKS: Readonly<Record<string, Attack>> = {
  ...STAGES,
  'silent sockets': silentSockets,
  'trickled calls': trickledCalls,
  'slow readers of answers': slowReaders,
  'slow readers of events': eventReaders,
  'topics of one address': topicsOfOneAddress,
  'topics of many addresses': topicsOfManyAddresses,
  'invented members': inventedMembers,
  'posts told of and not served': unservedPosts,
  'coming and going': comingAndGoing,
  'flood of valid posts': floodOfPosts,
  'hostile posts': hostilePosts,
  'a seed of eight traps': seedOfTraps,
};
