import { beforeEach, describe, expect, it } from 'vitest';
import { Block, parseSeed, type Trx } from '../../records/index.ts';
import { Dealer } from '../dealer.ts';
import { type SimulatedMachine, World } from '../world.ts';
import { type ConfigurationChange, ConfigurationChecks } from './configuration-checks.ts';

/** Blocks that break one rule each, as if a node had stored them: nothing runs here. */
describe('each check of configurations fires on a planted bug', () => {
  let owner: SimulatedMachine;
  let change: Trx;
  let checks: ConfigurationChecks;
  let failures: string[];
  let changes: ConfigurationChange[];

  beforeEach(async () => {
    const world = await World.create(1);
    owner = await world.addMachine('owner');
    const making = owner.node.createGroup({ groupName: 'checked', encryption: 'public', appKey: 'group_timeline' });
    const { seed } = await world.settled(making);
    const dealer = await Dealer.of(world, seed, owner, [owner]);
    change = dealer.trx({ nonce: 2, producers: [owner], startFromEpoch: 50 });
    failures = [];
    changes = [];
    checks = new ConfigurationChecks({
      fail: (message) => failures.push(message),
      changed: (each) => changes.push(each),
    });
    const { groupId, ownerPubkey, cipherKey } = parseSeed(seed);
    checks.begin({ groupId, ownerPubkey, cipherKey }, 1, 1);
  });

  const store = (about: Partial<Block>): void => checks.stored(owner, Block.create(about));

  it('a change is followed', () => {
    store({ BlockId: 1, ConfigNonce: 1, Epoch: 7, Trxs: [change] });
    expect(changes).toMatchObject([{ nonce: 2, startFromEpoch: 50, block: { blockId: 1, epoch: 7 } }]);
    expect(failures).toEqual([]);
  });

  it('a block under another configuration than the chain has set', () => {
    store({ BlockId: 1, ConfigNonce: 1, Trxs: [change] });
    store({ BlockId: 2, ConfigNonce: 1, Epoch: 60 });
    expect(failures).toEqual(['block 2 is made under configuration 1, not 2']);
  });

  it('a change that is not the last trx of its block', () => {
    store({ BlockId: 1, ConfigNonce: 1, Trxs: [change, { ...change, Type: 0 }] });
    expect(failures).toEqual(['block 1 has a CONSENSUS trx that is not its last one']);
  });

  it('a nonce that comes again', () => {
    store({ BlockId: 1, ConfigNonce: 1, Trxs: [change] });
    store({ BlockId: 3, ConfigNonce: 2, Epoch: 60, Trxs: [change] });
    expect(failures).toEqual(['block 3 sets configuration 2 again']);
  });

  it('a configuration that begins before the epoch that was asked for', () => {
    // Block 1 of the group is stored with its seal.
    store({ BlockId: 1, ConfigNonce: 1, Epoch: 7, Trxs: [change] });
    store({ BlockId: 2, ConfigNonce: 2, Epoch: 49 });
    expect(failures).toEqual(['epoch 49 is before its configuration begins']);
  });

  it('a block on the last one of a configuration that is not final where it was made', () => {
    store({ BlockId: 5, ConfigNonce: 1, Epoch: 7, Trxs: [change] });
    store({ BlockId: 6, ConfigNonce: 2, Epoch: 60 });
    expect(failures).toEqual(['owner builds on block 5, the last of its configuration, before it is final']);
  });
});
