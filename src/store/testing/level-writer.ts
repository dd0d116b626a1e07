/** A process that writes to a store until it is killed, and tells its parent what it has been told is written. */
import { openLevelStore } from '../level.ts';

const [directory = '', round = ''] = process.argv.slice(2);
const store = await openLevelStore({ directory, fence: true });
for (let index = 0; ; index++) {
  const key = `${round}/${String(index).padStart(9, '0')}`;
  const value = new Uint8Array(index % 3_000).fill(index);
  await store.write(
    [
      { table: 'kv', key, value },
      { table: 'log', key, value },
    ],
    index % 10 === 0 ? 'strict' : 'relaxed',
  );
  process.send?.(index);
}
