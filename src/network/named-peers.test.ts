import type { Connection, Libp2p } from '@libp2p/interface';
import { describe, expect, it } from 'vitest';
import { NamedPeers } from './named-peers.ts';
import { Timers } from './timers.ts';

const PEER = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5';
const OWN = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';
const ADDRESS = `/ip4/10.0.0.1/tcp/9002/ws/p2p/${PEER}`;

function setUp(addresses = [ADDRESS]) {
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
  const peers = new NamedPeers({ addresses, ownPeerId: OWN, libp2p, timers, log: () => {} });
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

  it('connects at once to a peer that is named later, and keeps that connection as well', async () => {
    const { world, peers, tick } = setUp([]);
    await peers.add(ADDRESS);
    await peers.add(ADDRESS);
    expect(world.dials).toBe(1);
    world.connections = [];
    await tick(1_000);
    expect(world.dials).toBe(2);
  });

  it('keeps nothing of a peer that cannot be reached', async () => {
    const { world, peers, tick } = setUp([]);
    world.isUp = false;
    await expect(peers.add(ADDRESS)).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('refused') });
    await tick(60_000);
    expect(world.dials).toBe(1);
  });

  it('takes an address through a relay, for which a circuit is enough', async () => {
    const { world, peers, tick } = setUp([]);
    await peers.add(`/ip4/10.0.0.1/tcp/9002/ws/p2p/${OWN}/p2p-circuit/p2p/${PEER}`);
    world.connections = [{ status: 'open', limits: {} }];
    await tick(1_000);
    expect(world.dials).toBe(1);
  });

  it.each([
    '',
    'x',
    '/ip4/10.0.0.1/tcp/9002',
    `/ip4/10.0.0.1/udp/9002/quic-v1/p2p/${PEER}`,
    `/ip4/10.0.0.1/tcp/9002/p2p/${PEER}`,
    `/ip4/10.0.0.1/tcp/9002/ws/p2p/${PEER}/p2p-circuit`,
    `/p2p-circuit/p2p/${PEER}`,
    `/ip4/10.0.0.1/tcp/9002/ws/p2p/${PEER}/p2p-circuit/p2p/${PEER}/p2p-circuit/p2p/${PEER}`,
    `/ip4/10.0.0.1/tcp/9002/ws/p2p/${PEER}/p2p-circuit/p2p/1`,
    `/ip4/10.0.0.1/tcp/9002/ws/p2p/${OWN}`,
    'x'.repeat(100_000),
  ])('dials nothing for %j', async (address) => {
    const { world, peers } = setUp([]);
    await expect(peers.add(address)).rejects.toMatchObject({ code: 'malformed' });
    expect(world.dials).toBe(0);
  });

  it('keeps connections to so many only', async () => {
    const { peers, world } = setUp([]);
    world.connections = [{ status: 'open' }];
    const add = (port: number) => peers.add(`/ip4/10.0.0.1/tcp/${port}/ws/p2p/${PEER}`);
    for (let port = 1; port <= 48; port++) await add(port);
    await expect(add(49)).rejects.toMatchObject({ code: 'too-many' });
    await add(48);
  });
});
