/** Four producers in four browsers, and two users: appointed by their owner, HoneyBadgerBFT with real threshold cryptography, tab to tab. */
import { test as base, expect } from './support/app-test.ts';
import { appoint, pubkeysOf } from './support/appoint.ts';
import type { Person } from './support/person.ts';

const NAME = 'Four setts';

interface FourProducers {
  readonly groupId: string;
  readonly producers: readonly [Person, Person, Person, Person];
  readonly user: Person;
  /** Producers and two users. */
  readonly everybody: readonly Person[];
}

const test = base.extend<{ readonly four: FourProducers }>({
  four: async ({ arrive }, use) => {
    const producers: FourProducers['producers'] = [await arrive(), await arrive(), await arrive(), await arrive()];
    const [user, another] = [await arrive(), await arrive()];
    const everybody = [...producers, user, another];
    const [owner, ...others] = producers;
    const groupId = await owner.createGroup(NAME);
    const seed = await owner.copySeed();
    for (const guest of [...others, user, another]) await guest.join(seed, NAME);
    await appoint(owner, groupId, producers, everybody);
    for (const person of everybody) await expect(panel(person)).toContainText('4 producers, 4 online, 3 needed');
    await use({ groupId, producers, user, everybody });
  },
});

test.beforeEach(() => test.setTimeout(420_000));

/** The part of the page that tells how the producers are. */
const panel = (person: Person) => person.page.getByRole('region', { name: 'Making blocks' });

/** What is said of the pause to whoever would post. */
const paused = (person: Person) => person.page.getByRole('status').filter({ hasText: 'Paused' });

/** Who sealed a person's newest block. */
async function sealsOfNewest(person: Person, groupId: string): Promise<string[]> {
  const { body } = await person.api(`/api/v1/block/${groupId}/${await person.topBlock(groupId)}`);
  return body.Seals.map((seal: { ProducerPubkey: string }) => seal.ProducerPubkey).sort();
}

async function expectOneChain(people: readonly Person[], groupId: string): Promise<void> {
  const [first, ...others] = people;
  const chain = await first?.chain(groupId);
  for (const person of others) expect(await person.chain(groupId)).toEqual(chain);
}

const comeBack = (person: Person, groupId: string): Promise<void> => person.openTab(`#/group/${groupId}`);

test('posts of four producers and two users become final everywhere, in one chain that three seal (C-18, C-19, C-21)', async ({
  four,
}) => {
  const { groupId, producers, everybody } = four;
  for (const [index, person] of everybody.entries()) await person.post(`From tab ${index}.`);
  for (const person of everybody) {
    for (const index of everybody.keys()) await person.seesFinal(`From tab ${index}.`);
  }
  await expectOneChain(everybody, groupId);
  const keys = await pubkeysOf(producers, groupId);
  for (const person of everybody) {
    const { body } = await person.api(`/api/v1/block/${groupId}/${await person.topBlock(groupId)}`);
    const sealers = await sealsOfNewest(person, groupId);
    expect(new Set(sealers).size).toBeGreaterThanOrEqual(3);
    expect(sealers.every((key) => keys.includes(key))).toBe(true);
    expect(body.ProducerSign).toBeUndefined();
    const { body: live } = await person.api(`/api/v1/group/${groupId}/consensus/live`);
    expect(live.producers.map(({ faults }: { faults: object }) => faults)).toEqual([{}, {}, {}, {}]);
  }
  for (const [one, other] of producers.flatMap((one, index) =>
    producers.slice(index + 1).map((other) => [one, other] as const),
  )) {
    const peerId = await other.peerId();
    await expect.poll(async () => (await one.connections()).get(peerId)?.path).toBe('webrtc');
  }
});

test('the group goes on without one producer, which catches up when it is back and is needed for the next block (C-22, C-23)', async ({
  four,
}) => {
  const { groupId, producers, user, everybody } = four;
  const [a, b, c, d] = producers;
  const keysOf = async (people: readonly Person[]) => (await pubkeysOf(people, groupId)).sort();
  const [withoutD, withoutC] = [await keysOf([a, b, c]), await keysOf([a, b, d])];

  await d.closeTab();
  for (const person of [a, b, c]) await expect(panel(person)).toContainText('4 producers, 3 online, 3 needed');
  await user.post('One is away.');
  for (const person of [a, b, c, user]) await person.seesFinal('One is away.');
  for (const person of [a, b, c, user]) expect(await sealsOfNewest(person, groupId)).toEqual(withoutD);

  await comeBack(d, groupId);
  await d.seesFinal('One is away.');
  for (const person of producers) await expect(panel(person)).toContainText('4 producers, 4 online, 3 needed');
  await c.closeTab();
  for (const person of [a, b, d]) await expect(panel(person)).toContainText('4 producers, 3 online, 3 needed');
  await d.post('Now another is.');
  for (const person of [a, b, d, user]) await person.seesFinal('Now another is.');
  for (const person of [a, b, d, user]) expect(await sealsOfNewest(person, groupId)).toEqual(withoutC);

  await comeBack(c, groupId);
  await c.seesFinal('Now another is.');
  await expectOneChain(everybody, groupId);
});

test('with two of four away nothing becomes final and nothing is lost; it goes on when they are back (C-21, C-24, S-2)', async ({
  four,
}) => {
  const { groupId, producers, user, everybody } = four;
  const [a, b, c, d] = producers;
  await b.post('Before.');
  for (const person of everybody) await person.seesFinal('Before.');
  const chain = await a.chain(groupId);

  for (const person of [c, d]) await person.closeTab();
  for (const person of [a, b]) {
    await expect(panel(person)).toContainText('4 producers, 2 online, 3 needed');
    await expect(paused(person)).toContainText('2 online, 3 needed');
    await expect(paused(person)).toContainText('posts wait where they were written');
  }
  await a.post('From a producer.');
  await user.post('From the user.');
  // The two who are here have each other's proposals, and perhaps what a third said before it went: nothing more can happen.
  const echoes = async (person: Person): Promise<number[]> => {
    const { body } = await person.api(`/api/v1/group/${groupId}/consensus/live`);
    type Producer = { link: string; proposal?: { broadcast: { echoes: number } } };
    return (body.producers as Producer[])
      .filter(({ link }) => link !== 'away')
      .map(({ proposal }) => proposal?.broadcast.echoes ?? 0);
  };
  for (const person of [a, b])
    await expect.poll(async () => (await echoes(person)).map((count) => count >= 2)).toEqual([true, true]);
  await expect(a.article('From a producer.')).toContainText('Pending');
  await expect(user.article('From the user.')).toContainText('Pending');
  for (const person of [a, b, user]) expect(await person.chain(groupId)).toEqual(chain);

  await comeBack(c, groupId);
  for (const person of [a, b, c, user]) {
    for (const text of ['From a producer.', 'From the user.']) await person.seesFinal(text);
  }
  await comeBack(d, groupId);
  await d.seesFinal('From the user.');
  for (const person of everybody) expect((await person.chain(groupId)).slice(0, chain.length)).toEqual(chain);
  await expectOneChain(everybody, groupId);
});
