import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import type { Connection, Libp2p } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { beforeAll, describe, expect, it } from 'vitest';
import { Identified } from './connections.ts';
import { Members } from './members.ts';
import { Timers } from './timers.ts';

/** Ascending peer ids. */
let ids: string[];
let relay: Multiaddr;

beforeAll(async () => {
  const keys = await Promise.all([1, 2, 3, 4].map((seed) => generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(seed))));
  const [relayId, ...others] = keys.map((key) => peerIdFromPrivateKey(key).toString());
  ids = others.sort();
  relay = multiaddr(`/ip4/127.0.0.1/tcp/8000/ws/p2p/${relayId}`);
});

interface FakeConnection {
  status: string;
  readonly remotePeer: { toString(): string };
  readonly multiplexer: string;
  readonly direct: boolean;
  readonly limits: object | undefined;
  readonly direction: string;
  readonly timeline: { readonly open: number };
  readonly closes: string[];
}

function connection(peer: string, kind: 'webrtc' | 'circuit', direction = 'outbound', openedMs = 0): FakeConnection & Connection {
  const fake: FakeConnection = {
    status: 'open',
    remotePeer: { toString: () => peer },
    multiplexer: kind === 'webrtc' ? '/webrtc' : '/yamux/1.0.0',
    direct: kind === 'webrtc',
    limits: kind === 'webrtc' ? undefined : {},
    direction,
    timeline: { open: openedMs },
    closes: [],
  };
  const close = (how: string) => () => {
    fake.status = 'closed';
    fake.closes.push(how);
    return Promise.resolve();
  };
  return Object.assign(fake, { close: close('close'), abort: close('abort') }) as unknown as FakeConnection & Connection;
}

function setUp(ownPeerId: string) {
  const time = { nowMs: 0 };
  const open: Connection[] = [];
  const dialled: string[][] = [];
  const identified = new Identified();
  const reidentified: Connection[] = [];
  const world = { relays: [relay], dial: async (_addresses: string[]): Promise<Connection> => Promise.reject(new Error('No.')) };
  const timers = new Timers(
    () => time.nowMs,
    () => time.nowMs,
  );
  const members = new Members({
    libp2p: {
      dial: (addresses: Multiaddr[]) => {
        const texts = addresses.map(String);
        dialled.push(texts);
        return world.dial(texts);
      },
      getConnections: (peer?: { toString(): string }) => open.filter((one) => one.remotePeer.toString() === peer?.toString()),
    } as unknown as Libp2p,
    ownPeerId,
    identify: async (one) => reidentified.push(one),
    identified,
    relays: () => world.relays,
    isRelay: () => false,
    isCutOff: () => false,
    webRtc: true,
    timers,
    log: () => {},
  });
  /** Lets seconds pass, with everything that is under way. */
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      time.nowMs += 1_000;
      timers.tick();
      members.tick();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { open, dialled, identified, reidentified, world, members, pass };
}

describe('Members', () => {
  it('dials the greater id by WebRTC through the relay, once it works', async () => {
    const [small, great] = ids as [string, string];
    const { members, dialled, pass, world, open, identified } = setUp(small);
    const made = connection(great, 'webrtc');
    world.dial = async () => {
      open.push(made);
      identified.add(made);
      return made;
    };
    members.meet(great);
    await pass(30);
    expect(dialled).toEqual([[`${relay}/p2p-circuit/webrtc/p2p/${great}`]]);
  });

  it('waits for the smaller id to dial, and dials if it does not', async () => {
    const [small, great] = ids as [string, string];
    const { members, dialled, pass } = setUp(great);
    members.meet(small);
    await pass(11);
    expect(dialled).toEqual([]);
    await pass(2);
    expect(dialled.length).toBeGreaterThan(0);
  });

  it('tries again with growing waits, at once after waking, and gives up on who is never heard of', async () => {
    const [small, great] = ids as [string, string];
    const { members, dialled, pass } = setUp(small);
    members.meet(great);
    await pass(60);
    const webRtc = () => dialled.filter(([address]) => address?.includes('/webrtc/')).length;
    const attempts = webRtc();
    expect(attempts).toBeGreaterThanOrEqual(4);
    expect(attempts).toBeLessThanOrEqual(7);
    members.wake();
    expect(webRtc()).toBe(attempts + 1);
    await pass(2_000);
    const last = dialled.length;
    await pass(300);
    expect(dialled.length).toBe(last);
    members.meet(great);
    expect(dialled.length).toBe(last + 1);
  });

  it('does not sit out a long wait for a member that is heard of again, however short ago the last attempt was', async () => {
    const [small, great] = ids as [string, string];
    const { members, dialled, pass } = setUp(small);
    members.meet(great);
    // Waits of 2, 4, 8 and 16 s at most: the fifth attempt.
    let seconds = 0;
    for (; dialled.length < 10; seconds++) await pass(1);
    expect(seconds).toBeGreaterThan(20);
    members.meet(great);
    await pass(4);
    expect(dialled.length).toBe(10);
    await pass(2);
    expect(dialled.length).toBe(12);
  });

  it('falls back to a circuit, and goes on trying WebRTC', async () => {
    const [small, great] = ids as [string, string];
    const { members, dialled, pass, world, open, identified } = setUp(small);
    const circuit = connection(great, 'circuit');
    world.dial = async (addresses) => {
      if (addresses[0]?.includes('/webrtc/')) throw new Error('No.');
      open.push(circuit);
      identified.add(circuit);
      return circuit;
    };
    members.meet(great);
    await pass(20);
    expect(dialled.filter(([address]) => !address?.includes('/webrtc/'))).toHaveLength(1);
    expect(dialled.filter(([address]) => address?.includes('/webrtc/')).length).toBeGreaterThan(2);
    expect(await members.connect(great, new AbortController().signal)).toBe(circuit);
  });

  it('speaks over the newer of two direct connections: the older one may be to a tab that crashed', async () => {
    const [small, great] = ids as [string, string];
    const { members, open, identified } = setUp(small);
    const older = connection(great, 'webrtc', 'outbound', 1);
    const newer = connection(great, 'webrtc', 'inbound', 2);
    const circuit = connection(great, 'circuit', 'inbound', 3);
    const unheard = connection(great, 'webrtc', 'inbound', 4);
    open.push(older, newer, circuit, unheard);
    for (const known of [older, newer, circuit]) identified.add(known);
    expect(await members.connect(great, new AbortController().signal)).toBe(newer);
  });

  it('cuts a connection that never identifies itself, and no other', async () => {
    const [small, great] = ids as [string, string];
    const { members, pass, identified } = setUp(small);
    const [phantom, real] = [connection(great, 'webrtc'), connection(great, 'webrtc')];
    members.connectionOpened(phantom);
    members.connectionOpened(real);
    identified.add(real);
    await pass(12);
    expect([phantom.closes, real.closes]).toEqual([['abort'], []]);
  });

  it('closes the circuit that it dialled once WebRTC is there, after a while', async () => {
    const [small, great] = ids as [string, string];
    const { members, pass, open, identified } = setUp(small);
    const [circuit, direct] = [connection(great, 'circuit'), connection(great, 'webrtc')];
    open.push(circuit, direct);
    identified.add(circuit);
    identified.add(direct);
    members.connectionIdentified(direct);
    expect(circuit.closes).toEqual([]);
    await pass(6);
    expect([circuit.closes, direct.closes]).toEqual([['close'], []]);
  });

  it('of two direct connections keeps the one that the smaller id dialled', async () => {
    const [small, great] = ids as [string, string];
    for (const [own, peer] of [
      [small, great],
      [great, small],
    ] as const) {
      const { members, pass, open, identified } = setUp(own);
      const [ours, theirs] = [connection(peer, 'webrtc', 'outbound'), connection(peer, 'webrtc', 'inbound')];
      open.push(ours, theirs);
      for (const one of [ours, theirs]) identified.add(one);
      for (const one of [ours, theirs]) members.connectionIdentified(one);
      await pass(10);
      expect([ours.closes, theirs.closes]).toEqual([own === small ? [] : ['close'], []]);
    }
  });

  it('identifies the connections that survive another, so that gossip attaches to them', () => {
    const [small, great] = ids as [string, string];
    const { members, open, reidentified } = setUp(small);
    const survivor = connection(great, 'webrtc');
    open.push(survivor);
    members.connectionClosed(connection(great, 'circuit'));
    expect(reidentified).toEqual([survivor]);
  });

  it('says that nobody can be reached without a relay', async () => {
    const [small, great] = ids as [string, string];
    const { members, world } = setUp(small);
    world.relays = [];
    const { signal } = new AbortController();
    await expect(members.connect(great, signal)).rejects.toMatchObject({ code: 'unreachable' });
    await expect(members.connect('nobody', signal)).rejects.toMatchObject({ code: 'unreachable' });
  });
});
