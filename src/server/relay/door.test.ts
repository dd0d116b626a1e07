import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { RELAY_LIMITS } from '../limits.ts';
import { Door } from './door.ts';

class CountedStream extends PassThrough {
  bytesRead = 0;
}

function setUp(connections: number = RELAY_LIMITS.connections) {
  const time = { nowMs: 0 };
  return { time, door: new Door(() => time.nowMs, connections) };
}

async function closed(socket: PassThrough): Promise<void> {
  const done = new Promise((resolve) => socket.once('close', resolve));
  socket.destroy();
  await done;
}

describe('Door', () => {
  it('admits so many at once of one address, then by rate, and others all the while', () => {
    const { door, time } = setUp();
    const { burst, perSecond } = RELAY_LIMITS.newConnectionsPerAddress;
    for (let index = 0; index < burst; index++) expect(door.admit(new CountedStream(), 'a')).toBe(undefined);
    expect(door.admit(new CountedStream(), 'a')).toBe(429);
    expect(door.admit(new CountedStream(), 'b')).toBe(undefined);
    time.nowMs += 1_000;
    for (let index = 0; index < perSecond; index++) expect(door.admit(new CountedStream(), 'a')).toBe(undefined);
    expect(door.admit(new CountedStream(), 'a')).toBe(429);
  });

  it('limits the open connections of an address, and counts down when one closes', async () => {
    const { door, time } = setUp();
    const sockets: CountedStream[] = [];
    for (let index = 0; index < RELAY_LIMITS.connectionsPerAddress; index++) {
      time.nowMs += 1_000;
      const socket = new CountedStream();
      sockets.push(socket);
      expect(door.admit(socket, 'a')).toBe(undefined);
    }
    time.nowMs += 60_000;
    expect(door.admit(new CountedStream(), 'a')).toBe(429);
    await closed(sockets[0] as CountedStream);
    expect(door.admit(new CountedStream(), 'a')).toBe(undefined);
  });

  it('limits the open connections altogether', () => {
    const { door } = setUp();
    for (let index = 0; index < RELAY_LIMITS.connections; index++) door.admit(new CountedStream(), `address ${index}`);
    expect(door.admit(new CountedStream(), 'one more')).toBe(503);
  });

  it('makes room for others also where the system allows few open files', () => {
    const { door } = setUp(20);
    const greedy = Array.from({ length: 20 }, () => new CountedStream());
    for (const socket of greedy) expect(door.admit(socket, 'greedy')).toBe(undefined);
    expect(door.admit(new CountedStream(), 'other')).toBe(undefined);
    expect(greedy.filter(({ destroyed }) => destroyed)).toHaveLength(1);
  });

  it('cuts, when it is full, the idlest socket of the address that has most', () => {
    const { door, time } = setUp();
    const greedy = Array.from({ length: RELAY_LIMITS.connections }, () => new CountedStream());
    for (const [index, socket] of greedy.entries()) door.admit(socket, `attacker ${index % 20}`);
    time.nowMs = 1_000;
    for (const socket of greedy.slice(1)) socket.bytesRead++;
    door.count();
    const honest = new CountedStream();
    expect(door.admit(honest, 'honest')).toBe(undefined);
    expect(greedy.filter((socket) => socket.destroyed)).toEqual([greedy[0]]);
    expect(honest.destroyed).toBe(false);
  });

  it('counts an IPv6 address by its /64', () => {
    const { door } = setUp();
    const { burst } = RELAY_LIMITS.newConnectionsPerAddress;
    for (let index = 0; index < burst; index++) door.admit(new CountedStream(), `2001:db8:1:2:${index.toString(16)}::1`);
    expect(door.admit(new CountedStream(), '2001:db8:1:2::ffff')).toBe(429);
    expect(door.admit(new CountedStream(), '2001:db8:1:3::1')).toBe(undefined);
  });

  it('holds back who sends faster than its share, and leaves the others', () => {
    const { door, time } = setUp();
    const greedy = guest(door);
    const fair = guest(door);
    greedy.socket.bytesRead = RELAY_LIMITS.receivedBytes.burst;
    door.count();
    expect(greedy.isPaused()).toBe(false);
    greedy.socket.bytesRead += 4 * RELAY_LIMITS.receivedBytes.perSecond;
    for (let second = 0; second < 4; second++) {
      door.count();
      expect(greedy.isPaused()).toBe(true);
      time.nowMs += 1_000;
      fair.socket.bytesRead += RELAY_LIMITS.receivedBytes.perSecond;
    }
    door.count();
    expect(greedy.isPaused()).toBe(false);
    expect(fair.pauses()).toBe(0);
  });

  it('cuts who sends more at once than any burst', () => {
    const { door } = setUp();
    const flood = guest(door);
    flood.socket.bytesRead = RELAY_LIMITS.receivedBytes.burst + 1;
    door.count();
    expect(flood.socket.destroyed).toBe(true);
  });
});

function guest(door: Door) {
  const socket = new CountedStream();
  let paused = false;
  let pauses = 0;
  door.admit(socket, 'a');
  door.attach(socket, {
    pause: () => {
      paused = true;
      pauses++;
    },
    resume: () => {
      paused = false;
    },
  });
  return { socket, isPaused: () => paused, pauses: () => pauses };
}
