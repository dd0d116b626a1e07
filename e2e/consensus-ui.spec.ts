/** Changing who makes the blocks as people do it: announced, picked, agreed on and watched in four browsers; paused is said, and what failed is shown. */
import { expect, test } from './support/app-test.ts';
import type { Person } from './support/person.ts';

const NAME = 'Four setts';

const tab = (person: Person, name: 'Feed' | 'Members' | 'Consensus') =>
  person.page.getByRole('navigation', { name: 'Group pages' }).getByRole('link', { name }).click();

async function announce(person: Person, memo: string): Promise<void> {
  await tab(person, 'Members');
  await person.page.getByRole('button', { name: 'Announce as producer' }).click();
  await person.page.getByRole('textbox', { name: 'Memo' }).fill(memo);
  await person.page.getByRole('button', { name: 'Announce', exact: true }).click();
  await expect(person.page.getByText('The owner decides.')).toBeVisible();
}

/** The owner opens the form on the page of consensus. */
async function openForm(owner: Person): Promise<void> {
  await tab(owner, 'Consensus');
  await owner.page.getByRole('link', { name: 'Change consensus' }).click();
}

const meaning = (owner: Person) => owner.page.getByRole('region', { name: 'What it will mean' });
const online = (person: Person, count: number) =>
  expect(person.page.getByRole('link', { name: `4 producers, ${count} online, 3 needed` })).toBeVisible();

test('the owner picks three who announced themselves, all agree, and four make the blocks; two closed tabs pause the group (N-12)', async ({
  arrive,
}) => {
  // A user counts a producer for a minute after its last word.
  test.setTimeout(360_000);
  const owner = await arrive();
  const [b, c, d, user] = [await arrive(), await arrive(), await arrive(), await arrive()];
  const groupId = await owner.createGroup(NAME);
  const seed = await owner.copySeed();
  for (const guest of [b, c, d, user]) await guest.join(seed, NAME);
  for (const [index, person] of [b, c, d].entries()) await announce(person, `Producer ${index + 2}`);

  await tab(owner, 'Members');
  await expect(owner.page.getByText('3 members wait for your decision')).toBeVisible();
  await owner.page.getByRole('link', { name: 'Choose producers' }).click();
  const boxes = owner.page.getByRole('group', { name: 'Who makes the blocks' }).getByRole('checkbox');
  await expect(boxes).toHaveCount(4);
  await expect(meaning(owner)).toContainText('One producer makes the blocks alone.');
  for (const index of [1, 2]) await boxes.nth(index).check();
  await expect(meaning(owner)).toContainText('All 3 are needed for every block');
  await boxes.nth(3).check();
  await expect(meaning(owner)).toContainText('Any 3 of the 4 make a block that stands');
  await owner.page.getByRole('button', { name: 'Ask for this change' }).click();
  await expect(owner.page.getByText('The change went through')).toBeVisible({ timeout: 120_000 });
  for (const person of [owner, b, c, d, user]) await online(person, 4);
  await expect(owner.page.getByText('4 of 4 answered')).toBeVisible();

  await tab(user, 'Feed');
  await user.post('Under the new configuration.');
  for (const person of [owner, b, c, d]) {
    await tab(person, 'Feed');
    await person.seesFinal('Under the new configuration.');
  }

  for (const person of [c, d]) await person.closeTab();
  for (const person of [owner, b, user]) {
    await expect(person.page.getByRole('status').getByText('Paused: 2 online, 3 needed')).toBeVisible({ timeout: 120_000 });
    await expect(person.page.getByRole('main').getByRole('list', { name: 'Missing' }).first().getByRole('listitem')).toHaveCount(
      2,
    );
  }
  await user.post('While two are away.');
  await expect(user.article('While two are away.')).toContainText('Pending');
  await c.openTab(`#/group/${groupId}`);
  for (const person of [owner, b, c, user]) await person.seesFinal('While two are away.');
  await expect(owner.page.getByText('Paused:')).toHaveCount(0);
});

test('a change that cannot succeed shows who has not signed, is given up, and stays in the history as failed', async ({
  arrive,
}) => {
  const [owner, b] = [await arrive(), await arrive()];
  const groupId = await owner.createGroup(NAME);
  await b.join(await owner.copySeed(), NAME);
  await announce(b, 'Not often here');
  await openForm(owner);
  const boxes = owner.page.getByRole('group', { name: 'Who makes the blocks' }).getByRole('checkbox');
  await expect(boxes).toHaveCount(2);
  await b.closeTab();
  await boxes.nth(1).check();
  await owner.page.getByRole('button', { name: 'Ask for this change' }).click();
  const progress = owner.page.getByRole('region', { name: 'Change under way' });
  await expect(progress).toContainText('0 of 2 signed');
  await expect(progress).toContainText('not here');
  await expect(progress).toContainText('Waiting for producers');
  await progress.getByRole('button', { name: 'Give up' }).click();
  await expect(owner.page.getByRole('heading', { name: 'The change failed' })).toBeVisible();
  const history = owner.page.getByRole('region', { name: 'Changes of consensus' });
  await expect(history.getByRole('listitem').first()).toContainText('Failed');
  await history.getByText('Failed').click();
  await expect(history.getByText('Request id')).toBeVisible();
  await tab(owner, 'Feed');
  await owner.post('As before.');
  await owner.seesFinal('As before.');
  const { body } = await owner.api(`/api/v1/group/${groupId}/consensus`);
  expect(body.producers).toHaveLength(1);
});
