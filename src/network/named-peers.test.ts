import type { Connection, Libp2p } from '@libp2p/interface';
import { describe, expect, it } from 'vitest';
import { NamedPeers } from './named-peers.ts';
import { Timers } from './timers.ts';

const PEER = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5';
const ADDRESS = `/ip4/10.0.0.1/tcp/9002/ws/p2p/${PEER}`;

function setUp() {
  const time = { nowMs: 0 };
  const world = { isUp: true, dials: 0, connections: [] as { status: string; limits?: object }[] };
  const libp2p = {
    dial: async () => {
      world.dials++;
      if (!world.isUp) throw new Error('Connection refused.');
      world.connections = [{ status: 'open' }];
      return world.connections[0] as unknown as Connection;
    },
    getConnections: () => world.connections as unknown as Connection[],
  } as unknown as Pick<Libp2p, 'dial' | 'getConnections'>;
  const timers = new Timers(
    () => time.nowMs,
    () => time.nowMs,
  );
  const peers = new NamedPeers({ addresses: [ADDRESS], libp2p, timers, log: () => {} });
  const tick = async (afterMs: number) => {
    time.nowMs += afterMs;
    peers.tick();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { world, peers, tick };
}

describe('NamedPeers', () => {
  it('keeps a direct connection, and dials anew when it is gone or only a circuit is left', async () => {
    const { world, tick } = setUp();
    await tick(0);
    await tick(1_000);
    expect(world.dials).toBe(1);
    world.connections = [{ status: 'open', limits: {} }];
    await tick(1_000);
    expect(world.dials).toBe(2);
    world.connections = [];
    await tick(1_000);
    expect(world.dials).toBe(3);
  });

  it('waits longer after each failure, and not at all after sleep', async () => {
    const { world, tick, peers } = setUp();
    world.isUp = false;
    await tick(0);
    await tick(100);
    expect(world.dials).toBe(1);
    await tick(1_000);
    expect(world.dials).toBe(2);
    await tick(1_000);
    expect(world.dials).toBe(2);
    peers.wake();
    expect(world.dials).toBe(3);
  });
});
