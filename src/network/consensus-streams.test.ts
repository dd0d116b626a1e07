import type { Connection, Stream } from '@libp2p/interface';
import { streamPair } from '@libp2p/utils';
import { describe, expect, it } from 'vitest';
import type { MessageStream } from '../node/ports.ts';
import { LIMITS } from '../records/limits.ts';
import { ConsensusStreams } from './consensus-streams.ts';
import { Timers } from './timers.ts';

const STREAMS_MAX = 10 * LIMITS.producers;

async function setUp() {
  let accept: (stream: Stream, connection: Connection) => void = () => {};
  const opened: MessageStream[] = [];
  const streams = new ConsensusStreams({
    libp2p: {
      handle: async (_protocol: unknown, handler: unknown) => {
        accept = handler as typeof accept;
      },
    } as never,
    timers: new Timers(
      () => 0,
      () => 0,
    ),
    log: () => {},
    opened: (stream) => opened.push(stream),
    connect: async () => ({ newStream: async () => (await streamPair())[0] }) as unknown as Connection,
    penalize: () => {},
  });
  await streams.start();
  /** A peer opens a stream, and says nothing on it. Answers whether it has been ended. */
  const open = async (peer: string): Promise<() => boolean> => {
    const [raw, stream] = await streamPair();
    let isEnded = false;
    raw.addEventListener('close', () => {
      isEnded = true;
    });
    accept(stream as Stream, { remotePeer: { toString: () => peer } } as Connection);
    return () => isEnded;
  };
  return { streams, opened, open };
}

describe('streams between producers', () => {
  it('are had by those who show who they are, although strangers hold as many as there may be', async () => {
    const { streams, opened, open } = await setUp();
    const proved = await open('proved');
    // The node answers a hello that holds with its own.
    opened[0]?.send(new Uint8Array(1));
    const idle: (() => boolean)[] = [];
    for (let index = 1; index < STREAMS_MAX; index++) idle.push(await open(`stranger ${index % 20}`));
    expect(opened).toHaveLength(STREAMS_MAX);
    const newcomer = await open('newcomer');
    await expect.poll(() => idle[0]?.()).toBe(true);
    expect(opened).toHaveLength(STREAMS_MAX + 1);
    expect([proved(), newcomer(), idle[1]?.()]).toEqual([false, false, false]);
    // What is opened here is counted by itself.
    expect(await streams.open('somebody')).toBeDefined();
  });

  it('are at most so many of one peer', async () => {
    const { opened, open } = await setUp();
    for (let index = 0; index < LIMITS.streamsPerPeer + 3; index++) await open('greedy');
    expect(opened).toHaveLength(LIMITS.streamsPerPeer);
  });
});
