import { setTimeout as delay } from 'node:timers/promises';
import { appoint } from '../e2e/support/appoint.ts';
import { Person } from '../e2e/support/person.ts';
import { withApp } from './app.ts';
import { type Benchmark, figure } from './benchmark.ts';
import { HeapScale } from './heap.ts';

const PRODUCERS = 7;
const MINUTE_MS = 60_000;
const MINUTES = 10;
const POST_EVERY_MS = 1_000;
/** A heap that has settled after this many minutes is what the last one is held against. */
const SETTLED_AFTER_MINUTES = 2;
const END_TIMEOUT_MS = 3 * MINUTE_MS;
const END_POLL_MS = 500;
const NAME = 'Soak';
const BYTES_PER_MB = 1e6;

interface Place {
  readonly person: Person;
  readonly scale: HeapScale;
}

interface Weights {
  readonly page: number[];
  readonly worker: number[];
}

async function weighAll(places: readonly Place[]): Promise<Weights> {
  const weights: Weights = { page: [], worker: [] };
  for (const { scale } of places) {
    const { page, workers } = await scale.weigh();
    weights.page.push(page);
    weights.worker.push(workers);
  }
  return weights;
}

async function epochsOf(people: readonly Person[], groupId: string): Promise<number[]> {
  return Promise.all(
    people.map(async (person) => (await person.api(`/api/v1/group/${groupId}/consensus/live`)).body.epoch as number),
  );
}

/** Waits until every acknowledged post is final on all of them. Throws for those that are not. */
async function allFinal(people: readonly Person[], groupId: string, trxIds: readonly string[]): Promise<void> {
  const endMs = Date.now() + END_TIMEOUT_MS;
  for (const person of people) {
    for (const trxId of trxIds) {
      while ((await person.api(`/api/v1/trx/${groupId}/${trxId}/status`)).body.status !== 'Committed') {
        if (Date.now() > endMs) throw new Error(`${trxId} was acknowledged and is not final everywhere.`);
        await delay(END_POLL_MS);
      }
    }
  }
}

async function oneChain(people: readonly Person[], groupId: string): Promise<number> {
  const endMs = Date.now() + END_TIMEOUT_MS;
  for (;;) {
    const chains = await Promise.all(people.map((person) => person.chain(groupId)));
    const [first] = chains;
    if (first && new Set(chains.map((chain) => JSON.stringify(chain))).size === 1) return first.length;
    if (Date.now() > endMs) throw new Error(`The chains differ: ${chains.map((chain) => chain.length).join(', ')} blocks.`);
    await delay(END_POLL_MS);
  }
}

export const soak: Benchmark = {
  name: 'soak',
  sentence:
    `${PRODUCERS} producers in one Chromium for ${MINUTES} minutes, default interval, one post a second in turn: one chain at the end, how far epochs are apart, ` +
    'and the heap after a collection, held against the one after two minutes.',
  run: ({ progress }) =>
    withApp(async ({ origin, oneBrowser }) => {
      const browser = await oneBrowser();
      const people: Person[] = [];
      for (let place = 0; place < PRODUCERS; place++) people.push(await Person.arrive(browser, origin));
      const [owner, ...others] = people;
      if (!owner) throw new RangeError('nobody is there');
      const groupId = await owner.createGroup(NAME);
      const seed = await owner.copySeed();
      for (const guest of others) await guest.join(seed, NAME);
      progress(`${PRODUCERS} tabs in one group; the owner asks for their agreement.`);
      await appoint(owner, groupId, people, people, { encryption: undefined });
      const places: Place[] = [];
      for (const person of people) places.push({ person, scale: await HeapScale.of(person.page) });

      const trxIds: string[] = [];
      const takenMs: number[] = [];
      const apart: number[] = [];
      const startMs = Date.now();
      const started = { blocks: await owner.topBlock(groupId), epoch: (await epochsOf([owner], groupId))[0] ?? 0 };
      let settled: Weights | undefined;
      for (let number = 0; ; number++) {
        const dueMs = startMs + number * POST_EVERY_MS;
        if (dueMs >= startMs + MINUTES * MINUTE_MS) break;
        await delay(Math.max(0, dueMs - Date.now()));
        const askedMs = performance.now();
        const author = people[number % people.length] ?? owner;
        const { status, body } = await author.api(`/api/v1/group/${groupId}/content`, {
          data: { type: 'Note', content: `Post ${number}, one a second.` },
        });
        if (status !== 200) throw new Error(`Post ${number}: ${JSON.stringify(body)}`);
        takenMs.push(performance.now() - askedMs);
        trxIds.push(body.trx_id);
        if ((number + 1) % (MINUTE_MS / POST_EVERY_MS) !== 0) continue;
        const minute = (number + 1) / (MINUTE_MS / POST_EVERY_MS);
        const epochs = await epochsOf(people, groupId);
        apart.push(Math.max(...epochs) - Math.min(...epochs));
        if (minute === SETTLED_AFTER_MINUTES) settled = await weighAll(places);
        progress(`Minute ${minute}: ${trxIds.length} posts, epochs ${epochs.join(' ')}, head ${await owner.topBlock(groupId)}.`);
      }
      const epochs = await epochsOf(people, groupId);
      const durationMs = Date.now() - startMs;
      await allFinal(people, groupId, trxIds);
      const blocks = await oneChain(people, groupId);
      const last = await weighAll(places);
      if (!settled) throw new Error('The heap was not weighed.');
      const growth = (at: 'page' | 'worker') => last[at].map((bytes, place) => bytes / (settled?.[at][place] ?? Number.NaN));
      const both = last.page.map(
        (bytes, place) =>
          (bytes + (last.worker[place] ?? 0)) / ((settled?.page[place] ?? 0) + (settled?.worker[place] ?? Number.NaN)),
      );
      const inMb = (bytes: readonly number[]) => bytes.map((each) => each / BYTES_PER_MB);
      return {
        figures: [
          { name: 'posts, all final everywhere', value: trxIds.length, unit: 'posts' },
          { name: 'blocks, equal everywhere', value: blocks - started.blocks, unit: 'blocks' },
          { name: 'epochs', value: Math.max(...epochs) - started.epoch, unit: 'epochs' },
          { name: 'epochs apart at the end', value: Math.max(...epochs) - Math.min(...epochs), unit: 'epochs' },
          figure('epochs apart, each minute', 'epochs', apart),
          figure('post acknowledged after', 'ms', takenMs),
          figure(`heap of worker at minute ${SETTLED_AFTER_MINUTES}`, 'MB', inMb(settled.worker)),
          figure(`heap of worker at minute ${MINUTES}`, 'MB', inMb(last.worker)),
          figure('times the heap of worker', '×', growth('worker')),
          figure('times the heap of page', '×', growth('page')),
          figure('times the heap of tab', '×', both),
        ],
        reference: [{ name: 'epochs that the interval allows', value: durationMs / 1_000, unit: 'epochs' }],
      };
    }),
};
