import { beforeAll, describe, expect, it } from 'vitest';
import { initCrypto, publicKeyOf } from '../../crypto/index.ts';
import { comparePubkeys } from '../../records/index.ts';
import { SeededRandom, SimulatedClock, SimulatedNetwork, SimulatedTime } from '../../sim/index.ts';
import { Members } from '../members.ts';
import { type ProducerHello, signHello } from './frames.ts';
import { ProducerLinks } from './links.ts';

beforeAll(initCrypto);

describe('a stream between producers', () => {
  it('stands if both ends mean the same group, nonce and, of a recovery, bundle; else it is closed (C-37)', () => {
    const [self, other] = [1, 2].map((byte) => new Uint8Array(32).fill(byte)) as [Uint8Array, Uint8Array];
    const producers = [self, other].map(publicKeyOf).sort(comparePubkeys);
    const time = new SimulatedTime();
    const network = new SimulatedNetwork(time, new SeededRandom(1, 'links'));
    const bundle = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
    const good = { GroupId: 'group', ConfigNonce: 3, Pubkey: publicKeyOf(other), FromPeer: 'there', ToPeer: 'here' };

    function meets(name: Uint8Array | undefined, hello: ProducerHello): boolean {
      let isClosed = false;
      const links = new ProducerLinks({
        purpose: 'producers',
        opens: 'smaller',
        groupId: 'group',
        nonce: 3,
        ...(name && { name }),
        producers,
        userPubkey: publicKeyOf(self),
        signSecret: self,
        network: network.connect('here'),
        members: new Members(),
        clock: new SimulatedClock(time),
        up: () => {},
        down: () => {},
        frame: async () => {},
      });
      const close = (): void => {
        isClosed = true;
      };
      links.accept({ peer: 'there', send: () => true, receive: () => {}, close }, hello);
      const isConnected = links.connected.length === 1;
      expect(isClosed).toBe(!isConnected);
      return isConnected;
    }

    expect(meets(undefined, signHello(good, other))).toBe(true);
    expect(meets(undefined, signHello({ ...good, ConfigNonce: 2 }, other))).toBe(false);
    expect(meets(undefined, signHello({ ...good, GroupId: 'another' }, other))).toBe(false);
    expect(meets(undefined, signHello({ ...good, Name: bundle(1) }, other))).toBe(false);
    expect(meets(bundle(1), signHello({ ...good, Name: bundle(1) }, other))).toBe(true);
    expect(meets(bundle(1), signHello({ ...good, Name: bundle(2) }, other))).toBe(false);
    expect(meets(bundle(1), signHello(good, other))).toBe(false);
  });
});
