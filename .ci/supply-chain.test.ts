import { describe, expect, test } from 'vitest';
import type { LockEntry, Lockfile } from './lockfile.ts';
import { type Sbom, sbomProblems } from './sbom.ts';
import { installedProblems, lockfileProblems, nodeHashProblems } from './supply-chain.ts';

const SHA512 = `sha512-${'A'.repeat(86)}==`;
const GOOD: LockEntry = { version: '1.0.0', integrity: SHA512, license: 'MIT' };

/** A project that asks for `inner` by way of `outer`. */
function lockWith(inner: LockEntry): Lockfile {
  return {
    packages: {
      '': { version: '0.1.0', license: 'MIT', dependencies: { outer: '^1.0.0' } },
      'node_modules/outer': { ...GOOD, dependencies: { inner: '^1.0.0' } },
      'node_modules/outer/node_modules/inner': inner,
    },
  };
}

describe('the lockfile', () => {
  test('with a hash and an allowed licence for everything has no problems', () => {
    expect(lockfileProblems(lockWith(GOOD), [])).toEqual([]);
  });

  const withoutHash: LockEntry = { version: '1.0.0', license: 'MIT' };
  const withoutLicence: LockEntry = { version: '1.0.0', integrity: SHA512 };
  test.each<[string, LockEntry, string]>([
    ['no hash', withoutHash, 'the lockfile has no hash of it'],
    ['an old hash', { ...GOOD, integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }, 'its hash is not a single SHA-512'],
    [
      'an old hash beside a good one',
      { ...GOOD, integrity: `sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= ${SHA512}` },
      'not a single SHA-512',
    ],
    ['half a hash', { ...GOOD, integrity: 'sha512-AAAA==' }, 'its hash is not a single SHA-512'],
    ['no licence', withoutLicence, 'the lockfile names no licence'],
    ['a licence that is not on the list', { ...GOOD, license: 'WTFPL' }, 'its licence is WTFPL, which is not on the list'],
    ['a licence that is for tools only', { ...GOOD, license: 'BlueOak-1.0.0' }, 'its licence is BlueOak-1.0.0'],
    ['a script', { ...GOOD, hasInstallScript: true }, 'it runs a script at installation'],
    [
      'a repository',
      { ...GOOD, resolved: 'git+ssh://git@example.org/inner.git#0123456' },
      'it does not come from the registry but from git+ssh://git@example.org/inner.git#0123456',
    ],
    ['an archive', { ...GOOD, resolved: 'https://example.org/inner.tgz' }, 'it does not come from the registry'],
  ])('with %s is refused, and says which package and how it is reached', (_, inner, problem) => {
    const problems = lockfileProblems(lockWith(inner), ['outer']);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^inner@1\.0\.0: /);
    expect(problems[0]).toContain(problem);
    expect(problems[0]).toMatch(/ \(outer → inner\)$/);
  });

  test('may hold a script that somebody has looked at, and a licence for tools in a tool', () => {
    expect(lockfileProblems(lockWith({ ...GOOD, hasInstallScript: true }), ['inner'])).toEqual([]);
    expect(lockfileProblems(lockWith({ ...GOOD, license: 'BlueOak-1.0.0', dev: true }), [])).toEqual([]);
  });

  test('is judged by the name of a package, not by that of its alias', () => {
    const aliased = { ...GOOD, name: 'stranger', hasInstallScript: true };
    expect(lockfileProblems(lockWith(aliased), ['inner'])).toEqual([
      expect.stringMatching(/^stranger@1\.0\.0: it runs a script/),
    ]);
  });

  test('may link to folders of ours, and to no others', () => {
    const link = (resolved: string): Lockfile => ({
      packages: {
        '': { dependencies: { mine: 'file:./src/mine' } },
        'node_modules/mine': { resolved, link: true },
        [resolved]: { version: '1.0.0', license: 'MIT' },
      },
    });
    expect(lockfileProblems(link('src/mine'), [])).toEqual([]);
    expect(lockfileProblems(link('../elsewhere'), [])).toEqual([
      'node_modules/mine: a link to ../elsewhere, which is not in src',
    ]);
  });

  test.each([
    ['MIT OR WTFPL', true],
    ['(WTFPL OR ISC)', true],
    ['WTFPL OR GPL-3.0-only', false],
    ['Apache-2.0 AND MIT', true],
    ['MIT AND WTFPL', false],
    ['WTFPL AND MIT', false],
    ['MIT OR WTFPL AND GPL-3.0-only', true],
    ['(MIT OR WTFPL) AND GPL-3.0-only', false],
    ['(MIT OR WTFPL) AND (ISC OR GPL-3.0-only)', true],
    ['MPL-2.0', true],
    ['MPL 2.0', true],
    ['MIT 2.0', false],
    ['Apache-2.0 WITH LLVM-exception', false],
    ['SEE LICENSE IN LICENSE', false],
    ['UNLICENSED', false],
    ['(MIT', false],
    ['MIT OR', false],
    ['MIT)', false],
    ['', false],
  ])('takes the licence %j: %s', (license, isTaken) => {
    expect(lockfileProblems(lockWith({ ...GOOD, license }), [])).toHaveLength(isTaken ? 0 : 1);
  });
});

describe('what is installed', () => {
  const lock = lockWith(GOOD);
  const manifests: Readonly<Record<string, object>> = {
    'node_modules/outer': { name: 'outer', version: '1.0.0', license: 'MIT' },
  };

  test('may be less than the lockfile: other platforms have other packages', () => {
    expect(installedProblems(lock, (folder) => manifests[folder])).toEqual([]);
  });

  test.each([
    [{ name: 'stranger' }, 'name is stranger, the lockfile says inner'],
    [{ version: '1.0.1' }, 'version is 1.0.1, the lockfile says 1.0.0'],
    [{ license: 'WTFPL' }, 'licence is WTFPL, the lockfile says MIT'],
    [{ scripts: { postinstall: 'node mine.js' } }, 'script at installation is true, the lockfile says false'],
  ])('is what the lockfile says: not with %j', (changed, problem) => {
    const manifestOf = (folder: string) =>
      folder.endsWith('inner') ? { name: 'inner', version: '1.0.0', license: 'MIT', ...changed } : manifests[folder];
    expect(installedProblems(lock, manifestOf)).toEqual([`node_modules/outer/node_modules/inner: ${problem}`]);
  });
});

describe('the hashes of Node.js', () => {
  const lock: Lockfile = { packages: { 'node_modules/node': { ...GOOD, version: '24.1.0' } } };
  const hash = '0'.repeat(64);

  test('are for the version in the lockfile, and for the platform of our own checks', () => {
    expect(nodeHashProblems(lock, { version: '24.1.0', sha256: { 'linux-x64': hash } })).toEqual([]);
    expect(nodeHashProblems(lock, { version: '24.0.0', sha256: { 'linux-x64': hash } })).toEqual([
      '.ci/node-hashes.json is for Node 24.0.0, the lockfile has 24.1.0. Run: npm run node-hashes',
    ]);
    expect(nodeHashProblems(lock, { version: '24.1.0', sha256: { 'darwin-arm64': hash } })).toEqual([
      '.ci/node-hashes.json has no hash for linux-x64',
    ]);
    expect(nodeHashProblems(lock, { version: '24.1.0', sha256: { 'linux-x64': 'abc' } })).toEqual([
      '.ci/node-hashes.json: not a SHA-256 for linux-x64: abc',
    ]);
  });
});

describe('an SBOM', () => {
  const lock = lockWith(GOOD);
  const hashes = [{ alg: 'SHA-512' }];
  const licenses = [{ license: { id: 'MIT' } }];
  const outer = { 'bom-ref': 'outer@1.0.0', hashes, licenses };
  const sbomWith = (...components: Sbom['components']): Sbom => ({ bomFormat: 'CycloneDX', components });

  test('lists every package with hash and licence', () => {
    expect(sbomProblems(sbomWith(outer, { 'bom-ref': 'inner@1.0.0', hashes, licenses }), lock)).toEqual([]);
    expect(sbomProblems(sbomWith(outer), lock)).toEqual(['inner@1.0.0: the SBOM does not list it']);
    expect(sbomProblems(sbomWith(outer, { 'bom-ref': 'inner@1.0.0' }), lock)).toEqual([
      'inner@1.0.0: the SBOM has no SHA-512 of it',
      'inner@1.0.0: the SBOM names no licence',
    ]);
  });
});
