import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Ran, ROOT, run } from './process.ts';

const VERSION = process.versions.node;
const BINARY_FILE = `node_modules/node/bin/node${process.platform === 'win32' ? '.exe' : ''}`;
const BINARY = 'the binary that npm has fetched';
const HASH = createHash('sha256').update(BINARY).digest('hex');
const PLATFORM = `${process.platform}-${process.arch}`;

/** A project in which npm has installed this Node.js. */
let tree: string;

function put(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
  writeFileSync(path.join(tree, file), text);
}

function putHashes(version: string, sha256: Readonly<Record<string, string>>): void {
  put('.ci/node-hashes.json', JSON.stringify({ version, sha256 }));
}

function check(...args: readonly string[]): Promise<Ran> {
  return run(process.execPath, [path.join(tree, '.ci/check-node.mjs'), ...args], { timeoutMs: 30_000 });
}

beforeEach(() => {
  tree = mkdtempSync(path.join(tmpdir(), 'sett-check-node-'));
  putHashes(VERSION, { [PLATFORM]: HASH });
  copyFileSync(path.join(ROOT, '.ci/check-node.mjs'), path.join(tree, '.ci/check-node.mjs'));
  put('node_modules/node/package.json', JSON.stringify({ version: VERSION }));
  put(BINARY_FILE, BINARY);
});

afterEach(() => rmSync(tree, { recursive: true, force: true }));

test('the binary with the recorded hash passes without a word', async () => {
  expect(await check()).toMatchObject({ code: 0, output: '' });
  expect(await check('--binary')).toMatchObject({ code: 0, output: '' });
});

test('a binary with one byte more is refused, and both hashes are said', async () => {
  put(BINARY_FILE, `${BINARY}.`);
  for (const args of [[], ['--binary']]) {
    const { code, output } = await check(...args);
    expect(code).toBe(1);
    expect(output).toContain(`is not the Node ${VERSION} that Sett expects`);
    expect(output).toContain(HASH);
    expect(output).toContain(createHash('sha256').update(`${BINARY}.`).digest('hex'));
    expect(output).toContain('Start nothing with it');
  }
});

test('a platform without a recorded hash is told so, and goes on', async () => {
  putHashes(VERSION, { 'plan9-mips': HASH });
  const { code, output } = await check();
  expect(code).toBe(0);
  expect(output).toContain(`no hash for ${PLATFORM}`);
});

test('hashes of another version are refused', async () => {
  putHashes('1.2.3', { [PLATFORM]: HASH });
  const { code, output } = await check();
  expect(code).toBe(1);
  expect(output).toContain(`Node ${VERSION} is installed, .ci/node-hashes.json is for 1.2.3`);
});

test('without the binary the machine may bring the same version itself, but there is nothing to check', async () => {
  rmSync(path.join(tree, 'node_modules/node/bin'), { recursive: true });
  expect(await check()).toMatchObject({ code: 0, output: '' });
  const { code, output } = await check('--binary');
  expect(code).toBe(1);
  expect(output).toContain(`npm ci has not fetched Node ${VERSION}`);
});

test('another Node.js than the installed one is refused, though the installed one is good', async () => {
  put('node_modules/node/package.json', JSON.stringify({ version: '1.2.3' }));
  putHashes('1.2.3', { [PLATFORM]: HASH });
  expect(await check('--binary')).toMatchObject({ code: 0, output: '' });
  const { code, output } = await check();
  expect(code).toBe(1);
  expect(output).toContain(`This is Node ${VERSION}, Sett runs on 1.2.3`);
});
