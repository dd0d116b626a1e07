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

describe('who is remembered (N-15)', () => {
  const about = { headHash: new Uint8Array(), silentBelow: 0, clockOffsetNs: 0n, epoch: 1, headBlock: 1, configNonce: 0 };
  const invented = (members: Members, count: number, over: Partial<Member> = {}): void => {
    for (let index = 0; index < count; index++)
      members.heard({ ...about, peerId: `invented ${index}`, pubkey: 'a', isProved: false, heardAtMs: index, ...over });
  };
  const setting = () =>
    new Members({ isNeeded: (pubkey) => PRODUCERS.includes(pubkey), connected: () => new Set(['friend']), ownPubkey: 'd' });

  it('are producers whose keys say so, and those who are connected, however many are invented, before and after', () => {
    for (const isFloodFirst of [true, false]) {
      const members = setting();
      if (isFloodFirst) invented(members, 2_000);
      for (const pubkey of PRODUCERS)
        members.heard({ ...about, peerId: `of ${pubkey}`, pubkey, isProved: true, heardAtMs: 5_000 });
      members.heard({ ...about, peerId: 'friend', pubkey: 'friend', isProved: false, heardAtMs: 5_000 });
      invented(members, 2_000);
      for (const peerId of [...PRODUCERS.map((pubkey) => `of ${pubkey}`), 'friend'])
        expect(members.get(peerId), peerId).toBeDefined();
      expect(members.all().length).toBeLessThan(500);
      // Whoever comes is taken, at the cost of one that was silent longer.
      members.heard({ ...about, peerId: 'newcomer', pubkey: 'e', isProved: false, heardAtMs: 6_000 });
      expect(members.get('newcomer')).toBeDefined();
    }
  });

  it('are only a few peers of one key', () => {
    const members = setting();
    invented(members, 50, { isProved: true });
    expect(members.ofKey('a')).toHaveLength(4);
    expect(members.get('invented 49')).toBeDefined();
  });

  it('speak for a key only if they have signed with it, once one has', () => {
    const members = setting();
    members.heard({ ...about, peerId: '1', pubkey: 'a', isProved: false, headBlock: 9, heardAtMs: 0 });
    expect(members.ofKey('a').map(({ peerId }) => peerId)).toEqual(['1']);
    members.heard({ ...about, peerId: '2', pubkey: 'a', isProved: true, headBlock: 7, heardAtMs: 1_000 });
    expect(members.ofKey('a').map(({ peerId }) => peerId)).toEqual(['2']);
    members.heard({ ...about, peerId: '1', pubkey: 'a', isProved: false, headBlock: 9, heardAtMs: 9_000 });
    expect(members.lastHeardMs('a')).toBe(1_000);
    // Nobody says anything for this node itself.
    members.heard({ ...about, peerId: '3', pubkey: 'd', isProved: false, headBlock: 9, heardAtMs: 0 });
    expect(members.ofKey('d')).toEqual([]);
  });

  it('tell of a head that counts once more than f producers do', () => {
    const members = setting();
    const tell = (pubkey: string, headBlock: number) =>
      members.heard({ ...about, peerId: `of ${pubkey}`, pubkey, isProved: true, headBlock, heardAtMs: 0 });
    tell('a', 1_000_000_000);
    invented(members, 300, { pubkey: 'x', headBlock: 1_000_000_000 });
    expect(members.headOf(PRODUCERS)).toBe(0);
    tell('b', 8);
    tell('c', 7);
    expect(members.headOf(PRODUCERS)).toBe(8);
  });
});
