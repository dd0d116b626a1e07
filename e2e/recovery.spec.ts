/** Two of three producers are gone for good: the owner lets the group go on with who is left and one who was a user, on the page that says what it costs. */
import { expect, test } from './support/app-test.ts';
import { announceProducers, appoint, askForProducers, changeIsFinal, pubkeysOf } from './support/appoint.ts';
import { looksRight } from './support/looks.ts';
import type { Person } from './support/person.ts';

const NAME = 'Setts that go on';

const tab = (person: Person, name: 'Feed' | 'Consensus') =>
  person.page.getByRole('navigation', { name: 'Group pages' }).getByRole('link', { name }).click();

const textsOf = async (person: Person, groupId: string) => (await person.finalTexts(groupId)).sort();

test('the owner recovers a group whose producers are gone, posts continue, and all hold the same chain (C-35 to C-37, P-4)', async ({
  arrive,
}) => {
  // A user counts a producer for a minute after its last word.
  test.setTimeout(420_000);
  const [owner, b, c, spare, user] = [await arrive(), await arrive(), await arrive(), await arrive(), await arrive()];
  const groupId = await owner.createGroup(NAME);
  const seed = await owner.copySeed();
  for (const guest of [b, c, spare, user]) await guest.join(seed, NAME);
  await appoint(owner, groupId, [owner, b, c], [owner, b, c, spare, user]);
  const announcement = { group_id: groupId, action: 'add', type: 'producer', memo: 'The spare one' };
  expect((await spare.api('/api/v1/group/announce', announcement)).status).toBe(200);
  await user.post('While all three are there.');
  for (const person of [owner, b, c, spare, user]) await person.seesFinal('While all three are there.');
  const before = await owner.chain(groupId);

  for (const gone of [b, c]) await gone.crashTab();
  await user.post('While two are gone.');
  await tab(owner, 'Consensus');
  const offer = owner.page.getByRole('link', { name: 'Producers gone for good?' });
  await expect(offer).toBeVisible({ timeout: 120_000 });
  // It is offered when the first is missed; the form then takes for gone who is missed.
  await expect(owner.page.getByText('1 online, 3 needed').first()).toBeVisible({ timeout: 120_000 });
  await offer.click();
  await expect(owner.page.getByRole('heading', { name: 'Recovery' })).toBeVisible();
  await expect(owner.page.getByText('1 of the 3 producers that are needed are here')).toBeVisible();
  const boxes = owner.page.getByRole('group', { name: 'Who makes the blocks' });
  // Only the owner is still here of those who produce.
  await expect(boxes.getByRole('checkbox', { checked: true })).toHaveCount(1);
  await boxes.getByRole('checkbox', { name: /The spare one/ }).check();
  const ask = owner.page.getByRole('button', { name: 'Ask for the recovery' });
  await ask.click();
  await expect(owner.alert).toContainText('Read it and tick the box first');
  await owner.page.getByRole('checkbox', { name: /gone for good, and I accept this cost/ }).check();
  await ask.click();
  await expect(owner.page.getByText('The recovery went through')).toBeVisible({ timeout: 120_000 });
  await expect(owner.page.getByText('Recovery', { exact: false }).first()).toBeVisible();

  await tab(owner, 'Feed');
  for (const person of [owner, spare, user]) await person.seesFinal('While two are gone.');
  await spare.post('From one who was a user.');
  for (const person of [owner, spare, user]) await person.seesFinal('From one who was a user.');

  // Nothing of theirs was lost: they find the group as it is now, and read on.
  await b.openTab(`#/group/${groupId}`);
  await b.seesFinal('From one who was a user.');
  const everybody = [owner, spare, user, b];
  const texts = ['From one who was a user.', 'While all three are there.', 'While two are gone.'];
  for (const person of everybody) await expect.poll(() => textsOf(person, groupId)).toEqual(texts);
  const chain = await owner.chain(groupId);
  expect(chain.slice(0, before.length)).toEqual(before);
  for (const person of everybody) {
    await expect.poll(() => person.topBlock(groupId)).toBe(chain.length);
    expect(await person.chain(groupId)).toEqual(chain);
    const { result, req } = (await person.api(`/api/v1/group/${groupId}/consensus/proof/last`)).body;
    expect(result).toBe('SUCCESS');
    expect(req.Contract).toMatchObject({ Recovery: true, BaseBlockId: before.length });
    await expect(person.page.getByText('This group was recovered')).toHaveCount(0);
  }
  const status = (await user.api(`/api/v1/group/${groupId}/consensus/`)).body;
  expect(status.producers).toHaveLength(2);
});

test('who held final blocks beyond the base is told, and told again; its posts in them are pending, then final once more (C-38, C-39)', async ({
  arrive,
}, info) => {
  test.setTimeout(600_000);
  const [owner, b, c, d] = [await arrive(), await arrive(), await arrive(), await arrive()];
  const [spare, user] = [await arrive(), await arrive()];
  const groupId = await owner.createGroup(NAME);
  const seed = await owner.copySeed();
  for (const guest of [b, c, d, spare, user]) await guest.join(seed, NAME);
  await appoint(owner, groupId, [b, c, d], [owner, b, c, d, spare, user]);
  await announceProducers(owner, groupId, [spare]);
  for (const person of [owner, spare]) await expect.poll(() => person.topBlock(groupId)).toBe(await user.topBlock(groupId));
  const base = await owner.topBlock(groupId);

  // Blocks that neither the owner nor the one whom it will ask has.
  for (const person of [owner, spare]) await person.closeTab();
  const own = ['It stood for a while.', 'And so did this.'];
  for (const text of own) {
    await user.post(text);
    await user.seesFinal(text);
  }
  const others = 'From one who produced.';
  await b.post(others);
  for (const person of [b, user]) await person.seesFinal(others);
  const last = await user.topBlock(groupId);
  const trxIds = (await user.api(`/app/api/v1/group/${groupId}/content?num=500`)).body.map(
    ({ TrxId: id }: { TrxId: string }) => id,
  );
  for (const person of [b, c, d, user]) await person.closeTab();

  for (const person of [owner, spare]) await person.openTab(`#/group/${groupId}`);
  const pubkeys = await pubkeysOf([owner, spare], groupId);
  const requested = await askForProducers(owner, groupId, pubkeys, { startFromEpoch: 2_000, recovery: true });
  await changeIsFinal([owner, spare], groupId, requested);
  await spare.post('On the other chain.');
  for (const person of [owner, spare]) await person.seesFinal('On the other chain.');

  // Without the spare one nothing becomes final, so that what is pending stays so for as long as it is looked at.
  await spare.closeTab();
  await user.openTab(`#/group/${groupId}`);
  const notice = (person: Person) => person.page.getByRole('region', { name: 'This group was recovered' });
  const told = async () => {
    await expect(notice(user)).toContainText(`Blocks ${base + 1} to ${last}, which were final here, are given up`);
    await expect(notice(user)).toContainText('2 of your own posts and items were in them. They are pending again');
  };
  await told();
  await user.seesFinal('On the other chain.');
  for (const text of own) {
    await expect(user.article(text)).toContainText('Pending');
    await expect(user.article(text)).toHaveCount(1);
  }
  // Its author has not come back, so nobody sends it again.
  await expect(user.article(others)).toHaveCount(0);
  await looksRight(user.page, 'given-up', info);
  await user.reload();
  await told();
  for (const text of own) await expect(user.article(text)).toContainText('Pending');

  await spare.openTab(`#/group/${groupId}`);
  for (const person of [owner, spare, user]) for (const text of own) await person.seesFinal(text);
  await b.openTab(`#/group/${groupId}`);
  await expect(notice(b)).toContainText('One of your own posts and items was in them');
  const everybody = [owner, spare, user, b];
  const texts = [...own, others, 'On the other chain.'].sort();
  for (const person of everybody) {
    await person.seesFinal(others);
    await expect.poll(() => textsOf(person, groupId)).toEqual(texts);
  }
  await user.reload();
  await told();
  // Whoever has understood is told on the page of consensus only.
  await user.page.getByRole('button', { name: 'Understood' }).click();
  await expect(notice(user)).toHaveCount(0);
  await user.reload();
  await user.seesFinal('On the other chain.');
  await expect(notice(user)).toHaveCount(0);
  await tab(user, 'Consensus');
  await told();
  for (const person of [owner, spare]) await expect(notice(person)).toHaveCount(0);

  const chain = await owner.chain(groupId);
  for (const person of everybody) {
    await expect.poll(() => person.topBlock(groupId)).toBe(chain.length);
    expect(await person.chain(groupId)).toEqual(chain);
    for (const trxId of trxIds) {
      expect((await person.api(`/api/v1/trx/${groupId}/${trxId}/status`)).body.status).toBe('Committed');
    }
  }
});
