import { beforeAll, describe, expect, it } from 'vitest';
import { initHash, type Trx, toHex } from '../records/index.ts';
import { PaperChain } from '../sim/index.ts';
import { Answers } from './answers.ts';
import type { PlaceRow } from './rows.ts';
import type { NodeEvent } from './view.ts';

beforeAll(initHash);

/** Where a trx of a final block stands, as the store has it, is given; what is told is answered. */
async function toldOf(
  rowOf: (blockId: number) => PlaceRow | undefined,
): Promise<{ told: NodeEvent[]; root: string; blockId: number }> {
  const paper = new PaperChain(3);
  const block = paper.add([paper.change([paper.owner])], [paper.owner]);
  const [trx] = block.Trxs as [Trx];
  const told: NodeEvent[] = [];
  const answers = new Answers({
    groupId: 'g',
    chain: { placeOf: async () => rowOf(block.BlockId) } as never,
    emit: (event) => told.push(event),
  });
  answers.addRequest(trx.TrxId);
  answers.addResult(trx, block);
  await new Promise((resolve) => setImmediate(resolve));
  return { told, root: toHex(block.StateRoot), blockId: block.BlockId };
}

describe('the answer to a request', () => {
  it('comes with the version of the state and the history’s root there', async () => {
    const { told, root, blockId } = await toldOf((id) => ({ BlockId: id, Place: 0, Reason: '' }));
    expect(told[0]).toMatchObject({ status: 'Pending' });
    expect(told[1]).toMatchObject({ status: 'Committed', blockId, result: 'Applied', version: blockId, stateRoot: root });
  });

  it('is Rejected for one that is in the chain and had no effect (L-2)', async () => {
    const { told, root } = await toldOf((id) => ({ BlockId: id, Place: 0, Reason: 'budget exceeded' }));
    expect(told[1]).toMatchObject({ status: 'Committed', result: 'Rejected', stateRoot: root });
    expect(told[1]).toMatchObject({ reason: { code: 'rejected', message: expect.stringContaining('budget exceeded') } });
  });

  it('is not told of a block that a recovery has given up meanwhile (C-39)', async () => {
    for (const row of [undefined, { BlockId: 77, Place: 0, Reason: '' }]) expect((await toldOf(() => row)).told).toHaveLength(1);
  });
});
