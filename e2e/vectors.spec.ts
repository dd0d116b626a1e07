/** A seed that a running Quorum node made, whose network is gone: the records in `vectors/` hold in the page too. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from './support/app-test.ts';
import type { Person } from './support/person.ts';

const { url: SEED, expect: EXPECTED } = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../vectors/change-consensus.json'), 'utf8'),
).seed as { url: string; expect: Record<string, string> };

const NAME = EXPECTED.group_name ?? '';

/** The group is there, its owner's signature verified (or joining would have been refused), and nobody of it has been found. */
async function isThereAndLooking(person: Person): Promise<void> {
  const { page } = person;
  await expect(page.getByRole('heading', { level: 1, name: NAME })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Looking for peers…' })).toBeVisible();
  await expect(person.status).toContainText('0 peers');

  const { group_id, group_name, owner_pubkey, encryption_type, cipher_key, app_key } = EXPECTED;
  const { body: listed } = await person.api('/api/v1/groups');
  expect(listed.groups).toEqual([
    expect.objectContaining({
      ...{ group_id, group_name, owner_pubkey, cipher_key, app_key },
      encryption_type: encryption_type?.toUpperCase(),
      currt_top_block: 0,
    }),
  ]);
  const { body: genesis } = await person.api(`/api/v1/block/${group_id}/0`);
  expect(genesis).toMatchObject({ ProducerPubkey: owner_pubkey, TimeStamp: EXPECTED.genesis_timestamp_ns });
  const { body: answer } = await person.api('/api/v1/tools/pubkeytoaddr', { encoded_pubkey: owner_pubkey });
  expect(answer.addr).toBe(EXPECTED.owner_eth_addr);
}

test('the vectors’ seed, pasted: the group is there, verified, and looks for peers (D-2, D-4)', async ({ arrive, relay }) => {
  const person = await arrive();
  const asked: string[] = [];
  person.page.on('request', (request) => asked.push(request.url()));
  expect(await person.join(SEED, NAME)).toBe(EXPECTED.group_id);
  await isThereAndLooking(person);
  // The URL in the seed carries a token, which is nobody's business: at most the origin's bootstrap document was asked for.
  const elsewhere = asked.filter((url) => !url.startsWith(relay.origin));
  expect(new Set([...elsewhere, 'http://127.0.0.1:8002/bootstrap.json'])).toEqual(
    new Set(['http://127.0.0.1:8002/bootstrap.json']),
  );

  await person.post('Is anybody there?');
  await expect(person.article('Is anybody there?')).toContainText('Pending');
  await person.reload();
  await isThereAndLooking(person);
  await expect(person.article('Is anybody there?')).toContainText('Pending');
});

for (const [name, seed] of [
  ['a page link', SEED],
  ['a web+rum: link, as a protocol handler hands it over', `web+${SEED}`],
] as const) {
  test(`the vectors’ seed by ${name} joins, and leaves no trace in the address (D-1)`, async ({ arrive }) => {
    const person = await arrive();
    await person.closeTab();
    await person.openTab(`#/join/${encodeURIComponent(seed)}`);
    await expect(person.page.getByRole('textbox', { name: 'Seed URL' })).toHaveValue(SEED);
    await expect(person.page.getByRole('region', { name: 'What the seed says' })).toContainText(NAME);
    expect(person.page.url()).not.toContain('seed');
    await person.page.getByRole('button', { name: 'Join', exact: true }).click();
    await isThereAndLooking(person);
    expect(await person.page.evaluate(() => history.length)).toBe(2);
  });
}
