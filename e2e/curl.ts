/** `npm run curl`: the curl commands of the family's document against two headless nodes on ports 8002 and 8003, each shown with its answer. */
import { stringifyExact } from '../src/records/index.ts';
import { runDocument } from './support/curl-commands.ts';
import { openHeadlessWorld } from './support/node-process.ts';

const world = await openHeadlessWorld();
try {
  const [owner, user] = [await world.start({ port: 8002 }), await world.start({ port: 8003 })];
  await runDocument(owner, user, ({ command, answer }) => console.log(`$ ${command}\n${stringifyExact(answer)}\n`));
  console.log('Every answer has the names that the document prints.');
} finally {
  await world.end();
}
