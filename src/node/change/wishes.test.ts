import { describe, expect, it } from 'vitest';
import { LIMITS, stringifyExact } from '../../records/index.ts';
import { AnnouncedGroup, World } from '../../sim/index.ts';
import type { WantedChange } from '../service.ts';

const groupOf = async (members: number, seed: number): Promise<AnnouncedGroup> =>
  AnnouncedGroup.create(await World.create(seed), members);

const ask = (group: AnnouncedGroup, places: readonly number[], over: Partial<WantedChange> = {}) =>
  group.world.settled(group.owner.node.changeConsensus(group.groupId, group.wanted(group.keys(places), over)));

describe('what the owner cannot ask for (C-29)', () => {
  it('is refused beyond each bound, and the sentence names it; nothing is open then', async () => {
    const group = await groupOf(1, 60);
    const [key = ''] = group.keys([0]);
    const { epoch } = group.view(group.owner);
    const wrong: [Partial<WantedChange>, string, RegExp][] = [
      [{ producers: [] }, 'bad-input', /at least one producer/],
      [{ producers: new Array<string>(LIMITS.producers + 1).fill(key) }, 'bad-input', /at most 24 producers/],
      [{ producers: ['x'] }, 'bad-input', /not a public key/],
      [{ producers: [key, key] }, 'bad-input', /twice/],
      [{ startFromEpoch: epoch }, 'bad-input', /after the current epoch/],
      [{ startFromEpoch: 1_000.5 }, 'bad-input', /after the current epoch/],
      [{ trxEpochTickMs: 499 }, 'bad-input', /trx_epoch_tick/],
      [{ trxEpochTickMs: 3_600_001 }, 'bad-input', /trx_epoch_tick must be 500 ms to 3600000 ms/],
      [{ agreementTickMs: 999 }, 'bad-input', /agreement_tick_length/],
      [{ agreementTickMs: 3_600_001 }, 'bad-input', /agreement_tick_length/],
      [{ agreementTickCount: 9 }, 'bad-input', /agreement_tick_count/],
      [{ agreementTickCount: 101 }, 'bad-input', /agreement_tick_count/],
      [{ encryption: -1 }, 'bad-input', /encryption/],
      [{ encryption: 2 ** 32 }, 'bad-input', /encryption/],
      [{ memo: 'm'.repeat(LIMITS.memoChars + 1) }, 'bad-input', /memo/],
      [{ engine: 'raft' }, 'unsupported', /engine raft/],
    ];
    for (const [over, code, message] of wrong) {
      const refused = { code, message: expect.stringMatching(message) };
      await expect(ask(group, [0], over), Object.keys(over).join()).rejects.toMatchObject(refused);
      expect(group.view(group.owner).change).toBeUndefined();
    }
    await ask(group, [0], { startFromEpoch: group.view(group.owner).epoch + 1, agreementTickCount: 100, memo: 'm' });
  });

  it('holds a producer that has taken its announcement back, the owner too, unless it is to be alone', async () => {
    const group = await groupOf(2, 61);
    const { node } = group.owner;
    await group.world.settled(node.announce(group.groupId, { action: 'remove', type: 'producer', memo: '' }));
    let left = 2;
    await group.until('the owner is not announced any more', () => {
      void node.announcedProducers(group.groupId).then((items) => {
        left = items.length;
      });
      return left === 1;
    });
    await expect(ask(group, [0, 1])).rejects.toMatchObject({ code: 'not-announced', params: { pubkey: group.keys([0])[0] } });
    const { reqId } = await ask(group, [0], { trxEpochTickMs: 3_000 });
    await group.until('the result is final', () => group.view(group.owner).change?.phase === 'done');
    expect(await group.world.settled(node.proof(group.groupId, reqId))).toMatchObject({ result: 'SUCCESS' });
  });
});

describe('the nonce of a request (C-29)', () => {
  it('is used up whatever comes of it, though the owner goes off before anything is on the chain', async () => {
    const group = await groupOf(2, 62);
    group.machine(1).crash();
    const first = await ask(group, [0, 1]);
    group.owner.crash();
    await group.owner.start();
    expect(group.view(group.owner).change).toMatchObject({ reqId: first.reqId, nonce: 1 });
    await group.world.settled(group.owner.node.abandonChange(group.groupId, first.reqId));
    const second = await ask(group, [0]);
    await group.until('both results are final', () => group.view(group.owner).change?.phase === 'done');
    const proofs = await group.world.settled(group.owner.node.proofHistory(group.groupId));
    expect(proofs.map(({ req, result }) => [req.Nonce, result])).toEqual([
      [0, 'SUCCESS'],
      [1, 'FAILED'],
      [2, 'SUCCESS'],
    ]);
    expect(proofs.at(-1)?.req.ReqId).toBe(second.reqId);
  });

  it('is above those that the chain tells of, where the log is gone with the machine', async () => {
    const group = await groupOf(1, 63);
    const { world, groupId } = group;
    await ask(group, [0]);
    await group.until('the first is final', () => group.view(group.owner).change?.phase === 'done');
    const backup = await world.settled(group.owner.node.backup({ passphrase: 'restored', blocks: true }));
    const wanted = { ...group.wanted(group.keys([0])), startFromEpoch: 10_000 };
    group.owner.crash();
    const again = await world.addMachine('again');
    await world.settled(again.node.restore(JSON.parse(stringifyExact(backup)), 'restored'));
    await group.until('it has the chain', () => group.view(again).head.blockId >= 2);
    const { reqId } = await world.settled(again.node.changeConsensus(groupId, wanted));
    expect(group.view(again).change).toMatchObject({ reqId, nonce: 2 });
  });
});

describe('a result that waits for the chain (C-33)', () => {
  it('is not its owner’s to discard: what was promised stays, and comes', async () => {
    const group = await AnnouncedGroup.under(2, [1], 64);
    const { world, groupId, owner } = group;
    group.machine(1).crash();
    const { trxId } = await ask(group, [0]);
    await group.until('it is signed', () => group.view(owner).change?.phase === 'ordering');
    await world.run(1_000);
    await expect(world.settled(owner.node.discardPost(groupId, trxId))).rejects.toMatchObject({ code: 'unknown-trx' });
    await group.machine(1).start();
    await group.untilProducers([0]);
    expect(await world.settled(owner.node.trx(groupId, trxId))).toMatchObject({ TrxId: trxId });
  });
});
