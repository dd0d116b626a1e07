/** Changing who makes the blocks while the group is at work: nothing is lost, nothing is there twice, and what failed is kept with its request. */
import { expect, test } from './support/app-test.ts';
import { announceProducers, appoint, askForProducers, changeIsFinal, pubkeysOf } from './support/appoint.ts';
import type { Person } from './support/person.ts';

const NAME = 'Setts that change';
const CHANGES_TIMEOUT_MS = 600_000;

/** Posts one after another until {@link stop}; remembers what was acknowledged. */
class Poster {
  readonly #person: Person;
  readonly #groupId: string;
  readonly #texts: string[] = [];
  #isOver = false;
  readonly #done: Promise<void>;

  constructor(person: Person, groupId: string, name: string) {
    this.#person = person;
    this.#groupId = groupId;
    this.#done = this.#run(name);
  }

  async #run(name: string): Promise<void> {
    for (let number = 0; !this.#isOver; number++) {
      const text = `${name} ${number}`;
      const { status, body } = await this.#person.api(`/api/v1/group/${this.#groupId}/content`, {
        data: { type: 'Note', content: text },
      });
      expect(status, JSON.stringify(body)).toBe(200);
      this.#texts.push(text);
    }
  }

  get count(): number {
    return this.#texts.length;
  }

  async stop(): Promise<readonly string[]> {
    this.#isOver = true;
    await this.#done;
    return this.#texts;
  }
}

/** Every final post, page by page. */
async function allFinal(person: Person, groupId: string): Promise<string[]> {
  const texts: string[] = [];
  for (let after = ''; ; ) {
    const from = after === '' ? '' : `&starttrx=${after}`;
    const { body } = await person.api(`/app/api/v1/group/${groupId}/content?num=500${from}`);
    const items = body as { TrxId: string; Content: { content: string } }[];
    if (items.length === 0) return texts;
    texts.push(...items.map(({ Content }) => Content.content));
    after = items.at(-1)?.TrxId ?? after;
  }
}

test('producers are replaced while posts pour in: one chain without a gap, nothing lost, nothing twice (C-27, C-29 to C-33)', async ({
  arrive,
}) => {
  test.setTimeout(CHANGES_TIMEOUT_MS);
  const [owner, b, c, d, user] = [await arrive(), await arrive(), await arrive(), await arrive(), await arrive()];
  const everybody = [owner, b, c, d, user];
  const groupId = await owner.createGroup(NAME);
  const seed = await owner.copySeed();
  for (const guest of [b, c, d, user]) await guest.join(seed, NAME);

  const posters = [new Poster(user, groupId, 'user'), new Poster(b, groupId, 'b')];
  await expect.poll(() => posters.every(({ count }) => count > 3)).toBe(true);
  // One, three, then another three without the owner, then the owner alone again.
  await appoint(owner, groupId, [owner, b, c], everybody);
  await announceProducers(owner, groupId, [d]);
  const sets = [[b, c, d], [owner]];
  for (const [index, set] of sets.entries()) {
    const wanted = await pubkeysOf(set, groupId);
    const requested = await askForProducers(owner, groupId, wanted, { startFromEpoch: 10_000 * (index + 1) });
    await changeIsFinal(everybody, groupId, requested);
    for (const person of everybody) {
      const { body } = await person.api(`/api/v1/group/${groupId}/consensus/`);
      const keys = body.producers.map(({ ProducerPubkey: key }: { ProducerPubkey: string }) => key);
      expect(keys.sort()).toEqual(wanted.sort());
    }
  }
  const texts = (await Promise.all(posters.map((poster) => poster.stop()))).flat();

  for (const person of everybody) {
    await expect.poll(async () => (await allFinal(person, groupId)).sort()).toEqual([...texts].sort());
  }
  const chain = await owner.chain(groupId);
  for (const person of everybody) {
    await expect.poll(() => person.topBlock(groupId)).toBe(chain.length);
    expect(await person.chain(groupId)).toEqual(chain);
    const { proofs } = (await person.api(`/api/v1/group/${groupId}/consensus/proof/history`)).body;
    expect(proofs.map(({ result }: { result: string }) => result)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS']);
  }

  // Who joins after three changes checks the chain of proofs from the seed alone.
  const late = await arrive();
  await late.join(seed, NAME);
  await expect.poll(() => late.topBlock(groupId)).toBe(chain.length);
  expect(await late.chain(groupId)).toEqual(chain);
});

test('a request that a producer never answers ends as TIMEOUT, kept with its request by id, and leaves the group as it was (C-30, C-33)', async ({
  arrive,
}) => {
  test.setTimeout(CHANGES_TIMEOUT_MS);
  const [owner, b] = [await arrive(), await arrive()];
  const groupId = await owner.createGroup(NAME);
  await b.join(await owner.copySeed(), NAME);
  await announceProducers(owner, groupId, [b]);
  const pubkeys = await pubkeysOf([owner, b], groupId);
  await b.closeTab();
  const { reqId, trxId } = await askForProducers(owner, groupId, pubkeys, { tickMs: 1_000, tickCount: 10 });
  const proofAt = async (person: Person) => (await person.api(`/api/v1/group/${groupId}/consensus/proof/${reqId}`)).body;
  await expect.poll(async () => (await proofAt(owner)).result, { timeout: 120_000 }).toBe('TIMEOUT');

  await b.openTab(`#/group/${groupId}`);
  for (const person of [owner, b]) {
    await expect.poll(async () => (await proofAt(person)).result).toBe('TIMEOUT');
    expect((await proofAt(person)).req.ReqId).toBe(reqId);
    // The newest agreement is the one in force.
    expect((await person.api(`/api/v1/group/${groupId}/consensus/proof/last`)).body.result).toBe('SUCCESS');
    const { body } = await person.api(`/api/v1/group/${groupId}/consensus/`);
    expect(body.producers).toHaveLength(1);
    expect((await person.api(`/api/v1/trx/${groupId}/${trxId}/status`)).body.status).not.toBe('Committed');
  }
  await b.post('The owner goes on alone.');
  for (const person of [owner, b]) await person.seesFinal('The owner goes on alone.');
});
