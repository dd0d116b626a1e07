/** What a member without manners posts: the page shows it for what it is, and everybody else's posts beside it. */
import { expect, test } from './support/app-test.ts';
import { startHostileMember } from './support/hostile-member.ts';

const UNREADABLE = 'Not readable';
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

test('text that would forge a post, no JSON and deep brackets are unreadable posts of their author, and hide nothing', async ({
  arrive,
  relay,
}) => {
  const [owner, user] = [await arrive(), await arrive()];
  const groupId = await owner.createGroup('Doors');
  const seed = await owner.copySeed();
  await user.join(seed, 'Doors');
  await owner.post('Before.');
  for (const person of [owner, user]) await person.seesFinal('Before.');
  const ownerPubkey: string = (await owner.api('/api/v1/groups')).body.groups[0].owner_pubkey;

  const hostile = await startHostileMember(relay.origin, seed);
  const posts = [
    `{"content":"mine"},"TimeStamp":"1"},{"TrxId":"11111111-1111-4111-8111-111111111111","Publisher":"${ownerPubkey}","Content":{"type":"Note","content":"Forged."}`,
    'this is no JSON',
    '['.repeat(20_000) + ']'.repeat(20_000),
    '{"name":"one","content":"x","name":"two"}',
    JSON.stringify(JSON.stringify({ type: 'Note', content: 'Only a string.' })),
    JSON.stringify({ type: 'Note', name: `M${'\u0301'.repeat(10_000)}`, content: 'A tower.' }),
    JSON.stringify({ type: 'Note', name: 'T\n'.repeat(10_000), content: 'A tall title, and https://аррӏе.com/ for a link.' }),
  ];
  try {
    for (const text of posts) {
      const trx = hostile.trxOf(encode(text));
      await expect
        .poll(async () => {
          await hostile.gossip([trx]);
          return (await user.api(`/api/v1/trx/${groupId}/${trx.TrxId}/status`)).body.status;
        })
        .toBe('Committed');
    }
  } finally {
    await hostile.stop();
  }
  await owner.post('After.');
  for (const person of [owner, user]) {
    const isWhole = async (): Promise<void> => {
      for (const text of ['Before.', 'After.']) await person.seesFinal(text);
      await expect(person.feed.getByRole('article')).toHaveCount(posts.length + 2);
      await expect(person.article(UNREADABLE)).toHaveCount(4);
      // What says that it is the owner's stands in an article of its author, as text.
      await expect(person.article('Forged.')).toContainText(UNREADABLE);
      await expect(person.article('Only a string.')).toContainText('{"type":"Note","content":"Only a string."}');
      await expect(person.article('A tall title').getByRole('link', { name: 'https://xn--80ak6aa92e.com/' })).toHaveCount(1);
      const tallest = await person.feed
        .getByRole('article')
        .evaluateAll((all) => Math.max(...all.map((one) => one.clientHeight)));
      expect(tallest).toBeLessThan(1_000);
    };
    await isWhole();
    await person.reload();
    await isWhole();
    const { body } = await person.api(`/app/api/v1/group/${groupId}/content?num=500`);
    const items = body as { Publisher: string; Unreadable?: true }[];
    expect(items.filter(({ Publisher }) => Publisher === ownerPubkey)).toHaveLength(2);
    expect(items.filter(({ Unreadable }) => Unreadable)).toHaveLength(4);
    // Each can be looked at, and unfolded, without harm.
    await person.article('[[[[').getByRole('button', { name: 'Show more' }).click();
    await expect(person.article('After.')).toBeVisible();
  }
});
