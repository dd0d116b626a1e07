import { describe, expect, it } from 'vitest';
import type { Host } from '../network/index.ts';
import { type StreamWorld, streamContract } from '../node/contract.ts';
import type { MessageStream, NetworkHandlers } from '../node/ports.ts';
import { LIMITS } from '../records/limits.ts';
import { SeededRandom, SimulatedNetwork, SimulatedTime } from '../sim/index.ts';
import { createRemoteNetwork, NETWORK_SEAM, portLine, type RemoteNetwork } from '../worker/index.ts';
import { bridgeNetwork } from './bridge.ts';

/** Turns of the event loop in which messages between threads arrive. */
async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Two pages with their workers: real ports between them, a simulated network between the pages. */
class SeamWorld {
  readonly time = new SimulatedTime();
  readonly network = new SimulatedNetwork(this.time, new SeededRandom(7, 'seam'));
  readonly accepted: MessageStream[] = [];
  readonly #ports: MessagePort[] = [];
  readonly left = this.#node('left');
  readonly right = this.#node('right');

  #node(name: string): RemoteNetwork {
    const { port1, port2 } = new MessageChannel();
    this.#ports.push(port1, port2);
    const simulated = this.network.connect(name);
    const host: Host = Object.assign(simulated, { tick() {}, wake() {}, stop: async () => {} });
    bridgeNetwork(host, portLine(port1));
    const remote = createRemoteNetwork(portLine(port2), () => () => {});
    const handlers: NetworkHandlers = {
      gossip: () => 'ignore',
      request: async (data) => data,
      state: () => {},
      neighbours: () => {},
      stream: (stream) => void this.accepted.push(stream),
    };
    remote.listen(handlers);
    return remote;
  }

  close(): void {
    for (const port of this.#ports) port.close();
  }

  until = async (isSo: () => boolean): Promise<void> => {
    await expect
      .poll(
        async () => {
          await turns(2);
          for (let step = 0; step < 50 && this.time.hasEvents; step++) this.time.step();
          return isSo();
        },
        { timeout: 60_000, interval: 1 },
      )
      .toBe(true);
  };

  settle = async (): Promise<void> => {
    await turns();
    while (this.time.hasEvents) {
      this.time.step();
      await turns(2);
    }
    await turns();
  };

  async open(): Promise<readonly [MessageStream, MessageStream]> {
    let opener: MessageStream | undefined;
    const before = this.accepted.length;
    this.left.openStream('right').then((stream) => {
      opener = stream;
    });
    await this.until(() => opener !== undefined && this.accepted.length > before);
    return [opener as MessageStream, this.accepted.at(-1) as MessageStream];
  }
}

async function inWorld(run: (world: SeamWorld) => Promise<void>): Promise<void> {
  const world = new SeamWorld();
  try {
    await run(world);
  } finally {
    world.close();
  }
}

describe('a stream across the seam', () => {
  for (const { name, run } of streamContract) {
    it(name, () => {
      return inWorld((world) => {
        const seam: StreamWorld = { open: () => world.open(), until: world.until, settle: world.settle };
        return run(seam);
      });
    });
  }

  it('leaves at the page what a slow worker has no room for', () =>
    inWorld(async (world) => {
      const [left, right] = await world.open();
      const handling: PromiseWithResolvers<void>[] = [];
      right.receive({
        message() {
          const handled = Promise.withResolvers<void>();
          handling.push(handled);
          return handled.promise;
        },
        closed: () => {},
      });
      const sizeBytes = NETWORK_SEAM.streamCost / 4;
      left.send(new Uint8Array(1));
      for (let count = 0; count < 12; count++) left.send(new Uint8Array(sizeBytes));
      await world.settle();
      // What the network counts as not handled is what has not crossed: with the next one held at the page.
      expect(handling).toHaveLength(1);
      for (let count = 0; count < 13; count++) {
        await world.until(() => handling.length === count + 1);
        handling[count]?.resolve();
      }
    }));

  it('closes when the page stands still and does not even take messages', () =>
    inWorld(async () => {
      const posted: { type: string; id?: number }[] = [];
      let say: (message: unknown) => void = () => {};
      const network = createRemoteNetwork(
        {
          post: (message) => void posted.push(message as { type: string }),
          listen: (receive) => {
            say = receive;
          },
          close: () => {},
        },
        () => () => {},
      );
      network.listen({
        gossip: () => 'ignore',
        request: async (data) => data,
        state: () => {},
        neighbours: () => {},
        stream: () => {},
      });
      const opening = network.openStream('peer');
      say({ type: 'opened', id: 0, stream: 3, peer: 'peer' });
      const stream = await opening;
      expect(stream.peer).toBe('peer');
      let sentBytes = 0;
      expect(stream.send(new Uint8Array(1))).toBe(true);
      const megabyte = new Uint8Array(1024 * 1024);
      while (stream.send(megabyte)) sentBytes += megabyte.byteLength;
      expect(sentBytes).toBeLessThanOrEqual(LIMITS.streamQueueBytes);
      expect(sentBytes).toBeGreaterThanOrEqual(LIMITS.streamQueueBytes - 2 * megabyte.byteLength);
      expect(posted.at(-1)).toEqual({ type: 'stream-closed', stream: 3 });

      // An answer that comes when nobody waits for it any more leaves no stream behind.
      say({ type: 'opened', id: 99, stream: 4, peer: 'peer' });
      expect(posted.at(-1)).toEqual({ type: 'stream-closed', stream: 4 });
    }));

  it('says why a stream could not be opened', () =>
    inWorld(async (world) => {
      let code: unknown;
      world.left.openStream('nobody').catch((error: { code: string }) => {
        code = error.code;
      });
      await world.until(() => code !== undefined);
      expect(code).toBe('unreachable');
    }));
});
