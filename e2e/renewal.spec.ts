/** A producer comes back from a backup, which holds no log: it is silent, everybody sees why, and its owner appoints it anew on the page. */
import { expect, test } from './support/app-test.ts';
import { appoint, pubkeyOf } from './support/appoint.ts';
import type { Person } from './support/person.ts';

const NAME = 'Setts that forget';
const PASSPHRASE = 'a passphrase of some length';

const tab = (person: Person, name: 'Feed' | 'Consensus') =>
  person.page.getByRole('navigation', { name: 'Group pages' }).getByRole('link', { name }).click();

const offer = (owner: Person) => owner.page.getByRole('region', { name: 'has lost its log' });

/** The same person in another browser, whose tab goes on where the file ends; the first one's browser is gone. */
async function movedTo(other: Person, person: Person, groupId: string): Promise<void> {
  const { body: backup } = await person.api('/api/v1/backup', { passphrase: PASSPHRASE, blocks: true });
  await person.closeTab();
  const { status, body } = await other.api('/api/v1/restore', { backup, passphrase: PASSPHRASE });
  expect(status, JSON.stringify(body)).toBe(200);
  await other.page.goto(`${new URL(other.page.url()).origin}/#/group/${groupId}`);
}

async function lostAt(person: Person, groupId: string): Promise<string[]> {
  const { producers } = (await person.api(`/api/v1/group/${groupId}/consensus/live`)).body;
  return producers.flatMap((one: { pubkey: string; has_lost_log: boolean }) => (one.has_lost_log ? [one.pubkey] : []));
}

test('one of four producers is restored from a backup: the owner renews it by an ordinary change, and its seals count again (C-13, C-28)', async ({
  arrive,
}, info) => {
  test.setTimeout(420_000);
  const [owner, b, c, d, user] = [await arrive(), await arrive(), await arrive(), await arrive(), await arrive()];
  const groupId = await owner.createGroup(NAME);
  const seed = await owner.copySeed();
  for (const guest of [b, c, d, user]) await guest.join(seed, NAME);
  await appoint(owner, groupId, [owner, b, c, d], [owner, b, c, d, user]);
  await user.post('While four remember.');
  for (const person of [owner, b, c, d, user]) await person.seesFinal('While four remember.');

  const lost = await pubkeyOf(b, groupId);
  const again = await arrive();
  await movedTo(again, b, groupId);
  await again.seesFinal('While four remember.');
  await expect(again.alert).toContainText('its record of what it signed is gone');
  const everybody = [owner, again, c, d, user];
  for (const person of everybody) await expect.poll(() => lostAt(person, groupId), { timeout: 120_000 }).toEqual([lost]);
  await expect(owner.page.getByRole('link', { name: '4 producers, 3 online, 3 needed' })).toBeVisible();
  await expect(user.page.getByText('has lost its log of what it signed')).not.toHaveCount(0);
  await expect(offer(owner)).toContainText('cannot speak until you appoint it anew');
  await expect(offer(user)).toHaveCount(0);
  await tab(owner, 'Consensus');
  await owner.page.screenshot({ path: info.outputPath('renewal.png'), fullPage: true });

  await offer(owner).getByRole('link', { name: 'Renew' }).click();
  const boxes = owner.page.getByRole('group', { name: 'Who makes the blocks' });
  await expect(boxes.getByRole('checkbox', { checked: true })).toHaveCount(4);
  await expect(owner.page.getByText('The producers stay the same.')).toBeVisible();
  await owner.page.getByRole('button', { name: 'Ask for this change' }).click();
  await expect(owner.page.getByText('The change went through')).toBeVisible({ timeout: 180_000 });
  for (const person of everybody) await expect.poll(() => lostAt(person, groupId), { timeout: 60_000 }).toEqual([]);
  await expect(offer(owner)).toHaveCount(0);
  await expect(again.alert).toHaveCount(0);

  // One of the others is gone, so its seal is among the three that make a block final.
  await c.crashTab();
  await again.post('From one who forgot.');
  await tab(owner, 'Feed');
  for (const person of [owner, again, d, user]) await person.seesFinal('From one who forgot.');
  const top = await owner.topBlock(groupId);
  const { body: block } = await user.api(`/api/v1/block/${groupId}/${top}`);
  expect(block.Seals.map(({ ProducerPubkey: key }: { ProducerPubkey: string }) => key)).toContain(lost);
});

test('an owner who produces alone and is restored from a backup renews itself by a recovery (C-13, C-35)', async ({
  arrive,
}, info) => {
  test.setTimeout(300_000);
  const [owner, user, again] = [await arrive(), await arrive(), await arrive()];
  const groupId = await owner.createGroup(NAME);
  await user.join(await owner.copySeed(), NAME);
  await user.post('While the owner remembers.');
  for (const person of [owner, user]) await person.seesFinal('While the owner remembers.');
  await movedTo(again, owner, groupId);
  await again.seesFinal('While the owner remembers.');
  await user.post('Who makes a block of this?');
  await expect(user.article('Who makes a block of this?')).toContainText('Pending');
  await expect.poll(async () => (await lostAt(user, groupId)).length).toBe(1);
  await expect(offer(again)).toContainText('Your own node has no record of what it signed');
  await again.page.screenshot({ path: info.outputPath('alone.png'), fullPage: true });

  await offer(again).getByRole('link', { name: 'Renew' }).click();
  await expect(again.page.getByRole('heading', { name: 'Recovery' })).toBeVisible();
  const boxes = again.page.getByRole('group', { name: 'Who makes the blocks' });
  await expect(boxes.getByRole('checkbox', { checked: true })).toHaveCount(1);
  await again.page.getByRole('checkbox', { name: /logs are gone for good, and I accept this cost/ }).check();
  await again.page.screenshot({ path: info.outputPath('form.png'), fullPage: true });
  await again.page.getByRole('button', { name: 'Ask for the recovery' }).click();
  await expect(again.page.getByText('The recovery went through')).toBeVisible({ timeout: 120_000 });
  await tab(again, 'Feed');
  for (const person of [again, user]) {
    await person.seesFinal('Who makes a block of this?');
    expect(await lostAt(person, groupId)).toEqual([]);
    await expect(person.page.getByText('This group was recovered')).toHaveCount(0);
  }
  const { req } = (await user.api(`/api/v1/group/${groupId}/consensus/proof/last`)).body;
  expect(req.Contract.Recovery).toBe(true);
});
