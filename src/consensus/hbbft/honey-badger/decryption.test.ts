import { beforeAll, describe, expect, test } from 'vitest';
import { ENCRYPTION_RANDOM_BYTES, initThreshold, type ThresholdKeys, trustedDealerKeys } from '../../../crypto/index.ts';
import { initHash } from '../../../records/index.ts';
import { IdealKeys, idealKeys } from '../../../sim/index.ts';
import type { DecryptionMessage } from '../messages.ts';
import { roster } from '../roster.ts';
import { Decryption } from './decryption.ts';

const SECRET = new Uint8Array(32).fill(3);
const LABEL = new TextEncoder().encode('label');
const RANDOM = new Uint8Array(ENCRYPTION_RANDOM_BYTES).fill(5);
const PLAIN = new TextEncoder().encode('a proposal');

beforeAll(async () => {
  await initHash();
  await initThreshold();
});

const bodies: readonly (readonly [string, (size: number) => readonly ThresholdKeys[]])[] = [
  ['ideal keys', (size) => idealKeys(size, SECRET)],
  ['real keys', (size) => trustedDealerKeys(size, SECRET)],
];

for (const [name, keysOf] of bodies) {
  describe(`decryption with ${name}`, () => {
    const setUp = (size: number) => {
      const keys = keysOf(size);
      const [own] = keys as [ThresholdKeys];
      const bytes = own.encrypt(PLAIN, LABEL, RANDOM);
      const share = (index: number): DecryptionMessage => {
        const theirs = keys[index] as ThresholdKeys;
        const ciphertext = theirs.readCiphertext(bytes, LABEL);
        if (!ciphertext) throw new Error('no ciphertext');
        return { kind: 'decryption', epoch: 1, proposer: 2, share: theirs.decryptionShare(ciphertext) };
      };
      return { bytes, share, decryption: new Decryption(roster(size, 0), 1, 2, own) };
    };
    const spoiled = (message: DecryptionMessage): DecryptionMessage => ({
      ...message,
      share: message.share.map((byte, index) => (index === 8 ? byte ^ 1 : byte)),
    });

    test('f+1 shares give the plaintext, before or after the subset is settled', () => {
      const { bytes, share, decryption } = setUp(7);
      expect(decryption.handle(3, share(3)).accepted).toBe(true);
      const opened = decryption.open(bytes, LABEL);
      expect(opened.send).toHaveLength(1);
      expect(opened.output).toBeUndefined();
      expect(decryption.handle(5, share(5)).output).toEqual(PLAIN);
      expect(decryption.handle(6, share(6)).accepted).toBe(false);
    });

    test('bad shares are found one by one, their senders blamed, and good ones open it all the same', () => {
      const { bytes, share, decryption } = setUp(7);
      decryption.handle(1, spoiled(share(1)));
      decryption.handle(3, spoiled(share(3)));
      const opened = decryption.open(bytes, LABEL);
      expect(opened.output).toBeUndefined();
      expect(opened.faults.map(({ producer, kind }) => `${producer} ${kind}`)).toEqual([
        '1 bad-decryption-share',
        '3 bad-decryption-share',
      ]);
      expect(decryption.handle(4, share(4)).output).toBeUndefined();
      // A good share does not help who has sent a bad one.
      expect(decryption.handle(1, share(1)).accepted).toBe(false);
      expect(decryption.handle(5, share(5)).output).toEqual(PLAIN);
    });

    test('no share leaves for what is no ciphertext under this label, and who sends one for it is to blame', () => {
      const { bytes, share, decryption } = setUp(4);
      decryption.handle(1, share(1));
      const opened = decryption.open(bytes, new TextEncoder().encode('another label'));
      expect(opened).toMatchObject({ send: [], output: 'unreadable' });
      expect(opened.faults).toEqual([
        { producer: 2, kind: 'bad-ciphertext' },
        { producer: 1, kind: 'unexpected-message' },
      ]);
      expect(decryption.handle(3, share(3)).faults).toEqual([{ producer: 3, kind: 'unexpected-message' }]);
    });

    test('a proposal that is not in the subset is not opened', () => {
      const { share, decryption } = setUp(4);
      decryption.handle(1, share(1));
      expect(decryption.drop().faults).toEqual([{ producer: 1, kind: 'unexpected-message' }]);
      expect(decryption.status().phase).toBe('unneeded');
    });

    test('a share twice is no fault; another one is', () => {
      const { share, decryption } = setUp(7);
      decryption.handle(1, share(1));
      expect(decryption.handle(1, share(1))).toMatchObject({ accepted: false, faults: [] });
      expect(decryption.handle(1, spoiled(share(1))).faults).toEqual([{ producer: 1, kind: 'conflicting-decryption-share' }]);
    });
  });
}

test('a ciphertext that opens to nothing is unreadable for all, and its proposer’s fault', () => {
  const keys = idealKeys(4, SECRET);
  const bytes = new IdealKeys(4, 2, SECRET).seal(PLAIN, LABEL, RANDOM, true);
  for (const own of keys) {
    const decryption = new Decryption(roster(4, own.index), 1, 2, own);
    decryption.open(bytes, LABEL);
    const other = keys[(own.index + 1) % 4] as IdealKeys;
    const share = other.decryptionShare({ bytes, label: LABEL });
    const step = decryption.handle(other.index, { kind: 'decryption', epoch: 1, proposer: 2, share });
    expect(step).toMatchObject({ output: 'unreadable', faults: [{ producer: 2, kind: 'bad-proposal' }] });
  }
});
