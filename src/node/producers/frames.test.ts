import { describe, expect, it } from 'vitest';
import { publicKeyOf } from '../../crypto/index.ts';
import { LIMITS } from '../../records/index.ts';
import { framesOf, HELLO_TAGS, ProducerFrame, ProducerHello, signHello, verifyHello } from './frames.ts';

const SECRET = new Uint8Array(32).fill(7);
const HELLO = {
  GroupId: 'group',
  ConfigNonce: 3,
  Pubkey: 'AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B',
  FromPeer: 'a',
  ToPeer: 'b',
};

describe('frames', () => {
  it('put all of a turn into one, and what is too much for one into several that fit', () => {
    const small = Array.from({ length: 1_000 }, (_, number) => Uint8Array.of(number & 0xff));
    expect(framesOf(small)).toHaveLength(1);
    const large = Array.from({ length: 20 }, () => new Uint8Array(4 * 1024 * 1024));
    const frames = framesOf([...large, ...small]);
    expect(frames.length).toBeGreaterThan(1);
    expect(frames.flatMap(({ Engine }) => Engine)).toHaveLength(1_020);
    for (const frame of frames) expect(ProducerFrame.encode(frame).length).toBeLessThanOrEqual(LIMITS.consensusMessageBytes);
    expect(framesOf([])).toEqual([]);
  });
});

describe('the hello of a producer stream', () => {
  it('verifies as it was signed, and in no other group, configuration or connection', () => {
    const hello = signHello({ ...HELLO, Pubkey: publicKeyOf(SECRET) }, SECRET);
    expect(verifyHello(ProducerHello.decode(ProducerHello.encode(hello)))).toBe(true);
    for (const change of [
      { GroupId: 'other' },
      { ConfigNonce: 4 },
      { FromPeer: 'c' },
      { ToPeer: 'c' },
      { Pubkey: HELLO.Pubkey },
      { Tag: 'x' },
      { Tag: HELLO_TAGS.change },
      { Name: new Uint8Array(32) },
    ]) {
      expect(verifyHello({ ...hello, ...change })).toBe(false);
    }
  });
});
