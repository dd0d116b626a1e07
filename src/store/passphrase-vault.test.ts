import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeKeyFile, openPassphraseVault, WrongPassphraseError } from './passphrase-vault.ts';

describe('the vault under a passphrase', () => {
  it('opens what it sealed, after a restart too, and seals the same twice differently', async () => {
    const file = await makeKeyFile('correct horse');
    const [first, later] = [await openPassphraseVault(file, 'correct horse'), await openPassphraseVault(file, 'correct horse')];
    const sealed = await first.seal(Uint8Array.of(1, 2, 3));
    expect(await later.open(sealed)).toEqual(Uint8Array.of(1, 2, 3));
    expect(await first.seal(Uint8Array.of(1, 2, 3))).not.toEqual(sealed);
    expect(await later.open(await first.seal(new Uint8Array(0)))).toEqual(new Uint8Array(0));
  });

  it('takes a passphrase however its accents are typed, and no other', async () => {
    const file = await makeKeyFile('caf\u00e9 passphrase');
    await openPassphraseVault(file, 'cafe\u0301 passphrase');
    await expect(openPassphraseVault(file, 'cafe passphrase')).rejects.toBeInstanceOf(WrongPassphraseError);
  });

  it('refuses bytes of another vault, and any that were changed', async () => {
    const vault = await openPassphraseVault(await makeKeyFile('correct horse'), 'correct horse');
    const other = await openPassphraseVault(await makeKeyFile('correct horse'), 'correct horse');
    const sealed = await vault.seal(Uint8Array.of(1, 2, 3));
    await expect(other.open(sealed)).rejects.toThrow(/backup/);
    for (let index = 0; index < sealed.length; index++) {
      const changed = Uint8Array.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      await expect(vault.open(changed)).rejects.toThrow(/backup/);
      await expect(vault.open(sealed.slice(0, index))).rejects.toThrow(/backup/);
    }
  });

  it('shows nothing of passphrase and key in its file', async () => {
    const file = await makeKeyFile('correct horse');
    expect(file).not.toContain('correct');
    expect(await makeKeyFile('correct horse')).not.toBe(file);
  });

  it('refuses whatever is no key file, without taking the memory that it asks for', async () => {
    const file = JSON.parse(await makeKeyFile('correct horse'));
    for (const change of [
      { version: 2 },
      { kdf: 'none' },
      { n: 2 ** 30 },
      { n: -1 },
      { r: 'x' },
      { salt: undefined },
      { key: 1 },
    ]) {
      await expect(openPassphraseVault(JSON.stringify({ ...file, ...change }), 'correct horse')).rejects.toThrow();
    }
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
        await expect(openPassphraseVault(text, 'x')).rejects.toThrow();
      }),
      { numRuns: 50 },
    );
  });
});
