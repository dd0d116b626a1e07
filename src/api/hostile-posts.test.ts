import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { groupTopic, sealBytes } from '../crypto/index.ts';
import { HBTrxBundle, Package, PackageType, parseExact, parseSeed, type Trx, TrxType } from '../records/index.ts';
import { Author, SimulatedClock, type SimulatedMachine, World } from '../sim/index.ts';
import { createRouter } from './router.ts';

/** A member without manners: it has the seed, and encrypts and signs whatever it likes. */

const FINAL_MS = 60_000;
const PAGE_MAX = 500;

interface Item {
  readonly TrxId: string;
  readonly Publisher: string;
  readonly Content: unknown;
  readonly TimeStamp: string;
  readonly Unreadable?: true;
}

class Group {
  readonly world: World;
  readonly owner: SimulatedMachine;
  readonly groupId: string;
  readonly hostile: Author;
  readonly #router: ReturnType<typeof createRouter>;
  readonly #say: (trxs: readonly Trx[]) => Promise<number>;
  readonly #clock: SimulatedClock;

  static async make(seed: number): Promise<Group> {
    const world = await World.create(seed);
    const owner = await world.addMachine('owner');
    const made = await world.settled(owner.node.createGroup({ groupName: 'doors', encryption: 'public', appKey: 'test_app' }));
    return new Group(world, owner, made.seed);
  }

  private constructor(world: World, owner: SimulatedMachine, seedUrl: string) {
    const { groupId, ownerPubkey, cipherKey } = parseSeed(seedUrl);
    this.world = world;
    this.owner = owner;
    this.groupId = groupId;
    this.#router = createRouter(owner.node, { version: '1' });
    this.#clock = new SimulatedClock(world.time, 0);
    this.hostile = new Author('hostile', world.random, () => ({ groupId, ownerPubkey, cipherKey }));
    const host = world.network.connect('hostile');
    host.listenToNobody();
    const topic = groupTopic(cipherKey, groupId);
    host.subscribe(topic);
    this.#say = (Trxs) => {
      const content = Package.encode({ type: PackageType.TRX, Data: HBTrxBundle.encode({ Trxs }) });
      return host.publish(topic, sealBytes(cipherKey, content, world.random.bytes(12)));
    };
  }

  get ownerPubkey(): string {
    return this.owner.node.view().groups[0]?.userPubkey ?? '';
  }

  get posts(): number {
    return this.owner.node.view().groups[0]?.posts ?? 0;
  }

  postedByHostile(plain: Uint8Array, over: Partial<Trx> = {}): Trx {
    return this.hostile.trx(TrxType.POST, plain, this.#clock.nowNs(), over);
  }

  /** The owner's own post. */
  posted(content: unknown): Promise<string> {
    return this.world.settled(this.owner.node.post(this.groupId, JSON.stringify(content)));
  }

  /** Sends these, and waits until this many posts more are final. */
  async untilFinal(trxs: readonly Trx[], more: number, before: number): Promise<void> {
    for (const trx of trxs) await this.#say([trx]);
    expect(await this.world.runUntil(() => this.posts === before + more, FINAL_MS)).toBe(true);
  }

  /** One answer of the feed, as a program gets it. */
  async page(query: string): Promise<Item[]> {
    const response = await this.world.settled(
      Promise.resolve(this.#router.request(`/app/api/v1/group/${this.groupId}/content?${query}`)),
    );
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(() => JSON.parse(text)).not.toThrow();
    return parseExact(text) as unknown as Item[];
  }

  /** The whole feed, page by page. */
  async feed(num = PAGE_MAX, reverse = false): Promise<Item[]> {
    const items: Item[] = [];
    for (;;) {
      const last = items.at(-1);
      const from = last === undefined ? '' : `&starttrx=${last.TrxId}&startpublisher=${last.Publisher}`;
      const page = await this.page(`num=${num}&reverse=${reverse}${from}`);
      if (page.length === 0) return items;
      items.push(...page);
    }
  }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const honest = (number: number) => ({ type: 'Note', content: `honest ${number}`, number });

let group: Group;
beforeAll(async () => {
  group = await Group.make(71);
});

describe('posts of a hostile member', () => {
  it('any bytes, in any order: every honest post comes out exactly, by its author, and nothing else of its author', async () => {
    let honestPosts = 0;
    const expected = new Map<string, unknown>();
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.json().map(encode),
      fc
        .array(
          fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', '"Content":', '"TrxId":"x"', 'null', '1e999', '\n', '\u2028'),
          { maxLength: 20 },
        )
        .map((parts) => encode(parts.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(bytes), { minLength: 1, maxLength: 6 }), async (posts) => {
        const before = group.posts;
        const said: Trx[] = [];
        for (const plain of posts) {
          if (plain !== null) said.push(group.postedByHostile(plain));
          else {
            const content = honest(honestPosts++);
            expected.set(await group.posted(content), content);
          }
        }
        await group.untilFinal(said, posts.length, before);
        const feed = await group.feed();
        expect(feed).toHaveLength(group.posts);
        const byOwner = feed.filter(({ Publisher }) => Publisher === group.ownerPubkey);
        expect(new Map(byOwner.map(({ TrxId, Content }) => [TrxId, Content]))).toEqual(expected);
        expect(byOwner.every((item) => !('Unreadable' in item))).toBe(true);
        const ids = said.map(({ TrxId }) => TrxId);
        expect(feed.filter(({ TrxId, Publisher }) => ids.includes(TrxId) && Publisher === group.hostile.pubkey)).toHaveLength(
          said.length,
        );
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    [
      'a forged post of the owner',
      (owner: string) =>
        `{"content":"mine"},"TimeStamp":"1"},{"TrxId":"11111111-1111-4111-8111-111111111111","Publisher":"${owner}","Content":{"type":"Note","content":"forged"}`,
    ],
    ['no JSON', () => 'this is no JSON'],
    ['nothing', () => ''],
    ['20,000 brackets', () => '['.repeat(20_000) + ']'.repeat(20_000)],
    ['a member twice', () => '{"content":"one","content":"two"}'],
    ['a byte order mark', () => '\ufeff{"content":"x"}'],
    ['a number beyond all', () => '{"content":1e400}'],
  ])('%s is a string, marked unreadable, between its neighbours', async (_name, textFor) => {
    const text = textFor(group.ownerPubkey);
    const before = group.posts;
    const first = await group.posted(honest(1));
    const trx = group.postedByHostile(encode(text));
    await group.untilFinal([trx], 2, before);
    const last = await group.posted(honest(2));
    await group.untilFinal([], 3, before);
    const news = (await group.feed()).slice(before);
    const byId = new Map(news.map((item) => [item.TrxId, item]));
    expect(news).toHaveLength(3);
    expect(byId.get(trx.TrxId)).toEqual({
      TrxId: trx.TrxId,
      Publisher: group.hostile.pubkey,
      Content: text,
      Unreadable: true,
      TimeStamp: trx.TimeStamp.toString(),
    });
    expect(byId.get(first)).toMatchObject({ Publisher: group.ownerPubkey, Content: honest(1) });
    expect(byId.get(last)).toMatchObject({ Publisher: group.ownerPubkey, Content: honest(2) });
  });

  it.each([
    ['null', null],
    ['"{\\"content\\":\\"a string\\"}"', '{"content":"a string"}'],
    ['[1.10, 12345678901234567890, -0]', [1.1, 12345678901234567890n, 0]],
    ['{"__proto__":{"a":1}}', JSON.parse('{"__proto__":{"a":1}}')],
  ])('%s is its value', async (text, value) => {
    const before = group.posts;
    const trx = group.postedByHostile(encode(text));
    await group.untilFinal([trx], 1, before);
    const item = (await group.page('num=1&reverse=true'))[0];
    expect(item).toStrictEqual({
      TrxId: trx.TrxId,
      Publisher: group.hostile.pubkey,
      Content: value,
      TimeStamp: trx.TimeStamp.toString(),
    });
  });

  it('a copied trx id leads no reader astray: every page follows the one before it, in both directions (R-9)', async () => {
    const before = group.posts;
    const copied = await group.posted(honest(7));
    await group.untilFinal([], 1, before);
    await group.posted(honest(8));
    await group.untilFinal([], 2, before);
    await group.untilFinal([group.postedByHostile(encode('{"content":"a copy"}'), { TrxId: copied })], 3, before);
    const whole = await group.feed();
    expect(whole).toHaveLength(group.posts);
    expect(await group.feed(1)).toEqual(whole);
    expect(await group.feed(1, true)).toEqual(whole.toReversed());
    // Without the author's key it is the older one of that id.
    expect((await group.page(`num=1&starttrx=${copied}&includestarttrx=true`))[0]).toMatchObject({ Content: honest(7) });
  });
});
