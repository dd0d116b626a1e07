import { describe, expect, it } from 'vitest';
import { type Member, Members } from './members.ts';

const PRODUCERS = ['a', 'b', 'c', 'd'];

function heard(...said: readonly (readonly [peerId: string, pubkey: string, epoch: number])[]): Members {
  const members = new Members();
  for (const [peerId, pubkey, epoch] of said) {
    const member: Member = {
      peerId,
      pubkey,
      isProved: false,
      epoch,
      headBlock: 1,
      headHash: new Uint8Array(),
      configNonce: 0,
      silentBelow: 0,
      clockOffsetNs: 0n,
      heardAtMs: 0,
    };
    members.heard(member);
  }
  return members;
}

describe('the epoch that producers tell of (N-2)', () => {
  it('is the newest that more than f of them are in; one alone is not believed (simulator, 10 producers, seed 16)', () => {
    expect(heard(['1', 'a', 7], ['2', 'b', 8], ['3', 'c', 8], ['4', 'd', 1_000_000]).epochOf(PRODUCERS)).toBe(8);
    expect(heard(['1', 'a', 1_000_000]).epochOf(PRODUCERS)).toBe(0);
    expect(heard(['1', 'a', 3]).epochOf(['a'])).toBe(3);
  });

  it('counts a producer once, however many peers say to be it, and nobody else', () => {
    const lies = ['5', '6', '7'].map((peer) => [peer, 'd', 1_000_000] as const);
    expect(heard(['1', 'a', 7], ['2', 'b', 8], ...lies, ['8', 'stranger', 9]).epochOf(PRODUCERS)).toBe(8);
    expect(heard(['2', 'b', 8], ['3', 'b', 1_000_000], ...lies).epochOf(PRODUCERS)).toBe(8);
  });
});

describe('heads of a lower configuration than the own one', () => {
  it('count for nothing: no chain leads down to them (C-38)', () => {
    let ownNonce = 1;
    const members = new Members({ leastNonce: () => ownNonce });
    const about = { isProved: false, headHash: new Uint8Array(), silentBelow: 0, epoch: 1, clockOffsetNs: 0n, heardAtMs: 0 };
    members.heard({ ...about, peerId: '1', pubkey: 'a', headBlock: 1_000, configNonce: 1 });
    members.heard({ ...about, peerId: '2', pubkey: 'b', headBlock: 7, configNonce: 2 });
    expect(members.onOurChain()).toHaveLength(2);
    ownNonce = 2;
    expect(members.onOurChain().map(({ peerId }) => peerId)).toEqual(['2']);
    expect(members.all()).toHaveLength(2);
  });
});
