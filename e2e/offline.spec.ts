/**
 * The producer is away while somebody posts. Nothing is lost, and everything becomes final when it is back. The browser's own switch for
 * being offline spares WebRTC: whoever is cut off here has none, and reaches others through the relay.
 */
import { expect, test } from './support/app-test.ts';
import type { Person } from './support/person.ts';

/** A has made a group that B is in, and B's first post is final. */
async function meet(a: Person, b: Person, name: string): Promise<string> {
  const groupId = await a.createGroup(name);
  await b.join(await a.copySeed(), name);
  await b.post('While everybody is here.');
  for (const person of [a, b]) await person.seesFinal('While everybody is here.');
  return groupId;
}

async function sameChain(a: Person, b: Person, groupId: string): Promise<void> {
  await expect.poll(() => b.topBlock(groupId)).toBe(await a.topBlock(groupId));
  expect(await b.chain(groupId)).toEqual(await a.chain(groupId));
}

for (const [how, end] of [
  ['closes its tab', (a: Person) => a.closeTab()],
  ['loses its tab in a crash', (a: Person) => a.crashTab()],
] as const) {
  test(`A ${how}, B posts and reloads; A is back: the post becomes final (S-2)`, async ({ arrive }) => {
    const [a, b] = [await arrive(), await arrive()];
    const groupId = await meet(a, b, 'Away');
    await end(a);
    await b.post('While A is away.');
    await expect(b.article('While A is away.')).toContainText('Pending');
    await b.reload();
    await expect(b.article('While A is away.')).toContainText('Pending');
    expect(await b.finalTexts(groupId)).toEqual(['While everybody is here.']);

    await a.openTab(`#/group/${groupId}`);
    for (const person of [a, b]) await person.seesFinal('While A is away.');
    await sameChain(a, b, groupId);
  });
}

test('A is cut off the network, and says so; B’s post waits for it and becomes final (N-8, S-2)', async ({ arrive }) => {
  const [a, b] = [await arrive({ withoutUdp: true }), await arrive()];
  const groupId = await meet(a, b, 'Cut off');
  await a.context.setOffline(true);
  await expect(a.alert).toContainText('This device is offline');
  await expect(a.status).toContainText('Offline');
  await b.post('While A is cut off.');
  await expect(b.article('While A is cut off.')).toContainText('Pending');
  // Its own group needs nobody else: A goes on writing.
  await a.post('From the island.');
  await a.seesFinal('From the island.');
  await expect(b.article('While A is cut off.')).toContainText('Pending');
  await expect(a.article('While A is cut off.')).toHaveCount(0);

  await a.context.setOffline(false);
  await expect(a.alert).toHaveCount(0);
  for (const text of ['While A is cut off.', 'From the island.']) for (const person of [a, b]) await person.seesFinal(text);
  await expect(a.status).toContainText('Relay ready');
  await sameChain(a, b, groupId);
});

test('B is offline and posts: the page says that the post waits, and it becomes final afterwards (S-2)', async ({ arrive }) => {
  const [a, b] = [await arrive(), await arrive({ withoutUdp: true })];
  const groupId = await meet(a, b, 'On the train');
  await b.context.setOffline(true);
  await expect(b.alert).toContainText('This device is offline');
  await b.post('From the tunnel.');
  await expect(b.article('From the tunnel.')).toContainText('Pending');
  expect((await b.api(`/app/api/v1/group/${groupId}/content`)).body).toHaveLength(1);

  await b.context.setOffline(false);
  for (const person of [a, b]) await person.seesFinal('From the tunnel.');
  await sameChain(a, b, groupId);
});
