/** Whatever comes in, from people, peers and the disk: a clear error, nothing lost, and the node goes on. */
import { publicKeyOf, signBlock, signSeal } from '../src/crypto/index.ts';
import { KeyRow, keyOf, startingWith } from '../src/node/rows.ts';
import { Block, formatSeed, LIMITS, parseSeed, type Trx } from '../src/records/index.ts';
import { expect, test } from './support/app-test.ts';
import { startHeadlessNode } from './support/headless-node.ts';
import { startHostileMember } from './support/hostile-member.ts';
import type { Person } from './support/person.ts';
import { type SimulatedChain, simulateChain } from './support/simulated-chain.ts';

/** Pastes a seed that is refused: the alert says why, the text stays, and nothing has been joined. */
async function isRefused(person: Person, seed: string, why: string): Promise<void> {
  await person.pasteSeed(seed);
  await expect(person.alert).toContainText(why);
  await expect(person.page.getByRole('textbox', { name: 'Seed URL' })).toHaveValue(seed);
  expect(await person.api('/api/v2/group/join', { seed })).toEqual({
    status: 400,
    body: expect.objectContaining({ code: 'bad-seed', message: expect.stringContaining(why) }),
  });
  expect((await person.api('/api/v1/groups')).body.groups).toEqual([]);
  await person.page.getByRole('button', { name: 'Cancel' }).click();
}

test('a corrupted seed is refused with what is wrong with it; the whole one joins (D-3)', async ({ arrive }) => {
  const [a, b] = [await arrive(), await arrive()];
  await a.createGroup('Whole');
  const seed = await a.copySeed();
  const without = (part: string) => seed.replace(new RegExp(`&${part}=[^&]*`), '');
  const shortened = (part: string) => seed.replace(new RegExp(`(&${part}=[^&]*)[^&]{4}(?=&)`), '$1');
  await isRefused(b, 'https://example.org/', 'This is not a seed');
  await isRefused(b, without('c'), 'The cipher key (c) is missing');
  await isRefused(b, shortened('g'), 'The group id (g) is');
  await isRefused(b, shortened('k'), "The owner's public key (k) is not a compressed key");
  await isRefused(b, seed.slice(0, seed.indexOf('&t=')), 'The genesis time (t) is missing');
  await b.join(seed, 'Whole');
  await b.post('In after all.');
  for (const person of [a, b]) await person.seesFinal('In after all.');
});

test('a seed whose signature does not verify is refused; the true one joins (D-2)', async ({ arrive }) => {
  const [a, b] = [await arrive(), await arrive()];
  await a.createGroup('Signed');
  const text = await a.copySeed();
  const seed = parseSeed(text);
  const why = 'signature does not verify';
  await isRefused(b, formatSeed({ ...seed, genesisTimeNs: seed.genesisTimeNs + 1n }), why);
  await isRefused(
    b,
    formatSeed({ ...seed, signature: seed.signature.map((byte, index) => (index === 40 ? byte ^ 1 : byte)) }),
    why,
  );
  await isRefused(b, formatSeed({ ...seed, ownerPubkey: publicKeyOf(new Uint8Array(32).fill(7)) }), why);
  await b.join(text, 'Signed');
  await b.post('In after all.');
  for (const person of [a, b]) await person.seesFinal('In after all.');
});

test('a post over 300 KiB is refused and its text kept; one just below is final everywhere (R-10)', async ({ arrive }) => {
  const [a, b] = [await arrive(), await arrive()];
  const groupId = await a.createGroup('Large');
  await b.join(await a.copySeed(), 'Large');
  const tooLarge = 'x'.repeat(LIMITS.trxDataBytes);
  await b.submit(tooLarge);
  await expect(b.alert).toContainText('at most 300');
  await expect(b.composer).toHaveValue(tooLarge);
  expect(await b.api(`/api/v1/group/${groupId}/content`, { data: { type: 'Note', content: tooLarge } })).toEqual({
    status: 413,
    body: expect.objectContaining({ code: 'too-large', message: expect.stringContaining('Shorten it') }),
  });
  expect((await b.api(`/app/api/v1/group/${groupId}/content`)).body).toEqual([]);

  // The page shows the beginning of what is long.
  const fits = `Just below. ${'x'.repeat(LIMITS.trxDataBytes - 1024)}`;
  await b.submit(fits);
  await expect(b.alert).toHaveCount(0);
  await b.post('And a short one.');
  for (const person of [a, b]) {
    await person.seesFinal('And a short one.');
    await person.seesFinal('Just below.');
    const texts = (await person.finalTexts(groupId)).sort();
    expect(texts.map(({ length }) => length)).toEqual(['And a short one.'.length, fits.length]);
    expect(texts[1] === fits).toBe(true);
  }
});

// -------------------------------------------------------------------------------------------------------------------- hostile peers

const SEED = 77;
const NAME = 'A long history';

/** A block that the owner seals although its root is not what its trxs give. */
async function forge(chain: SimulatedChain, block: Block): Promise<Block> {
  const keys = await chain.store.get('keys', keyOf.keys(chain.groupId));
  if (keys === undefined) throw new Error('The simulated owner has no key.');
  const { SignSecret: secret } = KeyRow.decode(keys);
  const signed = signBlock({ ...block, StateRoot: block.StateRoot.map((byte) => byte ^ 0xff) }, secret);
  return { ...signed, Seals: [signSeal(signed, secret)] };
}

test('a block with a wrong root, sealed with the owner’s key, is refused; the right one is taken (L-7, S-6)', async ({
  arrive,
  relay,
}) => {
  const chain = await simulateChain({ seed: SEED, posts: 5, postsPerBlock: 1 });
  const seed = formatSeed({ ...parseSeed(chain.seed), urls: [relay.origin] });
  const rows = await chain.store.range('blocks', startingWith(`${chain.groupId}/`));
  const blocks = rows.map(({ value }) => Block.decode(value));
  const last = blocks.at(-1) as Block;
  const forged = await forge(chain, last);
  const person = await arrive();
  const { groupId } = chain;
  await person.join(seed, NAME);

  const hostile = await startHostileMember(relay.origin, seed);
  try {
    hostile.serve([...blocks.slice(0, -1), forged]);
    const text = `Block ${chain.blocks} is sealed by the group's producers but breaks the group's rules (wrong-root)`;
    await expect
      .poll(async () => {
        await hostile.beacon(chain.blocks);
        return person.alert.allInnerTexts();
      })
      .toEqual([expect.stringContaining(text)]);
    // What came before it was right, and is kept; of the forged one nothing is.
    expect(await person.topBlock(groupId)).toBe(chain.blocks - 1);
    expect(await person.finalTexts(groupId)).toHaveLength(chain.posts - 1);
    expect((await person.api(`/api/v1/block/${groupId}/${chain.blocks}`)).body.code).toBe('unknown-block');
    await person.reload();
    expect(await person.topBlock(groupId)).toBe(chain.blocks - 1);

    const owner = await startHeadlessNode({ origin: relay.origin, store: chain.store });
    try {
      // The forger insists.
      await expect
        .poll(async () => {
          await hostile.beacon(chain.blocks);
          return person.topBlock(groupId);
        })
        .toBe(chain.blocks);
      await expect(person.alert).toHaveCount(0);
      expect((await person.block(groupId, chain.blocks)).stateRoot).toBe(Buffer.from(last.StateRoot).toString('base64'));
      await person.post('Still here.');
      await person.seesFinal('Still here.');
    } finally {
      await owner.stop();
    }
  } finally {
    await hostile.stop();
  }
});

test('a trx with a bad signature is rejected in gossip, and held against who sent it (N-3, R-6)', async ({ arrive, relay }) => {
  const [a, b] = [await arrive(), await arrive()];
  const groupId = await a.createGroup('Genuine');
  const seed = await a.copySeed();
  await b.join(seed, 'Genuine');
  const hostile = await startHostileMember(relay.origin, seed);
  try {
    // It is a member like any other, as long as it behaves.
    const genuine = hostile.trx('Signed as it should be.');
    await expect
      .poll(async () => {
        await hostile.gossip([genuine]);
        return (await a.api(`/api/v1/trx/${groupId}/${genuine.TrxId}/status`)).body.status;
      })
      .toBe('Committed');
    for (const person of [a, b]) await person.seesFinal('Signed as it should be.');

    const spoil = (trx: Trx): Trx => ({
      ...trx,
      SenderSign: trx.SenderSign.map((byte, index) => (index === 10 ? byte ^ 1 : byte)),
    });
    const bad: Trx[] = [];
    for (const person of [a, b]) {
      await expect
        .poll(async () => {
          const trx = spoil(hostile.trx('Signed by nobody.'));
          bad.push(trx);
          // A good one beside it saves nothing.
          await hostile.gossip([hostile.trx('In bad company.'), trx]);
          return person.networkLog.filter((line) => line.includes(`peer ${hostile.peerId} is cut off`)).length;
        })
        .toBe(1);
    }
    await b.post('Undisturbed.');
    for (const person of [a, b]) {
      await person.seesFinal('Undisturbed.');
      expect(await person.finalTexts(groupId)).toEqual(['Signed as it should be.', 'Undisturbed.']);
      for (const { TrxId } of bad) {
        expect((await person.api(`/api/v1/trx/${groupId}/${TrxId}/status`)).body.status).toBe('Unknown');
      }
    }
    expect(await b.chain(groupId)).toEqual(await a.chain(groupId));
  } finally {
    await hostile.stop();
  }
});

// ------------------------------------------------------------------------------------------------------------------------- the disk

test('full storage: the page says so, nothing is lost, and the group goes on when there is room again (S-6, S-2)', async ({
  arrive,
}) => {
  // The app itself takes three megabytes; with more room than this, the next limit would not be felt for long.
  const [a, b] = [await arrive({ quotaBytes: 5_000_000 }), await arrive()];
  const groupId = await a.createGroup('Full');
  await b.join(await a.copySeed(), 'Full');
  await b.post('Before.');
  for (const person of [a, b]) await person.seesFinal('Before.');

  const large = { data: { type: 'Note', content: 'x'.repeat(250_000) } };
  const post = () => a.api(`/api/v1/group/${groupId}/content`, large);
  const last = await post();
  expect(last).toMatchObject({ status: 200 });
  const acknowledged: string[] = [last.body.trx_id];
  // No room from now on. Chromium may remember for a while that there was some: these use it up, and what it still takes counts.
  await a.setQuota(1);
  await expect
    .poll(async () => {
      const answers = await Promise.all([post(), post(), post(), post()]);
      for (const { status, body } of answers) if (status === 200) acknowledged.push(body.trx_id);
      return answers.map(({ status, body }) => `${status} ${body.code ?? ''}`);
    })
    .toContain('507 storage-full');
  await expect(a.alert).toContainText('storage of this browser is full');
  await a.submit('Too late.');
  await expect(a.composer).toHaveValue('Too late.');
  await b.post('Meanwhile, elsewhere.');
  await expect(b.article('Meanwhile, elsewhere.')).toContainText('Pending');
  await a.seesFinal('Before.');
  // A node that cannot write a single row does not start; it says why, and tries again.
  await a.page.reload();
  await expect(a.alert).toContainText('storage of this browser is full');

  await a.setQuota();
  await a.ready();
  for (const person of [a, b]) await person.seesFinal('Meanwhile, elsewhere.');
  await a.post('Late, but in.');
  for (const person of [a, b]) {
    await person.seesFinal('Late, but in.');
    await expect(person.alert).toHaveCount(0);
    for (const trxId of acknowledged) {
      await expect.poll(async () => (await person.api(`/api/v1/trx/${groupId}/${trxId}/status`)).body.status).toBe('Committed');
    }
  }
  await expect.poll(() => b.topBlock(groupId)).toBe(await a.topBlock(groupId));
  expect(await b.chain(groupId)).toEqual(await a.chain(groupId));
});
