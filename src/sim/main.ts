/**
 * `npm run sim -- [--seeds N] [--first-seed K]`: runs simulated worlds, each from its own seed. Ends with `N passed, N failed`; a
 * failure prints the command that replays it.
 */
import { parseArgs } from 'node:util';
import { runOneProducer } from './index.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    'first-seed': { type: 'string', default: '1' },
  },
});

function count(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--${name} takes a whole number from 1 on, not ${text}.`);
  return number;
}

const seeds = count('seeds', values.seeds);
const firstSeed = count('first-seed', values['first-seed']);
let passed = 0;
let failed = 0;
for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
  try {
    await runOneProducer(seed);
    passed += 1;
  } catch (error) {
    failed += 1;
    console.log(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    console.log(`  replay: npm run sim -- --first-seed ${seed} --seeds 1`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
