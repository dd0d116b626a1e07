import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BackupGroup, fromHex, stringifyExact, toHex } from '../records/index.ts';
import { SeededRandom } from '../sim/index.ts';
import {
  ageIdentityFromSecret,
  type BackedUpGroup,
  BackupError,
  deriveKey,
  flawOfScrypt,
  initCrypto,
  openBackup,
  openKeystore,
  publicKeyOf,
  readKeystore,
  sealBackup,
} from './index.ts';

beforeAll(initCrypto);

/** The least that is taken: these tests are about the file, not about the cost of guessing. */
const COST = { n: 2 ** 10, r: 8, p: 1 };
const PASSPHRASE = 'correct horse battery staple';

function someGroups(seed: number, count: number): BackedUpGroup[] {
  const random = new SeededRandom(seed, 'backup');
  return Array.from({ length: count }, (_, place) => {
    const signSecret = random.bytes(32);
    const group: BackupGroup = {
      Seed: `rum://seed?v=1&place=${place}`,
      UserPubkey: publicKeyOf(signSecret),
      EncryptIdentity: ageIdentityFromSecret(random.bytes(32)),
      JoinedAt: BigInt(place) + 1n,
      Left: place % 2 === 1,
      Blocks: Array.from({ length: place }, () => random.bytes(40)),
    };
    return { group, signSecret };
  });
}

function sealed(groups: readonly BackedUpGroup[], passphrase = PASSPHRASE) {
  const random = new SeededRandom(5, 'seal');
  const backup = sealBackup({ passphrase, createdAtNs: 7n, groups, cost: COST }, (length) => random.bytes(length));
  // As it comes out of a file.
  return JSON.parse(stringifyExact(backup));
}

function codeOf(value: unknown, passphrase = PASSPHRASE): string {
  try {
    openBackup(value, passphrase);
  } catch (error) {
    if (error instanceof BackupError) return error.code;
    throw error;
  }
  return 'opened';
}

describe('a keystore', () => {
  it('is read as the definition has it (Web3 Secret Storage Definition, test vector of scrypt)', () => {
    const read = readKeystore({
      crypto: {
        cipher: 'aes-128-ctr',
        cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
        ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
        kdf: 'scrypt',
        kdfparams: { dklen: 32, n: 262144, p: 8, r: 1, salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19' },
        mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
      },
      id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
      version: 3,
    });
    if (!read) throw new Error('it is not read');
    const secret = openKeystore(read.keystore, deriveKey('testpassword', read.scrypt, 32));
    expect(secret && toHex(secret)).toBe('7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d');
  });

  it('of a backup opens by itself, with the passphrase alone (B-2)', () => {
    const groups = someGroups(1, 2);
    const { keys } = sealed(groups);
    for (const [place, key] of keys.entries()) {
      const read = readKeystore(key);
      expect(read && openKeystore(read.keystore, deriveKey(PASSPHRASE, read.scrypt, 32))).toEqual(groups[place]?.signSecret);
    }
  });
});

describe('a backup (B-1)', () => {
  it('gives back what went in', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000 }),
        fc.integer({ min: 0, max: 4 }),
        fc.string({ minLength: 1 }),
        (seed, count, passphrase) => {
          const groups = someGroups(seed, count);
          expect(openBackup(sealed(groups, passphrase), passphrase)).toEqual(groups);
        },
      ),
      { seed: 11, numRuns: 25 },
    );
  });

  it('shows nothing of seeds and keys', () => {
    const groups = someGroups(2, 3);
    const text = JSON.stringify(sealed(groups));
    expect(text).not.toContain('rum://');
    expect(text).not.toContain('AGE-SECRET');
    for (const { signSecret, group } of groups) {
      expect(text).not.toContain(toHex(signSecret));
      expect(text).not.toContain(group.UserPubkey);
    }
  });

  it('does not open with another passphrase, and takes one text for one, however it is composed', () => {
    const backup = sealed(someGroups(3, 1), 'caf\u00e9 au lait');
    expect(codeOf(backup, 'cafe au lait')).toBe('wrong-passphrase');
    expect(codeOf(backup, 'cafe\u0301 au lait')).toBe('opened');
  });

  it.each<[string, (backup: ReturnType<typeof sealed>) => unknown, string]>([
    ['nothing', () => undefined, 'not-a-backup'],
    ['a list', () => [], 'not-a-backup'],
    ['something else', () => ({ format: 'other' }), 'not-a-backup'],
    ['a newer version', (backup) => ({ ...backup, version: 2 }), 'not-a-backup'],
    ['no contents', (backup) => ({ ...backup, contents: undefined }), 'damaged'],
    ['contents cut', (backup) => ({ ...backup, contents: backup.contents.slice(0, -8) }), 'damaged'],
    ['contents that are no base64', (backup) => ({ ...backup, contents: '???' }), 'damaged'],
    ['a byte of the contents changed', (backup) => ({ ...backup, contents: `AAAA${backup.contents.slice(4)}` }), 'damaged'],
    ['a key missing', (backup) => ({ ...backup, keys: backup.keys.slice(1) }), 'damaged'],
    ['a key that is none', (backup) => ({ ...backup, keys: [{}, ...backup.keys] }), 'damaged'],
    ['a key of somebody else', (backup) => ({ ...backup, keys: sealed(someGroups(9, 2)).keys }), 'damaged'],
    [
      'keys under other parameters',
      (backup) => withKey(backup, (key) => ({ ...key.crypto.kdfparams, n: 2 ** 11 })),
      'bad-parameters',
    ],
    [
      'keys under another salt',
      (backup) => withKey(backup, (key) => ({ ...key.crypto.kdfparams, salt: '00'.repeat(32) })),
      'bad-parameters',
    ],
    ['a cost beyond memory', (backup) => ({ ...backup, kdfparams: { ...backup.kdfparams, n: 2 ** 30 } }), 'bad-parameters'],
    ['a block size beyond memory', (backup) => ({ ...backup, kdfparams: { ...backup.kdfparams, r: 2 ** 30 } }), 'bad-parameters'],
    [
      'a parallelism beyond patience',
      (backup) => ({ ...backup, kdfparams: { ...backup.kdfparams, p: 2 ** 12 } }),
      'bad-parameters',
    ],
    ['no cost at all', (backup) => ({ ...backup, kdfparams: { ...backup.kdfparams, n: 2 } }), 'bad-parameters'],
    [
      'a cost that is no power of two',
      (backup) => ({ ...backup, kdfparams: { ...backup.kdfparams, n: 3000 } }),
      'bad-parameters',
    ],
    ['a cost that is no number', (backup) => ({ ...backup, kdfparams: { ...backup.kdfparams, n: '1024' } }), 'damaged'],
    ['a cost that is no integer', (backup) => ({ ...backup, kdfparams: { ...backup.kdfparams, n: 1024.5 } }), 'bad-parameters'],
    ['no salt', (backup) => ({ ...backup, kdfparams: { ...backup.kdfparams, salt: '' } }), 'bad-parameters'],
  ])('with %s is refused with a reason (B-3)', (_, change, code) => {
    expect(codeOf(change(sealed(someGroups(4, 2))))).toBe(code);
  });

  it('with any text of it changed never opens to something else', () => {
    const groups = someGroups(6, 2);
    const text = JSON.stringify(sealed(groups));
    const random = new SeededRandom(6, 'changes');
    for (let round = 0; round < 300; round++) {
      const at = random.int(text.length);
      const changed = text.slice(0, at) + String.fromCharCode(33 + random.int(90)) + text.slice(at + 1);
      let value: unknown;
      try {
        value = JSON.parse(changed);
      } catch {
        continue;
      }
      try {
        expect(openBackup(value, PASSPHRASE), `round ${round}`).toEqual(groups);
      } catch (error) {
        if (!(error instanceof BackupError)) throw error;
      }
    }
  });
});

it('scrypt with the parameters of every new file is within the bounds', () => {
  expect(flawOfScrypt({ n: 2 ** 17, r: 8, p: 1, salt: fromHex('00'.repeat(32)) as Uint8Array })).toBeUndefined();
  expect(() => deriveKey('x', { n: 2 ** 40, r: 8, p: 1, salt: new Uint8Array(32) }, 32)).toThrow(RangeError);
});

// biome-ignore lint/suspicious/noExplicitAny: a file's JSON, changed at will
function withKey(backup: any, kdfparamsOf: (key: any) => unknown): unknown {
  const [first, ...others] = backup.keys;
  return { ...backup, keys: [{ ...first, crypto: { ...first.crypto, kdfparams: kdfparamsOf(first) } }, ...others] };
}
