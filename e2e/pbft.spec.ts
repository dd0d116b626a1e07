/** PBFT in real tabs: appointed by the owner's agreement, a leader whose process dies, and the two engines swapped while posts pour in. */
import { expect, test } from './support/app-test.ts';
import { appoint, askForProducers, changeIsFinal, pubkeysOf } from './support/appoint.ts';
import type { Person } from './support/person.ts';

const NAME = 'Setts with a leader';

interface LiveView {
  readonly view: number;
  readonly primary: string;
  readonly is_changing: boolean;
}

async function viewOf(person: Person, groupId: string): Promise<LiveView | undefined> {
  return (await person.api(`/api/v1/group/${groupId}/consensus/live`)).body.view;
}

/** The part of the page that tells how the producers are. */
const panel = (person: Person) => person.page.getByRole('region', { name: 'Making blocks' });

async function expectOneChain(people: readonly Person[], groupId: string): Promise<void> {
  const [first, ...others] = people;
  const top = (await first?.topBlock(groupId)) ?? 0;
  for (const person of others) await expect.poll(() => person.topBlock(groupId)).toBeGreaterThanOrEqual(top);
  const chain = (await first?.chain(groupId))?.slice(0, top);
  for (const person of others) expect((await person.chain(groupId)).slice(0, top)).toEqual(chain);
}

test('four tabs under PBFT: posts become final; the leader’s tab dies, another leads, and posts go on; then the engines are swapped (P-7 to P-14)', async ({
  arrive,
}) => {
  test.setTimeout(600_000);
  const producers = [await arrive(), await arrive(), await arrive(), await arrive()] as const;
  const user = await arrive();
  const everybody = [...producers, user];
  const [owner, ...others] = producers;
  const groupId = await owner.createGroup(NAME);
  const seed = await owner.copySeed();
  for (const guest of [...others, user]) await guest.join(seed, NAME);
  await appoint(owner, groupId, producers, everybody, { engine: 'pbft' });
  for (const person of everybody) await expect(panel(person)).toContainText('4 producers, 4 online, 3 needed');

  for (const [index, person] of everybody.entries()) await person.post(`From tab ${index}.`);
  for (const person of everybody) {
    for (const index of everybody.keys()) await person.seesFinal(`From tab ${index}.`);
  }
  await expectOneChain(everybody, groupId);
  const { body: newest } = await user.api(`/api/v1/block/${groupId}/${await user.topBlock(groupId)}`);
  expect(newest.Seals.length).toBeGreaterThanOrEqual(3);
  // The votes that decided it: checked by this user's node before it kept them.
  expect(newest.Evidence.length).toBeGreaterThan(0);

  const keys = await pubkeysOf(producers, groupId);
  const before = await viewOf(owner, groupId);
  const leader = producers[keys.indexOf(before?.primary ?? '')] as Person;
  const left = producers.filter((person) => person !== leader);
  const [witness] = left as [Person];
  await leader.crashTab();
  await user.post('The leader is gone.');
  for (const person of [...left, user]) await person.seesFinal('The leader is gone.');
  expect((await viewOf(witness, groupId))?.view).toBeGreaterThan(before?.view ?? 0);
  await leader.openTab(`#/group/${groupId}`);
  await leader.seesFinal('The leader is gone.');
  await expect(panel(owner)).toContainText('4 producers, 4 online, 3 needed');

  // Swapped there and back while the user posts.
  let isOver = false;
  const texts: string[] = [];
  const posting = (async () => {
    while (!isOver) {
      const text = `Number ${texts.length}`;
      const { status } = await user.api(`/api/v1/group/${groupId}/content`, { data: { type: 'Note', content: text } });
      expect(status).toBe(200);
      texts.push(text);
    }
  })();
  for (const [index, engine] of (['hbbft', 'pbft'] as const).entries()) {
    const requested = await askForProducers(owner, groupId, keys, { engine, startFromEpoch: 10_000 * (index + 1) });
    await changeIsFinal(everybody, groupId, requested);
    const count = texts.length;
    await expect.poll(() => texts.length).toBeGreaterThan(count + 3);
    for (const person of producers) {
      await expect.poll(async () => (await viewOf(person, groupId)) !== undefined, { timeout: 30_000 }).toBe(engine === 'pbft');
    }
  }
  isOver = true;
  await posting;
  const wanted = new Set(texts);
  for (const person of everybody) {
    const finalOnes = async () => (await person.finalTexts(groupId)).filter((text) => wanted.has(text)).sort();
    await expect.poll(finalOnes, { timeout: 60_000 }).toEqual([...texts].sort());
  }
  await expectOneChain(everybody, groupId);
});

test('the page shows who leads and how far each replica is; the form says when which engine is better', async ({ arrive }) => {
  test.setTimeout(300_000);
  const [owner, other] = [await arrive(), await arrive()];
  const groupId = await owner.createGroup(NAME);
  await other.join(await owner.copySeed(), NAME);
  await appoint(owner, groupId, [owner, other], [owner, other], { engine: 'pbft' });
  await owner.page.goto(`${new URL(owner.page.url()).origin}/#/group/${groupId}/consensus`);
  const view = owner.page.getByRole('region', { name: 'The running view' });
  await expect(view).toContainText('View 0');
  await expect(view).toContainText('leads');
  await expect(view).toContainText('Prepared');
  await owner.page.getByRole('link', { name: 'Change consensus' }).click();
  await expect(owner.page.getByRole('radio', { name: /PBFT/ })).toBeChecked();
  await expect(owner.page.getByRole('group', { name: 'Encrypt proposals' })).toHaveCount(0);
  await owner.page.getByRole('radio', { name: /HoneyBadgerBFT/ }).check();
  await expect(owner.page.getByRole('group', { name: 'Encrypt proposals' })).toHaveCount(1);
});
