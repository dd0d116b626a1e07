import { describe, expect, it } from 'vitest';
import { type StreamWorld, streamContract } from '../node/contract.ts';
import type { MessageStream, NetworkHandlers } from '../node/ports.ts';
import { LIMITS } from '../records/limits.ts';
import { SimulatedTime } from './clock.ts';
import { type SimulatedHost, SimulatedNetwork } from './network.ts';
import { SeededRandom } from './random.ts';
import type { StreamDelivery } from './streams.ts';

const SEED = 20_261_121;

class StreamTestWorld implements StreamWorld {
  readonly time = new SimulatedTime();
  readonly network = new SimulatedNetwork(this.time, new SeededRandom(SEED, 'streams'));
  readonly accepted: MessageStream[] = [];
  readonly left = this.host('left');
  readonly right = this.host('right');

  host(name: string): SimulatedHost {
    const host = this.network.connect(name);
    const handlers: NetworkHandlers = {
      gossip: () => 'ignore',
      request: async (data) => data,
      state: () => {},
      neighbours: () => {},
      stream: (stream) => void this.accepted.push(stream),
    };
    host.listen(handlers);
    return host;
  }

  async step(): Promise<void> {
    this.time.step();
    for (let turn = 0; turn < 8; turn++) await undefined;
  }

  async open(): Promise<readonly [MessageStream, MessageStream]> {
    const opener = await this.settled(this.left.openStream('right'));
    return [opener, this.accepted.at(-1) as MessageStream];
  }

  async settled<T>(promise: Promise<T>): Promise<T> {
    let isOpen = true;
    promise.finally(() => (isOpen = false)).catch(() => {});
    await this.until(() => !isOpen);
    return promise;
  }

  until = async (isSo: () => boolean): Promise<void> => {
    for (let turn = 0; turn < 8; turn++) await undefined;
    while (!isSo()) {
      if (!this.time.hasEvents) throw new Error(`it never came (seed ${SEED})`);
      await this.step();
    }
  };

  settle = async (): Promise<void> => {
    while (this.time.hasEvents) await this.step();
    for (let turn = 0; turn < 8; turn++) await undefined;
  };
}

function listen(stream: MessageStream) {
  const heard: (number | 'closed')[] = [];
  stream.receive({
    message: (data) => void heard.push(data[0] as number),
    closed: () => void heard.push('closed'),
  });
  return heard;
}

describe('a simulated stream', () => {
  for (const { name, run } of streamContract) {
    it(name, () => {
      const world = new StreamTestWorld();
      return run({ open: () => world.open(), until: world.until, settle: world.settle });
    });
  }

  it('breaks by partition: both ends learn of it, and nothing gets through meanwhile', async () => {
    const world = new StreamTestWorld();
    const [left, right] = await world.open();
    const [atLeft, atRight] = [listen(left), listen(right)];
    left.send(Uint8Array.of(1));
    await world.until(() => atRight.length === 1);
    left.send(Uint8Array.of(2));
    world.network.partition(['right']);
    expect(left.send(Uint8Array.of(3))).toBe(true);
    world.network.partition([]);
    await world.settle();
    expect(atRight).toEqual([1, 'closed']);
    expect(atLeft).toEqual(['closed']);
    await expect(world.open()).resolves.toHaveLength(2);
    world.network.partition(['right']);
    await expect(world.settled(world.left.openStream('right'))).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('breaks when a process dies, which itself hears of nothing', async () => {
    const world = new StreamTestWorld();
    const [left, right] = await world.open();
    const [atLeft, atRight] = [listen(left), listen(right)];
    left.send(Uint8Array.of(1));
    world.network.disconnect('right');
    world.host('right');
    await world.settle();
    expect(atLeft).toEqual(['closed']);
    expect(atRight).toEqual([]);
    expect(right.send(Uint8Array.of(1))).toBe(false);
  });

  it('breaks when a message is lost: never a gap', async () => {
    const world = new StreamTestWorld();
    for (let round = 0; round < 50; round++) {
      const [left, right] = await world.open();
      const [atLeft, atRight] = [listen(left), listen(right)];
      world.network.faults.loss = 0.05;
      for (let index = 0; index < 100; index++) left.send(Uint8Array.of(index));
      await world.settle();
      world.network.faults.loss = 0;
      const messages = atRight.filter((one) => one !== 'closed');
      expect(messages).toEqual(messages.map((_, index) => index));
      if (messages.length < 100) expect([atLeft, atRight.at(-1)]).toEqual([['closed'], 'closed']);
    }
  });

  it('leaves the time of arrival to an adversary, never the order in a stream', async () => {
    const world = new StreamTestWorld();
    const [left, right] = await world.open();
    const [atLeft, atRight] = [listen(left), listen(right)];
    const held: StreamDelivery[] = [];
    world.network.orderStreams = (delivery) => void held.push(delivery);
    for (const index of [1, 2, 3]) left.send(Uint8Array.of(index));
    right.send(Uint8Array.of(9));
    await world.settle();
    expect([atLeft, atRight]).toEqual([[], []]);
    expect(held.map(({ from, to, data }) => `${from} ${to} ${data}`)).toEqual([
      'left right 1',
      'left right 2',
      'left right 3',
      'right left 9',
    ]);
    held[3]?.deliver();
    held[2]?.deliver();
    held[0]?.deliver();
    expect([atLeft, atRight]).toEqual([[9], [1, 2]]);
  });

  it('breaks at once when a peer has too many', async () => {
    const world = new StreamTestWorld();
    for (let count = 0; count < LIMITS.streamsPerPeer; count++) await world.open();
    const surplus = listen((await world.open())[0]);
    await world.settle();
    expect(surplus).toEqual(['closed']);
    expect(world.accepted).toHaveLength(LIMITS.streamsPerPeer);
  });

  it('gives up on a peer that does not answer', async () => {
    const world = new StreamTestWorld();
    world.network.faults.loss = 1;
    await expect(world.settled(world.left.openStream('right'))).rejects.toMatchObject({ code: 'timeout' });
  });
});
