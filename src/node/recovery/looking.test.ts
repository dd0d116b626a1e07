import { beforeAll, describe, expect, it } from 'vitest';
import { initCrypto, initThreshold } from '../../crypto/index.ts';
import { type Block, ReqBlockResult, SyncResponse } from '../../records/index.ts';
import {
  common,
  memoryStore,
  type PaperChain,
  recovered,
  recoveredLater,
  SeededRandom,
  SimulatedClock,
  SimulatedNetwork,
  SimulatedTime,
} from '../../sim/index.ts';
import { openRequest } from '../envelope.ts';
import { PaperMember } from '../testing/paper-member.ts';

beforeAll(async () => {
  await initCrypto();
  await initThreshold();
});

describe('the chain of another member', () => {
  const OTHER = 'peer-other';

  interface Connected {
    readonly member: PaperMember;
    readonly time: SimulatedTime;
    readonly network: SimulatedNetwork;
  }

  /** Bob, who has these blocks. */
  async function memberWith({ identity, genesis, bob }: PaperChain, blocks: readonly Block[]): Promise<Connected> {
    const time = new SimulatedTime();
    const random = new SeededRandom(1, 'member');
    const network = new SimulatedNetwork(time, random);
    const clock = new SimulatedClock(time);
    const ports = { store: memoryStore(), clock, network: network.connect('peer-member'), random };
    const member = new PaperMember({ identity, genesis, userPubkey: bob.pubkey, ports });
    await member.load();
    await member.apply(blocks);
    return { member, time, network };
  }

  /** Somebody who has this chain, tells of it, and gives one block at a time, as if blocks were as large as an answer may be. */
  function connectOther(
    { member, network }: Connected,
    paper: PaperChain,
    { configNonce, upTo }: { readonly configNonce?: number; readonly upTo?: number } = {},
  ): { readonly asked: number[] } {
    const asked: number[] = [];
    const theirs = paper.blocks.slice(0, upTo);
    const head = theirs.at(-1) as Block;
    const { cipherKey, groupId } = paper.identity;
    network.connect(OTHER).listen({
      gossip: () => 'ignore',
      request: async (data) => {
        const from = openRequest(cipherKey, data)?.Blocks?.FromBlock ?? 0;
        asked.push(from);
        const blocks = theirs.slice(from - 1, from);
        return SyncResponse.encode({
          Blocks: {
            GroupId: groupId,
            RequesterPubkey: '',
            ProviderPubkey: '',
            Result: ReqBlockResult.BLOCK_IN_RESP,
            FromBlock: from,
            BlksRequested: -1,
            BlksProvided: blocks.length,
            Blocks: { Blocks: blocks },
          },
          Trx: undefined,
          HeadBlockId: head.BlockId,
          HeadHash: head.BlockHash,
          Epoch: head.Epoch,
        });
      },
      state: () => {},
      neighbours: () => {},
      stream: (stream) => stream.close(),
    });
    member.members.heard({
      peerId: OTHER,
      pubkey: paper.alice.pubkey,
      isProved: false,
      headBlock: head.BlockId,
      headHash: head.BlockHash,
      configNonce: configNonce ?? head.ConfigNonce,
      silentBelow: 0,
      epoch: head.Epoch,
      clockOffsetNs: 0n,
      heardAtMs: 0,
    });
    return { asked };
  }

  async function look({ member, time }: Connected): Promise<void> {
    member.recovering.tick();
    for (let turn = 0; turn < 400; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (time.hasEvents) time.step();
    }
  }

  it('is read on until it comes to a higher configuration, in as many answers as that takes (C-38)', async () => {
    const here = recovered();
    const { owner, bob } = here.paper;
    for (const text of ['one', 'two']) here.paper.add([bob.post(text, here.paper.timeNs)], [owner, bob]);
    const connected = await memberWith(here.paper, here.paper.blocks);
    const { paper, blocks } = recoveredLater(3);
    const { asked } = connectOther(connected, paper);
    await look(connected);
    expect(connected.member.chain.head).toMatchObject({ blockId: 5, configNonce: 3, hash: blocks[1]?.BlockHash });
    // The last block that both have is found by halves, and what follows is read in order.
    expect(asked.slice(-2)).toEqual([4, 5]);
  });

  it('is read up to the base of a recovery by who is bound to that one, and had gone over to another meanwhile (C-36, C-37)', async () => {
    // The older chain up to the base, and a recovery there whose number is higher than that of the one gone over to.
    const older = recoveredLater(3);
    const [base, opening] = older.blocks as [Block, Block];
    const [trx] = opening.Trxs;
    if (!trx) throw new Error('The success stands in the first block.');
    for (const isBound of [false, true]) {
      const here = recovered();
      here.paper.add([here.paper.bob.post('given up', here.paper.timeNs)], [here.paper.owner, here.paper.bob]);
      const connected = await memberWith(here.paper, here.paper.blocks);
      const { member } = connected;
      member.hasPromised = () => isBound;
      await member.recovering.adopt(trx);
      expect(member.chain.head).toMatchObject({ blockId: 5, configNonce: 2 });
      expect(member.chain.opening).toBeUndefined();

      connectOther(connected, older.paper, { upTo: base.BlockId });
      await look(connected);
      if (!isBound) {
        expect(member.chain.head).toMatchObject({ blockId: 5, configNonce: 2 });
        continue;
      }
      expect(member.chain.head).toMatchObject({ blockId: 4, hash: base.BlockHash });
      expect(member.chain.opening?.nonce).toBe(3);
      expect(member.recovering.givenUp).toMatchObject({ nonce: 3, baseBlock: 3, lastBlock: 5, ownTrxs: 1 });
      await member.load();
      expect(member.chain.opening?.nonce).toBe(3);
      expect(await member.intake.apply([opening])).toEqual({ applied: 1 });
      expect(member.chain.head).toMatchObject({ blockId: 5, configNonce: 3 });
    }
  });

  it('is not read again at once when all of it brought nothing', async () => {
    const here = recovered();
    const connected = await memberWith(here.paper, here.paper.blocks);
    // It tells of a higher configuration than any of its blocks has.
    const { paper } = recoveredLater(2);
    const { asked } = connectOther(connected, paper, { configNonce: 3 });
    await look(connected);
    const before = asked.length;
    expect(asked.slice(-2)).toEqual([4, 5]);
    connected.time.plan(60_000, () => {});
    await look(connected);
    expect(connected.time.nowMs).toBeGreaterThan(60_000);
    await look(connected);
    expect(asked).toHaveLength(before);
    connected.time.plan(300_000, () => {});
    await look(connected);
    await look(connected);
    expect(asked.length).toBeGreaterThan(before);
    expect(connected.member.chain.head).toMatchObject({ configNonce: 2 });
  });

  it('is read from the next block on by who is about to open a recovery (C-37, C-38)', async () => {
    const { paper, trx } = recovered();
    const connected = await memberWith(paper, common().blocks);
    await connected.member.recovering.adopt(trx);
    const later = recoveredLater(3);
    connectOther(connected, later.paper);
    await look(connected);
    expect(connected.member.chain.head).toMatchObject({ blockId: 5, configNonce: 3 });
  });
});
