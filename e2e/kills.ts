/** `npm run kills -- 50`: kill −9 of a headless producer under load so many times (`support/kill-rounds.ts`). */
import { killRounds } from './support/kill-rounds.ts';
import { openHeadlessWorld } from './support/node-process.ts';

const rounds = Number(process.argv[2] ?? 50);
const world = await openHeadlessWorld();
try {
  const result = await killRounds(world, rounds, (line) => console.error(line));
  console.log(
    `${result.rounds} kills, ${result.acknowledged} posts acknowledged, ${result.blocks} blocks: nothing lost, nothing twice, nothing contradicted`,
  );
} finally {
  await world.end();
}
