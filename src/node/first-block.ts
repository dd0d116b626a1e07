import { HoneyBadger } from '../consensus/index.ts';
import { sealBlock } from '../ledger/index.ts';
import { genesisBlock, type Seed } from '../records/index.ts';
import { makeBlock } from './block-maker.ts';
import { Chain } from './chain.ts';
import { firstTrxs } from './genesis.ts';
import type { Ports, Write } from './ports.ts';
import { readPublicPost } from './read-post.ts';
import { keyOf } from './rows.ts';
import type { Secrets } from './secrets.ts';
import { NodeError } from './service.ts';
import type { VerifiedTrxs } from './verified.ts';

/**
 * Block 1 is made with the group, through the same steps as any later one. Answers the group's chain with the block staged, and what
 * has to be stored with it: that the log of the first configuration is unbroken.
 */
export async function stageFirstBlock(options: {
  seed: Seed;
  secrets: Secrets;
  ports: Ports;
  verified: VerifiedTrxs;
}): Promise<{ chain: Chain; unbroken: Write }> {
  const { seed, secrets, verified } = options;
  const { store, clock, random } = options.ports;
  const { groupId, ownerPubkey, cipherKey } = seed;
  const chain = new Chain({
    identity: { groupId, ownerPubkey, cipherKey },
    genesis: genesisBlock(seed),
    store,
    verified,
    readPost: readPublicPost(cipherKey),
  });
  const engine = new HoneyBadger(chain.configuration);
  engine.handle({ type: 'start', log: [], nextEpoch: chain.configuration.startEpoch });
  const { propose } = engine.handle({ type: 'waiting', full: true });
  const timeNs = clock.nowNs();
  const trxs = firstTrxs(seed, secrets, timeNs, random);
  const { output } = engine.handle({ type: 'proposal', epoch: propose?.epoch ?? 0, proposal: { trxs, timeNs } });
  const made = output && (await makeBlock(chain, output));
  if (!made) throw new NodeError('internal', 'The first block of the group could not be made.');
  const block = sealBlock(made.block, chain.configuration, secrets.signSecret);
  await chain.stage(block, made.execution);
  return { chain, unbroken: { table: 'log', key: keyOf.unbrokenLog(groupId, 0), value: block.BlockHash } };
}
