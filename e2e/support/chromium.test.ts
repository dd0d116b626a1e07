import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findChromium } from './chromium.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sett-chromium-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function place(file: string): string {
  const executable = path.join(folder, file);
  mkdirSync(path.dirname(executable), { recursive: true });
  writeFileSync(executable, '');
  return executable;
}

test('the executable that CHROMIUM names comes first, then the system, then the downloaded one', () => {
  const named = place('mine');
  const system = place('b/chromium');
  const downloaded = place('downloaded');
  const env = { PATH: [path.join(folder, 'a'), path.join(folder, 'b')].join(path.delimiter) };

  expect(findChromium({ env: { ...env, CHROMIUM: named }, playwrightPath: downloaded })).toBe(named);
  expect(findChromium({ env: { ...env, CHROMIUM: '' }, playwrightPath: downloaded })).toBe(system);
  expect(findChromium({ env: {}, playwrightPath: downloaded })).toBe(downloaded);
});

test('nothing is found on a machine without a browser; a folder of that name is none', () => {
  mkdirSync(path.join(folder, 'a', 'chromium'), { recursive: true });

  expect(findChromium({ env: { PATH: path.join(folder, 'a') }, playwrightPath: path.join(folder, 'nowhere') })).toBeUndefined();
});

test('a CHROMIUM that leads nowhere is said, not passed over', () => {
  expect(() => findChromium({ env: { CHROMIUM: path.join(folder, 'gone') }, playwrightPath: '' })).toThrow('gone');
});
