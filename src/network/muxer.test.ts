import { multiaddrConnectionPair } from '@libp2p/utils';
import { expect, test } from 'vitest';
import { muxer } from './muxer.ts';

test('a stream that is opened when the connection takes no more data is closed, and no error goes astray', async () => {
  const [ours, theirs] = multiaddrConnectionPair();
  const send = ours.send.bind(ours);
  let isGone = false;
  // As a relayed connection does whose other end was closed a moment ago.
  ours.send = (data) => {
    if (isGone) throw new Error('Cannot write to a stream that is closed');
    return send(data);
  };
  const factory = muxer()();
  const [left, right] = [factory.createStreamMuxer(ours), factory.createStreamMuxer(theirs)];
  const before = await left.createStream();
  before.send(Uint8Array.of(1));
  await expect.poll(() => right.streams.length).toBe(1);

  isGone = true;
  const after = await left.createStream();
  await expect.poll(() => [before.status, after.status, ours.status]).toEqual(['closed', 'closed', 'aborted']);
});
