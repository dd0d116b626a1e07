import type { Connection, Libp2p } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Relays, type RelaysOptions } from './relays.ts';
import { Timers } from './timers.ts';

const OWN = 'http://127.0.0.1:8000';
const RELAY_ID = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5';
const OTHER_ID = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';
const ADDRESS = `/ip4/127.0.0.1/tcp/8000/ws/p2p/${RELAY_ID}`;

afterEach(() => {
  vi.unstubAllGlobals();
});

function setUp(options: Partial<Pick<RelaysOptions, 'trustedOrigins' | 'named'>> = {}) {
  const time = { nowMs: 0 };
  const world = {
    documents: new Map<string, string>([[OWN, JSON.stringify({ relays: [ADDRESS], version: 1 })]]),
    relayIsUp: true,
    reserves: true,
    answersPing: true,
    fetched: 0,
    dials: 0,
    connections: [] as { status: string; peer: string; aborts: number }[],
  };
  vi.stubGlobal('fetch', async (url: string) => {
    world.fetched++;
    const document = world.documents.get(new URL(url).origin);
    if (document === undefined) throw new TypeError('Failed to fetch');
    return new Response(document);
  });
  const timers = new Timers(
    () => time.nowMs,
    () => time.nowMs,
  );
  const libp2p = {
    dial: async (address: { toString(): string }) => {
      world.dials++;
      if (!world.relayIsUp) throw new Error('Connection refused.');
      world.connections.push({ status: 'open', peer: address.toString().split('/p2p/')[1] ?? '', aborts: 0 });
    },
    getConnections: (peer: { toString(): string }) =>
      world.connections
        .filter((connection) => connection.peer === peer.toString())
        .map((connection) => ({
          status: connection.status,
          close: async () => {
            connection.status = 'closed';
          },
          abort: () => {
            connection.status = 'aborted';
            connection.aborts++;
          },
        })),
    getMultiaddrs: () =>
      world.reserves && world.connections.some(({ status }) => status === 'open') ? [multiaddr(`${ADDRESS}/p2p-circuit`)] : [],
  };
  const relays = new Relays({
    libp2p: libp2p as unknown as Libp2p,
    ping: (_connection: Connection) => (world.answersPing ? Promise.resolve() : new Promise(() => {})),
    trustedOrigins: [OWN],
    named: [],
    ...options,
    timers,
    log: () => {},
    changed: () => {},
  });
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      time.nowMs += 1_000;
      timers.tick();
      relays.tick();
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const states = () => relays.state().map(({ state }) => state);
  return { world, relays, pass, states };
}

describe('Relays', () => {
  it('reads the own document, dials its relay and holds a reservation', async () => {
    const { world, relays, pass, states } = setUp();
    expect(relays.state()).toEqual([{ address: `${OWN}/bootstrap.json`, state: 'connecting' }]);
    await pass(3);
    expect(relays.state()).toEqual([{ address: ADDRESS, state: 'reserved' }]);
    expect([relays.isRelay(RELAY_ID), relays.isRelay(OTHER_ID)]).toEqual([true, false]);
    await pass(600);
    expect([world.dials, world.fetched, states()]).toEqual([1, 1, ['reserved']]);
  });

  it('uses relays that the operator named, with no document at all, and finds one again that comes back', async () => {
    const { world, relays, pass, states } = setUp({ trustedOrigins: [], named: [ADDRESS] });
    await pass(3);
    expect(relays.state()).toEqual([{ address: ADDRESS, state: 'reserved' }]);
    relays.setBootstraps([]);
    world.relayIsUp = false;
    for (const connection of world.connections) connection.status = 'closed';
    await pass(60);
    expect(states()).toEqual(['unreachable']);
    world.relayIsUp = true;
    await pass(16);
    expect([states(), world.fetched]).toEqual([['reserved'], 0]);
  });

  it('dials again within 15 s when a relay comes back, however long it was away', async () => {
    const { world, pass, states } = setUp();
    await pass(3);
    world.relayIsUp = false;
    for (const connection of world.connections) connection.status = 'closed';
    await pass(600);
    expect(states()).toEqual(['unreachable']);
    const { dials } = world;
    expect(dials).toBeLessThan(60);
    world.relayIsUp = true;
    await pass(16);
    expect(states()).toEqual(['reserved']);
  });

  it('connects anew to a relay that gives no reservation', async () => {
    const { world, pass, states } = setUp();
    world.reserves = false;
    await pass(10);
    expect(states()).toEqual(['connected']);
    await pass(4);
    expect(world.connections.map(({ aborts }) => aborts)).toEqual([1, 0]);
    world.reserves = true;
    await pass(1);
    expect(states()).toEqual(['reserved']);
  });

  it('after waking cuts a connection that gives no sign of life, and keeps one that does', async () => {
    const { world, relays, pass, states } = setUp();
    await pass(3);
    relays.wake();
    await pass(10);
    expect(world.dials).toBe(1);
    world.answersPing = false;
    relays.wake();
    await pass(7);
    expect(world.connections.map(({ aborts }) => aborts)).toEqual([1, 0]);
    expect(states()).toEqual(['reserved']);
  });

  it('reads the document again when its relay has moved', async () => {
    const { world, relays, pass } = setUp();
    await pass(3);
    const moved = ADDRESS.replace('8000', '9000');
    world.relayIsUp = false;
    for (const connection of world.connections) connection.status = 'closed';
    world.documents.set(OWN, JSON.stringify({ relays: [moved], version: 1 }));
    await pass(5);
    world.relayIsUp = true;
    await pass(16);
    expect(relays.state().map(({ address }) => address)).toEqual([moved]);
  });

  it('takes relays of several bootstraps in turns, so that none crowds out another', async () => {
    const { world, relays, pass } = setUp();
    const many = (port: number) => Array.from({ length: 4 }, (_, index) => ADDRESS.replace('8000', String(port + index)));
    const origins = [1, 2, 3, 4, 5, 6, 7].map((index) => `http://127.0.0.1:${index}000`);
    for (const [index, origin] of origins.entries()) {
      world.documents.set(origin, JSON.stringify({ relays: many(10_000 * (index + 1) - 5_000), version: 1 }));
    }
    relays.setBootstraps([...origins, 'http://127.0.0.1:9999', 'http://far.example', 'http://127.0.0.1:8000/again']);
    await pass(3);
    const addresses = relays.state().map(({ address }) => address);
    expect(addresses).toHaveLength(8);
    expect(addresses).toContain(ADDRESS);
  });

  it('uses a relay that is named later, whatever the bootstraps become, and forgets one that cannot be reached', async () => {
    const { world, relays, pass, states } = setUp({ trustedOrigins: [] });
    await relays.addNamed(ADDRESS);
    await pass(1);
    relays.setBootstraps([]);
    await relays.addNamed(ADDRESS);
    await pass(1);
    expect([states(), world.dials, world.connections.length]).toEqual([['reserved'], 1, 1]);
    world.relayIsUp = false;
    const other = `/ip4/127.0.0.1/tcp/9000/ws/p2p/${OTHER_ID}`;
    await expect(relays.addNamed(other)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('refused'),
    });
    expect(relays.state().map(({ address }) => address)).toEqual([ADDRESS]);
  });

  it('takes no relay that is none, and only so many', async () => {
    const { world, relays } = setUp({ trustedOrigins: [] });
    for (const address of ['', 'x', '/ip4/127.0.0.1/tcp/1/ws', `${ADDRESS}/p2p-circuit`, ADDRESS.replace('/ws', '')]) {
      await expect(relays.addNamed(address), address).rejects.toMatchObject({ code: 'malformed' });
    }
    expect(world.dials).toBe(0);
    const add = (port: number) => relays.addNamed(ADDRESS.replace('8000', String(port)));
    for (let port = 1; port <= 8; port++) await add(port);
    await expect(add(9)).rejects.toMatchObject({ code: 'too-many' });
    expect(relays.state()).toHaveLength(8);
  });

  it('leaves the relays of bootstraps that are taken back', async () => {
    const { world, relays, pass } = setUp();
    const other = `/ip4/127.0.0.1/tcp/9000/ws/p2p/${OTHER_ID}`;
    world.documents.set('http://127.0.0.1:9000', JSON.stringify({ relays: [other], version: 1 }));
    relays.setBootstraps(['http://127.0.0.1:9000']);
    await pass(3);
    expect(relays.isRelay(OTHER_ID)).toBe(true);
    relays.setBootstraps([]);
    expect(relays.isRelay(OTHER_ID)).toBe(false);
    expect(world.connections.map(({ peer, status }) => [peer, status])).toContainEqual([OTHER_ID, 'closed']);
    expect(relays.isRelay(RELAY_ID)).toBe(true);
  });
});
