/** Misbehaviour that signed records prove: everybody who has seen it can show it to anyone, for good. */
import { readFile } from 'node:fs/promises';
import { requestProblem } from '../src/consensus/index.ts';
import { ChangeConsensusReq } from '../src/records/index.ts';
import { expect, test } from './support/app-test.ts';
import { appoint, askForProducers, pubkeyOf, pubkeysOf } from './support/appoint.ts';
import { looksRight } from './support/looks.ts';
import type { Person } from './support/person.ts';

const NAME = 'Setts with two minds';
const PASSPHRASE = 'a passphrase of some length';

test('an owner in two browsers who asks for two changes under one number is proved to have, on the page and over REST (C-34)', async ({
  arrive,
}, info) => {
  test.setTimeout(420_000);
  const [owner, b, c, again] = [await arrive(), await arrive(), await arrive(), await arrive()];
  const groupId = await owner.createGroup(NAME);
  const seed = await owner.copySeed();
  for (const guest of [b, c]) await guest.join(seed, NAME);
  await appoint(owner, groupId, [b, c], [owner, b, c]);

  // The same person, from a backup, while the first browser is still open.
  const { body: backup } = await owner.api('/api/v1/backup', { passphrase: PASSPHRASE, blocks: true });
  const restored = await again.api('/api/v1/restore', { backup, passphrase: PASSPHRASE });
  expect(restored.status, JSON.stringify(restored.body)).toBe(200);
  await again.openTab(`#/group/${groupId}`);
  await b.post('Who asks?');
  for (const person of [owner, b, c, again]) await person.seesFinal('Who asks?');

  const producers = await pubkeysOf([b, c], groupId);
  const ask = (person: Person, epochTickMs: number) =>
    askForProducers(person, groupId, producers, { epochTickMs, startFromEpoch: 2_000 });
  await Promise.all([ask(owner, 2_000), ask(again, 3_000)]);
  const ownerPubkey = await pubkeyOf(owner, groupId);
  for (const producer of [b, c]) {
    await expect
      .poll(async () => (await producer.api(`/api/v1/group/${groupId}/consensus/faults`)).body.faults, { timeout: 120_000 })
      .toEqual([expect.objectContaining({ pubkey: ownerPubkey, kind: 'conflicting-request' })]);
  }

  await b.page.getByRole('navigation', { name: 'Group pages' }).getByRole('link', { name: 'Consensus' }).click();
  const faults = b.page.getByRole('region', { name: 'Faults' });
  const isShown = async () => {
    await expect(faults).toContainText('asked for two different changes of consensus under one number');
    await expect(faults).toContainText('Proved to anyone by what was signed');
  };
  await isShown();
  await looksRight(b.page, 'proven-fault', info);
  // What the node counted is gone with it; what is proved stays.
  await b.reload();
  await isShown();
  const saving = b.page.waitForEvent('download');
  await faults.getByRole('button', { name: 'Save the proof' }).click();
  const { pubkey, records } = JSON.parse(await readFile(await (await saving).path(), 'utf8'));
  const requests: ChangeConsensusReq[] = records.map((record: string) =>
    ChangeConsensusReq.decode(Buffer.from(record, 'base64')),
  );
  expect(pubkey).toBe(ownerPubkey);
  expect(requests.map(({ TrxEpochTickLenInMs }) => TrxEpochTickLenInMs).sort()).toEqual([2_000, 3_000]);
  expect(requests[0]?.Nonce).toBe(requests[1]?.Nonce);
  for (const request of requests) expect(requestProblem(request, groupId, ownerPubkey)).toBeUndefined();
});
