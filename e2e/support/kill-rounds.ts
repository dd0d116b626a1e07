/**
 * kill −9 of a producer under load, again and again. Afterwards no acknowledged trx is missing, none is there twice, and no two blocks of one height were
 * ever told of: neither by the producer before and after, nor by the member that only checks.
 */
import { WebSocket } from 'ws';
import { createGroup, type HeadlessWorld, type NodeProcess, until } from './node-process.ts';

/** Clients that post at the same time, half of them at each node. */
const CLIENTS = 8;
/** Acknowledged posts after which the producer is killed, in turn: in the middle of an epoch as well as between two. */
const POSTS_BEFORE_KILL = [5, 23, 40, 11, 60];

export interface KillRoundsResult {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly blocks: number;
}

export async function killRounds(
  world: HeadlessWorld,
  rounds: number,
  progress: (line: string) => void = () => {},
): Promise<KillRoundsResult> {
  let producer = await world.start();
  const member = await world.start();
  const { group_id: groupId, seed } = await createGroup(producer, 'kill rounds');
  await member.call('/api/v2/group/join', { seed });
  const acknowledged = new Set<string>();
  const blocks = new BlockHashes();
  const stopListening = blocks.listen(member);

  for (let round = 0; round < rounds; round++) {
    const stopListeningHere = blocks.listen(producer);
    const killAt = acknowledged.size + (POSTS_BEFORE_KILL[round % POSTS_BEFORE_KILL.length] ?? 0);
    await postUntil(
      [producer, member],
      groupId,
      acknowledged,
      () => acknowledged.size >= killAt,
      () => producer.kill(),
    );
    stopListeningHere();
    const { dataDirectory, port } = producer;
    producer = await world.start({ dataDirectory, port });
    progress(`round ${round + 1} of ${rounds}: ${acknowledged.size} posts acknowledged`);
  }

  for (const node of [producer, member]) {
    await until('every acknowledged post is final', async () => {
      for (const trxId of acknowledged) {
        const { status } = await node.call(`/api/v1/trx/${groupId}/${trxId}/status`);
        if (status !== 'Committed') return false;
      }
      return true;
    });
  }
  const head = await headOf(producer, groupId);
  await until('the member has every block', async () => (await headOf(member, groupId)) >= head);
  const seen = new Map<string, number>();
  for (let blockId = 0; blockId <= head; blockId++) {
    const [here, there] = await Promise.all([producer, member].map((node) => node.call(`/api/v1/block/${groupId}/${blockId}`)));
    if (here.BlockHash !== there.BlockHash) throw new Error(`Block ${blockId} differs between producer and member.`);
    blocks.add(blockId, Buffer.from(here.BlockHash ?? '', 'base64').toString('hex'));
    for (const { TrxId } of here.Trxs ?? []) seen.set(TrxId, (seen.get(TrxId) ?? 0) + 1);
  }
  for (const trxId of acknowledged) {
    if (seen.get(trxId) !== 1) throw new Error(`Trx ${trxId} was acknowledged and is in ${seen.get(trxId) ?? 0} blocks.`);
  }
  stopListening();
  return { rounds, acknowledged: acknowledged.size, blocks: head };
}

async function headOf(node: NodeProcess, groupId: string): Promise<number> {
  return Number((await node.call(`/api/v1/group/${groupId}/consensus/`)).curr_block_id);
}

/** Clients post until `isEnough`; then `end` happens while their calls are still under way. */
async function postUntil(
  nodes: readonly NodeProcess[],
  groupId: string,
  acknowledged: Set<string>,
  isEnough: () => boolean,
  end: () => Promise<void>,
): Promise<void> {
  let isOver = false;
  const client = async (node: NodeProcess | undefined, number: number) => {
    for (let post = 0; !isOver; post++) {
      try {
        const answer = await node?.call(`/api/v1/group/${groupId}/content`, {
          data: { type: 'Note', content: `${number} ${post}` },
        });
        acknowledged.add(answer.trx_id);
      } catch (error) {
        // What is refused or breaks off was not acknowledged; a node that is gone is not asked again.
        if (!(error instanceof TypeError)) throw error;
        return;
      }
    }
  };
  const clients = Array.from({ length: CLIENTS }, (_, number) => client(nodes[number % nodes.length], number));
  await until('enough posts are acknowledged', async () => isEnough());
  await end();
  isOver = true;
  await Promise.all(clients);
}

/** The hash of every block that any node ever told of. */
class BlockHashes {
  readonly #hashes = new Map<number, string>();

  add(blockId: number, hash: string): void {
    const known = this.#hashes.get(blockId);
    if (known !== undefined && known !== hash) throw new Error(`Two blocks ${blockId}: ${known} and ${hash}.`);
    this.#hashes.set(blockId, hash);
  }

  listen(node: NodeProcess): () => void {
    const socket = new WebSocket(`${node.origin.replace('http', 'ws')}/api/v1/ws/trx`);
    socket.on('message', (data) => {
      const event = JSON.parse(data.toString());
      if (event.type === 'block') this.add(event.block_id, event.hash);
    });
    // The node is killed: its socket breaks.
    socket.on('error', () => {});
    return () => socket.terminate();
  }
}
