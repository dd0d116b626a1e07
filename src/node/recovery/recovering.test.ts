import { beforeAll, describe, expect, it } from 'vitest';
import { initCrypto, initThreshold } from '../../crypto/index.ts';
import { bundleIn, isFinal } from '../../ledger/index.ts';
import {
  type Block,
  ChangeConsensusReq,
  ChangeConsensusResultBundle,
  ConsensusContract,
  ConsensusResult,
  comparePubkeys,
  SealedHeader,
  sealBodyOf,
  type Trx,
  TrxType,
  toHex,
} from '../../records/index.ts';
import {
  type Author,
  altered,
  common,
  goneOn,
  type PaperChain,
  recovered,
  recoveredLater,
  SeededRandom,
  SimulatedClock,
  SimulatedNetwork,
  SimulatedStore,
  SimulatedTime,
} from '../../sim/index.ts';
import type { ReadPost } from '../chain-head.ts';
import { type Store, StoreError, TABLES, type Write } from '../ports.ts';
import { PaperMember, type PaperMemberOptions } from '../testing/paper-member.ts';
import { standingToBase } from './standing.ts';

beforeAll(async () => {
  await initCrypto();
  await initThreshold();
});

interface Written {
  readonly member: PaperMember;
  readonly options: PaperMemberOptions;
  readonly store: Store;
  /** Transactions so far. */
  readonly writes: (readonly Write[])[];
}

async function memberOf(
  paper: PaperChain,
  user: Author,
  blocks: readonly Block[],
  { store, readPost }: { readonly store?: Store; readonly readPost?: ReadPost } = {},
): Promise<Written> {
  const writes: (readonly Write[])[] = [];
  const disk = new SimulatedStore({ random: new SeededRandom(1, 'disk') });
  disk.watch = (written) => writes.push(written);
  const opened = store ?? disk.open();
  const time = new SimulatedTime();
  const random = new SeededRandom(1, 'member');
  const options: PaperMemberOptions = {
    identity: paper.identity,
    genesis: paper.genesis,
    userPubkey: user.pubkey,
    ...(readPost && { readPost }),
    ports: {
      store: opened,
      clock: new SimulatedClock(time),
      network: new SimulatedNetwork(time, random).connect('peer-member'),
      random,
    },
  };
  const member = new PaperMember(options);
  await member.load();
  await member.apply(blocks);
  return { member, options, store: opened, writes };
}

/** Everything of the chain that is stored. */
async function contentOf(store: Store): Promise<string[]> {
  const tables = TABLES.filter((table) => table !== 'log' && table !== 'outbox');
  const rows = await Promise.all(tables.map(async (table) => ({ table, rows: await store.range(table, {}) })));
  return rows.flatMap(({ table, rows: all }) => all.map(({ key, value }) => `${table} ${key} ${toHex(value)}`));
}

const namesOf = (trxs: readonly Trx[]): string[] => trxs.map(({ TrxId }) => TrxId);

describe('a chain of a higher configuration', () => {
  it('comes in the place of what stands there in one transaction, which leaves nothing of it (C-38, C-39)', async () => {
    const { paper, posts } = goneOn();
    const other = recovered(posts.slice(0, 1));
    const { member, store, writes } = await memberOf(paper, paper.alice, paper.blocks);
    const before = writes.length;
    expect(await member.recovering.take([other.first])).toEqual([other.first]);
    expect(writes).toHaveLength(before + 1);
    const straight = await memberOf(other.paper, other.paper.alice, other.paper.blocks);
    expect(await contentOf(store)).toEqual(await contentOf(straight.store));
    expect(member.chain.head).toEqual(straight.member.chain.head);
    await member.load();
    expect(member.chain.head).toEqual(straight.member.chain.head);
    // What follows is executed to the same root, by the state in memory as by the one that is stored.
    const next = other.paper.add([other.paper.bob.post('on', other.paper.timeNs)], [other.paper.owner, other.paper.bob]);
    expect((await member.apply([next])).applied).toBe(1);
  });

  it('leaves own trxs pending that it does not have, others’ to the pool, and says what it gave up, also later (C-39)', async () => {
    const { paper, posts } = goneOn();
    const [kept, lost] = posts as [Trx, Trx];
    const waiting = paper.add([paper.alice.post('not final', paper.timeNs)], []);
    const { member, store, writes } = await memberOf(paper, paper.alice, paper.blocks.slice(0, -1));
    await member.apply([waiting]);
    const before = writes.length;
    await member.recovering.take([recovered([kept]).first]);
    expect(namesOf(member.returned)).toEqual([lost.TrxId]);
    expect(namesOf(member.pooled)).toEqual(namesOf(paper.blocks[4]?.Trxs ?? []));
    const told = { nonce: 2, baseBlock: 3, lastBlock: 5, ownTrxs: 1 };
    expect(member.recovering.givenUp).toMatchObject(told);
    expect(member.outbox.posts()).toMatchObject([{ trxId: lost.TrxId, content: expect.stringContaining('lost') }]);
    expect(namesOf(member.outbox.due(0).flatMap(({ Trx }) => Trx ?? []))).toEqual([lost.TrxId]);
    expect(writes).toHaveLength(before + 1);
    const again = await memberOf(paper, paper.alice, [], { store });
    expect(again.member.recovering.givenUp).toMatchObject(told);
    expect(namesOf(again.member.outbox.due(0).flatMap(({ Trx }) => Trx ?? []))).toEqual([lost.TrxId]);
  });

  it('leaves own posts pending as this user wrote them, also where nobody reads them by the group’s key (C-39)', async () => {
    const paper = common();
    const { owner, alice } = paper;
    const post = alice.trx(TrxType.POST, new Uint8Array(), paper.timeNs, { Data: Uint8Array.of(1, 2, 3) });
    paper.add([post], [owner, alice]);
    const readPost: ReadPost = async () => new TextEncoder().encode('for my eyes');
    const { member } = await memberOf(paper, alice, paper.blocks, { readPost });
    await member.recovering.take([recovered().first]);
    expect(member.outbox.posts()).toMatchObject([{ trxId: post.TrxId, content: 'for my eyes' }]);
  });

  it('gives its owner back the results of requests that came to nothing, but no success (C-39)', async () => {
    const paper = common();
    const { owner, alice, identity } = paper;
    const request = bundleIn(paper.change([owner]), identity)?.Req;
    const failed = ChangeConsensusResultBundle.create({ Result: ConsensusResult.FAIL, Req: request });
    const failure = owner.trx(TrxType.CONSENSUS, ChangeConsensusResultBundle.encode(failed), paper.timeNs);
    paper.add([failure], [owner, alice]);
    paper.add([paper.change([owner])], [owner, alice]);
    const { member } = await memberOf(paper, owner, paper.blocks);
    const other = common();
    // A recovery that comes after both.
    for (const _ of [2, 3]) other.change([owner]);
    await member.recovering.take([recovered([], other).first]);
    expect(member.chain.head.configNonce).toBe(4);
    expect(namesOf(member.returned)).toEqual([failure.TrxId]);
  });

  it('is none if its producers have not sealed it, its base is another block, or not final here (C-38)', async () => {
    const { paper } = goneOn();
    const { owner, bob } = paper;
    const { first } = recovered();
    const { member, store } = await memberOf(paper, bob, paper.blocks);
    const content = await contentOf(store);
    const elsewhere = common(2);
    elsewhere.add([bob.post('another base', elsewhere.timeNs)], [owner, elsewhere.alice]);
    expect(await member.recovering.take([altered(first, {}, [owner])])).toBe('other');
    expect(await member.recovering.take([altered(first, {}, [owner, elsewhere.alice])])).toBe('other');
    expect(await member.recovering.take([recovered([], elsewhere).first])).toBe('other');
    expect(await contentOf(store)).toEqual(content);
    const early = await memberOf(paper, bob, paper.blocks.slice(0, 2));
    const base = { ...(paper.blocks[2] as Block), Seals: [] };
    await early.member.apply([base, ...paper.blocks.slice(3)]);
    expect(early.member.chain.head.blockId).toBe(2);
    expect(await early.member.recovering.take([first])).toBe('other');
  });

  it('counts if its nonce is higher than that of this one, however many blocks that takes, or not at all (C-38)', async () => {
    const paper = common();
    const { owner, alice, bob } = paper;
    paper.add([paper.change([owner, alice])], [owner, alice]);
    paper.add([alice.post('under 2', paper.timeNs)], [owner, alice]);
    const { member, store, writes } = await memberOf(paper, alice, paper.blocks);
    const [content, before] = [await contentOf(store), writes.length];
    const { paper: other, first } = recovered();
    const last = other.add([other.change([owner, bob])], [owner, bob]);
    const under3 = other.add([bob.post('under 3', other.timeNs)], [owner, bob]);
    const later = other.add([bob.post('more', other.timeNs)], [owner, bob]);
    expect(await member.recovering.take([first, last])).toBe('other');
    const bad = altered(under3, { StateRoot: new Uint8Array(32) }, [owner, bob]);
    expect(await member.recovering.take([first, last, bad])).toBe('wrong-root');
    // What only says to be of that configuration is not.
    const claiming = altered(last, { ConfigNonce: 3 }, [owner, bob]);
    expect(await member.recovering.take([first, claiming])).toBe('other');
    expect(await contentOf(store)).toEqual(content);
    expect(writes).toHaveLength(before);
    expect(member.returned).toEqual([]);
    expect(member.recovering.givenUp).toBeUndefined();
    const next = paper.add([alice.post('goes on', paper.timeNs)], [owner, alice]);
    expect((await member.apply([next])).applied).toBe(1);
    expect(await member.recovering.take([first, last, under3, later])).toEqual([first, last, under3]);
    expect(member.chain.head).toMatchObject({ blockId: 6, configNonce: 3 });
  });

  it('overtakes a recovery that went on here, from the older blocks whose producers had not heard of it (C-38)', async () => {
    const here = recovered();
    const { owner, bob } = here.paper;
    here.paper.add([bob.post('given up', here.paper.timeNs)], [owner, bob]);
    const { member, store } = await memberOf(here.paper, bob, here.paper.blocks);
    const content = await contentOf(store);
    const overtaking = recoveredLater(3);
    for (const none of [recoveredLater(2).blocks, overtaking.blocks.slice(0, 1)]) {
      expect(await member.recovering.take(none)).toBe('other');
    }
    expect(await contentOf(store)).toEqual(content);
    expect(await member.recovering.take(overtaking.blocks)).toEqual(overtaking.blocks);
    const straight = await memberOf(overtaking.paper, bob, overtaking.paper.blocks);
    expect(member.chain.head).toEqual(straight.member.chain.head);
    expect(member.recovering.givenUp).toMatchObject({ nonce: 3, baseBlock: 3, lastBlock: 5, ownTrxs: 1 });

    // So it is where the chains part by ordinary blocks: more than f producers have made two, and what is sealed under the higher nonce counts.
    const parted = await memberOf(goneOn().paper, bob, goneOn().paper.blocks);
    expect(await parted.member.recovering.take(recoveredLater(3).blocks)).toEqual(overtaking.blocks);
    expect(parted.member.chain.head).toEqual(straight.member.chain.head);
  });
});

describe('a store that cannot be read for a moment', () => {
  /** Fails the read with this number, and no other. */
  function failingAt(store: Store, failAt: number): { readonly store: Store; arm(): void } {
    let reads = Number.NEGATIVE_INFINITY;
    const isRead = (name: string | symbol): boolean => name === 'get' || name === 'getMany' || name === 'range';
    const failing = new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          if (isRead(name) && ++reads === failAt) throw new StoreError('failed', 'The disk did not answer.');
          return value.apply(target, args);
        };
      },
    });
    const arm = () => {
      reads = 0;
    };
    return { store: failing, arm };
  }

  it('leaves the chain as it is, in memory and on the disk, whichever read of a switch fails (C-38, S-6)', async () => {
    const { paper, posts } = goneOn();
    const [kept] = posts as [Trx];
    const other = recovered([kept]);
    const straight = await memberOf(other.paper, other.paper.alice, other.paper.blocks);
    const next = paper.add([paper.alice.post('goes on', paper.timeNs)], [paper.owner, paper.alice]);
    let failures = 0;
    for (let failAt = 1; ; failAt++) {
      const { member, store } = await memberOf(paper, paper.alice, paper.blocks.slice(0, -1));
      const content = await contentOf(store);
      const broken = failingAt(store, failAt);
      const again = await memberOf(paper, paper.alice, [], { store });
      const { chain, recovering, outbox } = new PaperMember({
        ...again.options,
        ports: { ...again.options.ports, store: broken.store },
      });
      await chain.reload();
      broken.arm();
      const { head, configuration } = chain;
      const taken = await recovering.take([other.first]).catch((error: unknown) => error);
      if (!(taken instanceof StoreError)) {
        expect(taken).toEqual([other.first]);
        expect(chain.head).toEqual(straight.member.chain.head);
        expect(outbox.posts()).toHaveLength(1);
        break;
      }
      failures += 1;
      expect(await contentOf(store)).toEqual(content);
      expect([chain.head, chain.tip, chain.configuration, chain.hasStaged]).toEqual([head, head, configuration, false]);
      expect(outbox.posts()).toEqual([]);
      // What comes next is written by itself, with nothing of the switch.
      const examined = await chain.examine(next);
      if ('refusal' in examined) throw new Error(examined.refusal);
      await chain.stage(next, examined.execution);
      await chain.flush('relaxed');
      expect(await member.chain.reload()).toEqual({ sound: true });
      expect(member.chain.head).toMatchObject({ blockId: next.BlockId, hash: next.BlockHash });
    }
    expect(failures).toBeGreaterThan(10);
  });
});

describe('a recovery that is adopted', () => {
  it('takes what waits above its base back in the transaction that stores it, not before (C-37)', async () => {
    const { paper, trx } = recovered();
    const before = common();
    const { alice, bob } = before;
    const own = bob.post('own', before.timeNs);
    const others = alice.post('of another', before.timeNs);
    const trxs = [own, others].sort((a, b) => comparePubkeys(a.SenderPubkey, b.SenderPubkey));
    const waiting = before.add(trxs, []);
    const { member, store, writes } = await memberOf(paper, bob, [...before.blocks.slice(0, 3), waiting]);
    expect(member.chain.tip.blockId).toBe(4);
    const count = writes.length;
    await member.recovering.adopt(trx);
    expect(writes).toHaveLength(count + 1);
    expect(member.chain.tip.blockId).toBe(3);
    expect(namesOf(member.pooled)).toEqual(namesOf([trx, others]));
    // Nobody was told of it as final: nothing is given up, and what is own was never out of the outbox.
    expect(member.recovering.givenUp).toBeUndefined();
    expect(member.returned).toEqual([]);
    const straight = await memberOf(paper, bob, before.blocks.slice(0, 3));
    expect(await contentOf(store)).toEqual(await contentOf(straight.store));
    const again = await memberOf(paper, bob, [], { store });
    for (const { chain } of [member, again.member]) {
      expect(chain.opening?.nonce).toBe(2);
      expect(chain.configuration).toMatchObject({ nonce: 2, isOpening: true });
    }
  });

  it('is the first of its nonce that was stored, restarts included; only a higher one comes after it (C-37)', async () => {
    const { paper, trx } = recovered();
    const { owner, bob } = paper;
    const rival = common();
    const other = recovered([], rival, [rival.owner, rival.alice]);
    const higher = rival.change([owner, bob], rival.blocks[2]);
    const { store, member } = await memberOf(paper, owner, common().blocks);
    await member.recovering.adopt(trx);
    for (const each of [member, (await memberOf(paper, owner, [], { store })).member]) {
      await each.recovering.adopt(other.trx);
      expect(each.chain.opening?.configuration.proofTrxId).toBe(trx.TrxId);
      // No block of the other one follows on the base.
      expect(await each.chain.examine(other.first)).toHaveProperty('refusal');
    }
    await member.recovering.adopt(higher);
    expect(member.chain.opening?.nonce).toBe(3);
  });

  it('is one whose response this node has promised, and whose base it has (C-36, C-37)', async () => {
    const { paper, trx } = recovered();
    const { member, store, writes } = await memberOf(paper, paper.bob, common().blocks);
    const [content, before] = [await contentOf(store), writes.length];
    const response = bundleIn(trx, paper.identity)?.Resps.find(({ SenderPubkey }) => SenderPubkey === paper.bob.pubkey);
    const asked: string[] = [];
    member.hasPromised = ({ RespId }) => {
      asked.push(RespId);
      return false;
    };
    await member.recovering.adopt(trx);
    expect(asked).toEqual([response?.RespId]);
    // Nor does anybody follow it who was not asked.
    const user = await memberOf(paper, paper.alice, common().blocks);
    await user.member.recovering.adopt(trx);
    expect(user.member.chain.opening).toBeUndefined();
    const behind = await memberOf(paper, paper.bob, common(2).blocks);
    await behind.member.recovering.adopt(trx);
    expect(behind.member.chain.opening).toBeUndefined();
    expect(member.chain.opening).toBeUndefined();
    expect([await contentOf(store), writes.length]).toEqual([content, before]);
    member.hasPromised = () => true;
    await member.recovering.adopt(trx);
    expect(member.chain.opening?.nonce).toBe(2);
  });

  it('begins at the epoch that was asked for, but above that of its base (C-37)', async () => {
    const { paper, trx, first } = recovered();
    const { owner, bob } = paper;
    const { member } = await memberOf(paper, bob, common().blocks);
    await member.recovering.adopt(trx);
    expect(member.chain.configuration.startEpoch).toBe(100);
    await member.apply([first]);
    expect(first.Epoch).toBe(100);
    await member.recovering.adopt(paper.change([owner, bob], first));
    expect(member.chain.configuration).toMatchObject({ nonce: 3, startEpoch: 101 });
  });

  it('opens the next block, and that alone: on its base, under its nonce (C-37)', async () => {
    const { paper, first } = recovered();
    const { owner, bob } = paper;
    const { member } = await memberOf(paper, bob, common(2).blocks);
    const onBase = (block: Block) => member.chain.recoveryOf(block)?.nonce;
    expect(onBase(first)).toBeUndefined();
    await member.apply(common().blocks.slice(2));
    expect(onBase(first)).toBe(2);
    expect(onBase(altered(first, { ConfigNonce: 3 }, [owner, bob]))).toBeUndefined();
    const elsewhere = common();
    const base = elsewhere.blocks[2] as Block;
    for (const about of [{ BlockId: 2 }, { BlockHash: new Uint8Array(32) }]) {
      const Trxs = [common().change([owner, bob], { ...base, ...about })];
      expect(onBase({ ...first, Trxs })).toBeUndefined();
    }
    await member.apply([first]);
    expect(onBase(first)).toBeUndefined();
  });

  it('is given up where the older chain has gone on to a higher one, and for nothing less (C-37, C-38)', async () => {
    const { paper, trx } = recovered();
    const { member, store } = await memberOf(paper, paper.bob, common().blocks);
    await member.recovering.adopt(trx);
    const content = await contentOf(store);
    const later = recoveredLater(3);
    for (const none of [recoveredLater(2).blocks, later.blocks.slice(0, 1)]) {
      expect(await member.intake.apply(none)).toMatchObject({ applied: 0, refusal: { block: none[0] } });
      expect(member.chain.opening?.nonce).toBe(2);
    }
    const [ordinary, opening] = later.blocks as [Block, Block];
    const bad = altered(opening, { StateRoot: new Uint8Array(32) }, [paper.owner, paper.bob]);
    expect(await member.intake.apply([ordinary, bad])).toMatchObject({ applied: 0, refusal: { reason: 'wrong-root' } });
    expect(member.chain.opening?.nonce).toBe(2);
    expect(await contentOf(store)).toEqual(content);

    expect(await member.intake.apply(later.blocks)).toEqual({ applied: 2 });
    const straight = await memberOf(later.paper, paper.bob, later.paper.blocks);
    await member.load();
    expect(member.chain.head).toEqual(straight.member.chain.head);
    expect(member.chain.opening).toBeUndefined();
    expect(member.recovering.givenUp).toBeUndefined();
  });

  it('keeps every recovery of the same nonce out, also one that goes on from an earlier block (C-37, C-38)', async () => {
    const { paper, trx } = recovered();
    const { member } = await memberOf(paper, paper.bob, common().blocks);
    await member.recovering.adopt(trx);
    expect(await member.recovering.take([recovered([], common(2)).first])).toBe('other');
    expect(member.chain.opening?.configuration.proofTrxId).toBe(trx.TrxId);
    const higher = common(2);
    higher.change([higher.owner]);
    const { first } = recovered([], higher);
    expect(await member.recovering.take([first])).toEqual([first]);
  });
});

describe('who is asked to go on from a base (C-36)', () => {
  const from = ({ BlockId, BlockHash }: Block): ChangeConsensusReq => {
    const Contract = ConsensusContract.create({ Recovery: true, BaseBlockId: BlockId, BaseHash: BlockHash });
    return ChangeConsensusReq.create({ Contract });
  };

  it('waits until it has it, executed and final, and answers then', async () => {
    const paper = common();
    const base = paper.blocks[2] as Block;
    const { member } = await memberOf(paper, paper.bob, paper.blocks.slice(0, 2));
    expect(await standingToBase(from(base), member.chain)).toBe('wait');
    await member.apply([{ ...base, Seals: [] }]);
    expect(await standingToBase(from(base), member.chain)).toBe('wait');
    const straight = await memberOf(paper, paper.bob, paper.blocks);
    expect(await standingToBase(from(base), straight.member.chain)).toBe('ready');
    // What waits above it is not final.
    const waiting = paper.add([paper.alice.post('waits', paper.timeNs)], []);
    await straight.member.apply([waiting]);
    expect(await standingToBase(from(base), straight.member.chain)).toBe('ready');
  });

  it('refuses with the newest final block that it has, sealed, if that is above it or beside it', async () => {
    const { paper } = goneOn();
    const base = paper.blocks[2] as Block;
    const { member } = await memberOf(paper, paper.bob, paper.blocks);
    const shown = async (request: ChangeConsensusReq) => {
      const standing = await standingToBase(request, member.chain);
      if (typeof standing === 'string' || !standing.higherBlock) throw new Error('it does not refuse');
      return { ...standing, ...SealedHeader.decode(standing.higherBlock) };
    };
    const [newest] = paper.blocks.slice(-1) as [Block];
    const { reason, Header, Seals } = await shown(from(base));
    expect(reason).toMatch(/later final block, 5/);
    expect(Header).toEqual(sealBodyOf(newest));
    expect(isFinal({ ...newest, Seals }, member.chain.configuration)).toBe(true);
    const other = { ...newest, BlockHash: new Uint8Array(32) };
    expect((await shown(from(other))).reason).toMatch(/another final block 5/);
    expect((await shown(from({ ...base, BlockHash: other.BlockHash }))).reason).toMatch(/another final block 3/);
  });
});

describe('two chains of one nonce', () => {
  it('take nothing more, but for a recovery of a higher nonce (C-38)', async () => {
    const { paper } = goneOn();
    const { owner, bob } = paper;
    const { member } = await memberOf(paper, bob, paper.blocks.slice(0, 4));
    const { intake, split } = member;
    const about = (byte: number) => ({ blockId: 4, hash: new Uint8Array(32).fill(byte) });
    await split.begin({ nonce: 1, ours: about(1), theirs: about(2) });
    const next = paper.blocks.slice(4);
    expect(await intake.apply(next)).toEqual({ applied: 0 });
    expect(member.chain.head.blockId).toBe(4);
    expect(await intake.apply([recovered().first])).toEqual({ applied: 1 });
    await split.end();
    const above = recovered([], common(), [owner, bob]);
    const on = above.paper.add([bob.post('on', above.paper.timeNs)], [owner, bob]);
    expect(await intake.apply([on])).toEqual({ applied: 1 });
  });
});
