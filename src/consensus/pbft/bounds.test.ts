import { beforeAll, describe, expect, it } from 'vitest';
import { Block, initHash, sha256 } from '../../records/index.ts';
import type { Configuration, Step } from '../engine.ts';
import { EngineStep } from '../engine-step.ts';
import { roster } from '../hbbft/roster.ts';
import { Bodies } from './bodies.ts';
import { decodeMessage, encodeMessage, type Message } from './messages.ts';
import { Pbft } from './pbft.ts';
import { Signatures } from './signatures.ts';
import { VoteBox } from './vote-box.ts';

/** What a flood leaves behind in memory: P-15. The log is bounded too, which the simulation of a flooding producer shows. */

const SIZE = 4;
const SELF = 3;
const FLOODER = 1;
const HASH_BYTES = 32;
const SIGNATURE_BYTES = 65;

const configuration: Configuration = {
  ...{
    groupId: 'group',
    nonce: 1,
    producers: ['key0', 'key1', 'key2', 'key3'],
    ownerPubkey: '',
    intervalMs: 1_000,
    startEpoch: 1,
  },
  ...{ engine: 'pbft', rulesVersion: '1' },
};
const base = { epoch: 0, blockId: 0, blockHash: new Uint8Array(HASH_BYTES) };
/** Nobody's signatures are in question here. */
const member = (index: number) => ({ index, sign: () => new Uint8Array(SIGNATURE_BYTES), verify: () => true });
const signaturesOf = (index: number): Signatures => new Signatures(configuration, roster(SIZE, index), member(index));
const bodyOf = (blockId: number, number: number): Uint8Array =>
  Block.encodeHashed(Block.create({ GroupId: 'group', BlockId: blockId, PrevHash: new Uint8Array(HASH_BYTES), Epoch: number }));

beforeAll(initHash);

/** An engine that waits at height 1 in view 0, connected to all. */
function waiting(): { hear(sender: number, message: Message): Step } {
  const engine = new Pbft(configuration, member(SELF));
  engine.handle({ type: 'start', log: [], nextEpoch: 1, blocks: [base], base });
  for (const peer of [0, 1, 2]) engine.handle({ type: 'connected', peer });
  return { hear: (sender, message) => engine.handle({ type: 'message', sender, data: encodeMessage(message) }) };
}

/** Whether an engine gives this body away when it is asked for it. */
function holdsBody({ hear }: ReturnType<typeof waiting>, blockId: number, body: Uint8Array): boolean {
  const { send } = hear(2, { kind: 'body-request', blockId, blockHash: sha256(body) });
  return send.some(({ data }) => decodeMessage(data, SIZE)?.kind === 'body');
}

describe('P-15: what is kept of what others send is bounded', () => {
  it('four views of a producer, a height and a kind of vote: the newest', () => {
    const box = new VoteBox(SIZE);
    for (let View = 0; View < 1_000; View++)
      box.add({ View, BlockId: 1, BlockHash: new Uint8Array(HASH_BYTES), Signer: FLOODER, Sign: new Uint8Array() });
    expect(box.allOf(FLOODER).map(({ View }) => View)).toEqual([996, 997, 998, 999]);
  });

  it('two heights: of a body further above nothing is kept, and whoever sends it is asked where it stands, once a tick', () => {
    const engine = waiting();
    const proposals = [2, 3, 4, 100].map((blockId) => {
      const body = bodyOf(blockId, 0);
      const vote = signaturesOf(0).vote('prepare', { View: 0, BlockId: blockId, BlockHash: sha256(body) });
      const { send } = engine.hear(0, { kind: 'pre-prepare', vote, body });
      return { isHeld: holdsBody(engine, blockId, body), said: send.length };
    });
    expect(proposals.map(({ isHeld }) => isHeld)).toEqual([true, false, false, false]);
    expect(proposals.reduce((sum, { said }) => sum + said, 0)).toBeLessThanOrEqual(1);
  });

  it('one body of the primary in a view, and none of views to come', () => {
    const engine = waiting();
    const held = [0, 1, 2].map((number) => {
      const body = bodyOf(2, number);
      const vote = signaturesOf(0).vote('prepare', { View: 0, BlockId: 2, BlockHash: sha256(body) });
      engine.hear(0, { kind: 'pre-prepare', vote, body });
      return holdsBody(engine, 2, body);
    });
    expect(held).toEqual([true, false, false]);
    const early = bodyOf(2, 9);
    const vote = signaturesOf(FLOODER).vote('prepare', { View: 1, BlockId: 2, BlockHash: sha256(early) });
    engine.hear(FLOODER, { kind: 'pre-prepare', vote, body: early });
    expect(holdsBody(engine, 2, early)).toBe(false);
  });

  it('no body that was not asked for', () => {
    const engine = waiting();
    const body = bodyOf(1, 1);
    engine.hear(FLOODER, { kind: 'body', body });
    expect(holdsBody(engine, 1, body)).toBe(false);
  });

  it('a peer is given three bodies until something moves', () => {
    const bodies = new Bodies();
    const step = new EngineStep();
    for (let request = 0; request < 10; request++) bodies.serve(FLOODER, bodyOf(1, 1), step);
    bodies.serve(2, bodyOf(1, 1), step);
    expect(step.send.map(({ to }) => to)).toEqual([FLOODER, FLOODER, FLOODER, 2]);
    bodies.tick();
    bodies.serve(FLOODER, bodyOf(1, 1), step);
    expect(step.send).toHaveLength(5);
  });

  it('one forwarded trx of a peer goes on to be checked, for each place where this producer stands', () => {
    const engine = waiting();
    const woken = [1, 2, 3].map((number) => engine.hear(FLOODER, { kind: 'trx', trx: Uint8Array.of(number) }).woken?.length ?? 0);
    expect(woken).toEqual([1, 0, 0]);
  });
});
