/** Headless nodes and tabs in one group. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from './support/app-test.ts';
import { type NodeProcess, startNodeProcess, until } from './support/node-process.ts';
import type { Person } from './support/person.ts';

let directory: string;
let nodes: NodeProcess[];

test.beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sett-mixed-'));
  nodes = [];
});

test.afterEach(async () => {
  await Promise.all(nodes.map((node) => node.kill()));
  await rm(directory, { recursive: true, force: true });
});

async function startNode(origin: string): Promise<NodeProcess> {
  const node = await startNodeProcess({ dataDirectory: path.join(directory, `${nodes.length}`), args: ['--relay', origin] });
  nodes.push(node);
  return node;
}

const GROUP = { group_name: 'Mixed', consensus_type: 'poa', encryption_type: 'public', app_key: 'mixed' };

/** Calls that a tab and a headless node answer alike. */
type Call = (target: string, body?: object) => ReturnType<NodeProcess['call']>;
const callOf =
  (person: Person): Call =>
  async (target, body) =>
    (await person.api(target, body)).body;

test('a headless owner, two tab producers, a headless producer and three users: the owner changes consensus among them over HTTP', async ({
  arrive,
  relay,
}) => {
  test.setTimeout(600_000);
  const owner = await startNode(relay.origin);
  const { group_id: groupId, seed } = await owner.call('/api/v1/group', GROUP);
  const [producer, ...headlessUsers] = [
    await startNode(relay.origin),
    await startNode(relay.origin),
    await startNode(relay.origin),
  ];
  for (const node of nodes.slice(1)) await node.call('/api/v2/group/join', { seed });
  const tabs = [await arrive(), await arrive(), await arrive()];
  for (const tab of tabs) expect(await tab.join(seed, 'Mixed')).toBe(groupId);
  const [tabUser, ...tabProducers] = tabs;
  const calls: Call[] = [...nodes.map((node) => node.call), ...tabs.map(callOf)];

  const candidates: Call[] = [owner.call, ...(producer ? [producer.call] : []), ...tabProducers.map(callOf)];
  const keys: string[] = [];
  for (const call of candidates.slice(1)) {
    const { sign_pubkey: key } = await call('/api/v1/group/announce', {
      group_id: groupId,
      action: 'add',
      type: 'producer',
      memo: '',
    });
    keys.push(key);
  }
  const { owner_pubkey: ownerKey } = (await owner.call('/api/v1/groups')).groups[0];
  await until('all have announced themselves', async () => {
    const { producers } = await owner.call(`/api/v1/group/${groupId}/announced/producers`);
    return keys.every((key) => producers.some((item: { Content: { SignPubkey: string } }) => item.Content.SignPubkey === key));
  });
  const { trx_id: trxId } = await owner.call('/api/v1/group/updconsensus', {
    group_id: groupId,
    producer_pubkey: [ownerKey, ...keys],
    start_from_epoch: 1_000,
    trx_epoch_tick: 1_000,
    agreement_tick_length: 20_000,
    agreement_tick_count: 10,
  });
  const isFinal = async (id: string) => {
    for (const call of calls) {
      await until(
        `${id} is final everywhere`,
        async () => (await call(`/api/v1/trx/${groupId}/${id}/status`)).status === 'Committed',
      );
    }
  };
  await isFinal(trxId);

  for (const [index, call] of [headlessUsers[0]?.call, tabUser && callOf(tabUser), producer?.call].entries()) {
    const posted = await call?.(`/api/v1/group/${groupId}/content`, { data: { type: 'Note', content: `post ${index}` } });
    await isFinal(posted.trx_id);
  }
  const heads = await Promise.all(calls.map((call) => call(`/api/v1/group/${groupId}/consensus/`)));
  const top = Math.min(...heads.map(({ curr_block_id: blockId }) => Number(blockId)));
  const hashes = await Promise.all(calls.map(async (call) => (await call(`/api/v1/block/${groupId}/${top}`)).BlockHash));
  expect(new Set(hashes).size).toBe(1);
  for (const { producers } of heads) expect(producers).toHaveLength(4);
  // No browser, and yet direct.
  const peerOfTab = await tabUser?.peerId();
  await expect
    .poll(
      async () =>
        (await owner.call('/api/v1/network')).connections.find(({ peer_id }: { peer_id: string }) => peer_id === peerOfTab)?.path,
    )
    .toBe('webrtc');
});
