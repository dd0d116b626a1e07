/** `npm run curl`: the curl commands of the family's document against headless nodes on ports 8002, 8003 and 8004, each shown with its answer. */
import { stringifyExact } from '../src/records/index.ts';
import { runDocument } from './support/curl-commands.ts';
import { openHeadlessWorld } from './support/node-process.ts';

const world = await openHeadlessWorld();
try {
  const [owner, ...users] = [
    await world.start({ port: 8002 }),
    await world.start({ port: 8003 }),
    await world.start({ port: 8004 }),
  ] as const;
  await runDocument(owner, users, ({ command, answer }) => console.log(`$ ${command}\n${stringifyExact(answer)}\n`));
  console.log('Every answer has the names and types that the document prints.');
} finally {
  await world.end();
}
