/** Files out of one browser and into another: receipts and backups, in the real app. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Download, Page } from '@playwright/test';
import { expect, test } from './support/app-test.ts';
import { hasNoBarrier, looksRight } from './support/looks.ts';

const PASSPHRASE = 'one sett, many doors';

async function downloaded(page: Page, press: () => Promise<void>): Promise<string> {
  const coming = page.waitForEvent('download');
  await press();
  const download: Download = await coming;
  return download.path();
}

/** As a click on a link does: the tab stays. */
async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    window.location.hash = to;
  }, hash);
}

test('a receipt from one browser is verified in another that was never in the group (P-2)', async ({ arrive }, info) => {
  const [owner, stranger] = [await arrive(), await arrive()];
  const groupId = await owner.createGroup('Receipts');
  const seed = await owner.copySeed();
  await owner.post('Sealed and kept.');
  await owner.seesFinal('Sealed and kept.');
  const trxId = (await owner.api(`/app/api/v1/group/${groupId}/content`)).body[0].TrxId;
  await goTo(owner.page, `#/group/${groupId}/trx/${trxId}`);
  await expect(owner.page.getByRole('heading', { name: 'Receipt', exact: true })).toBeVisible();
  const file = await downloaded(owner.page, () => owner.page.getByRole('button', { name: 'Download receipt' }).click());
  await hasNoBarrier(owner.page);

  await goTo(stranger.page, '#/verify');
  const { page } = stranger;
  await page.getByRole('button', { name: 'Verify' }).click();
  await expect(page.getByRole('alert')).toContainText('Give both');
  await page.getByLabel('Seed of the group').fill(seed);
  await page.getByLabel('Receipt file').setInputFiles(file);
  await page.getByRole('button', { name: 'Verify' }).click();
  const result = page.getByRole('region', { name: 'Result' });
  await expect(result).toContainText('The receipt is valid.');
  await expect(result).toContainText('final when block 2 was sealed');
  await expect(result).toContainText('1 of 1 producers');
  await looksRight(page, 'verify-valid', info);

  const receipt = JSON.parse(await readFile(file, 'utf8'));
  receipt.Proof.Header.BlockId = 3;
  await page.getByLabel('Receipt, if you have it as text').fill(JSON.stringify(receipt));
  await expect(result).toHaveCount(0);
  await page.getByRole('button', { name: 'Verify' }).click();
  await expect(page.getByRole('alert')).toContainText('The receipt is not valid.');
  await expect(page.getByRole('alert')).toContainText('A seal is not its producer’s');
  await looksRight(page, 'verify-invalid', info);
});

test('a backup of one browser makes another the same person; a bad file changes nothing (B-3, B-4)', async ({ arrive }, info) => {
  const [owner, user, other] = [await arrive(), await arrive(), await arrive()];
  const groupId = await owner.createGroup('Kept');
  await user.join(await owner.copySeed(), 'Kept');
  await user.post('From the first browser.');
  await user.seesFinal('From the first browser.');
  await goTo(user.page, '#/backup');
  const make = user.page.getByRole('button', { name: 'Download backup' });
  await user.page.getByLabel('Passphrase', { exact: true }).fill('short');
  await make.click();
  await expect(user.page.getByRole('alert')).toContainText('at least 8 characters');
  await user.page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
  await make.click();
  await expect(user.page.getByRole('alert')).toContainText('not the same');
  await looksRight(user.page, 'backup-refused', info);
  await user.page.getByLabel('Passphrase again').fill(PASSPHRASE);
  await user.page.getByLabel('Keep the blocks too').check();
  const file = await downloaded(user.page, () => make.click());
  await expect(user.page.getByText('in your downloads')).toBeVisible();
  expect(await readFile(file, 'utf8')).not.toMatch(/rum:|AGE-SECRET/);
  await hasNoBarrier(user.page);
  await user.page.screenshot({ path: info.outputPath('backup.png'), fullPage: true });

  await goTo(other.page, '#/backup');
  const { page } = other;
  const restore = page.getByRole('button', { name: 'Restore' });
  const passphrase = page.getByLabel('Passphrase of the file');
  const cut = info.outputPath('cut.json');
  await writeFile(cut, (await readFile(file, 'utf8')).slice(0, 300));
  await page.getByLabel('Backup file').setInputFiles(cut);
  await passphrase.fill(PASSPHRASE);
  await restore.click();
  await expect(page.getByRole('alert')).toContainText('not a backup');
  await page.getByLabel('Backup file').setInputFiles(file);
  await passphrase.fill('another passphrase');
  await restore.click();
  await expect(page.getByRole('alert')).toContainText('This passphrase does not open the backup');
  await looksRight(page, 'restore-refused', info);
  expect((await other.api('/api/v1/groups')).body.groups ?? []).toEqual([]);
  await passphrase.fill(PASSPHRASE);
  await restore.click();
  await expect(page.getByRole('region', { name: 'Restored' })).toContainText('restored');
  await looksRight(page, 'restored', info);

  const userKey = (await user.api('/api/v1/groups')).body.groups[0].user_pubkey;
  expect((await other.api('/api/v1/groups')).body.groups[0]).toMatchObject({ group_id: groupId, user_pubkey: userKey });
  await goTo(other.page, `#/group/${groupId}`);
  await other.seesFinal('From the first browser.');
  await other.post('From the second browser.');
  await other.seesFinal('From the second browser.');
  await owner.seesFinal('From the second browser.');
});
