import { beforeAll, expect, it } from 'vitest';
import { initCrypto, publicKeyOf } from '../../crypto/index.ts';
import { SeededRandom, SimulatedClock, SimulatedNetwork, SimulatedTime } from '../../sim/index.ts';
import { Members } from '../members.ts';
import type { MessageStream } from '../ports.ts';
import { type ProducerHello, type StreamPurpose, signHello } from './frames.ts';
import { ProducerLinks } from './links.ts';

beforeAll(initCrypto);

const [own, other, stranger] = [1, 2, 3].map((seed) => new Uint8Array(32).fill(seed)) as [Uint8Array, Uint8Array, Uint8Array];
const name = new Uint8Array(32).fill(9);

it('a stream of a change is of one request and one connection: whatever else its hello proves, it is closed (C-30)', () => {
  const time = new SimulatedTime();
  const network = new SimulatedNetwork(time, new SeededRandom(1, 'links')).connect('here');
  const up: number[] = [];
  const links = new ProducerLinks({
    ...{ purpose: 'change', opens: 'smaller', groupId: 'g', nonce: 4, name, network },
    producers: [own, other].map(publicKeyOf),
    userPubkey: publicKeyOf(own),
    signSecret: own,
    clock: new SimulatedClock(time),
    members: new Members(),
    up: (producer) => up.push(producer),
    down: () => {},
    frame: async () => {},
  });
  const isTaken = (over: Partial<ProducerHello>, secret = other, purpose: StreamPurpose = 'change'): boolean => {
    let isClosed = false;
    const close = (): void => {
      isClosed = true;
    };
    const stream: MessageStream = { peer: 'there', send: () => true, receive: () => {}, close };
    const good = { GroupId: 'g', ConfigNonce: 4, Name: name, Pubkey: publicKeyOf(secret), FromPeer: 'there', ToPeer: 'here' };
    const before = up.length;
    links.accept(stream, signHello({ ...good, ...over }, secret, purpose));
    expect(up.length > before).toBe(!isClosed);
    return !isClosed;
  };
  expect(isTaken({})).toBe(true);
  expect(up).toEqual([1]);
  for (const over of [
    { GroupId: 'h' },
    { ConfigNonce: 5 },
    { Name: new Uint8Array(32) },
    { Name: new Uint8Array() },
    { FromPeer: 'elsewhere' },
    { ToPeer: 'elsewhere' },
    { Pubkey: publicKeyOf(stranger) },
    { Pubkey: publicKeyOf(own) },
  ]) {
    expect(isTaken(over), Object.keys(over).join()).toBe(false);
  }
  expect(isTaken({}, stranger)).toBe(false);
  expect(isTaken({}, own)).toBe(false);
  // In another's name, and for another purpose.
  expect(isTaken({ Pubkey: publicKeyOf(other) }, stranger)).toBe(false);
  for (const purpose of ['producers', 'request'] as const) expect(isTaken({}, other, purpose)).toBe(false);
});
