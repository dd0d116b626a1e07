import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { initCrypto, publicKeyOf, signHash, verifyHash } from '../../crypto/index.ts';
import { Block, blockHash, sealBodyOf, Trx } from '../../records/index.ts';
import type { Configuration, EngineInput, Proposal, Step } from '../engine.ts';
import { decodeMessage } from './messages.ts';
import { Pbft } from './pbft.ts';

/** The sequence diagrams of docs/pbft.md are what engines do: each is compared with the trace of a run. */

const SIZE = 4;
const DOCUMENT = new URL('../../../docs/pbft.md', import.meta.url);
const GENESIS = Block.create({ GroupId: 'group', BlockHash: new Uint8Array(32) });
const TRX = Trx.create({ TrxId: 'trx', GroupId: 'group', Data: Uint8Array.of(1) });

/** Arrows of the document's diagrams, in order; what stands in brackets explains, and is not compared. */
function diagrams(): string[][] {
  const text = readFileSync(DOCUMENT, 'utf8');
  return [...text.matchAll(/```mermaid\nsequenceDiagram\n(.*?)```/gs)].map(([, body = '']) =>
    body
      .split('\n')
      .map((line) => line.replace(/\s*\(.*?\)/g, '').trim())
      .filter((line) => line.includes('->>')),
  );
}

/** Names of a producer's engine and node in a diagram. */
interface Shown {
  readonly engine: string;
  readonly node: string;
}

/** Four engines, each with a node that makes one block; every message arrives, in the order of sending, unless it is lost. */
class Traced {
  readonly arrows: string[] = [];
  readonly #shown: ReadonlyMap<number, Shown>;
  readonly #engines: Pbft[];
  readonly #queue: { readonly from: number; readonly to: number; readonly data: Uint8Array }[] = [];
  readonly #isLost: (from: number) => boolean;

  constructor(shown: ReadonlyMap<number, Shown>, isLost: (from: number) => boolean) {
    this.#shown = shown;
    this.#isLost = isLost;
    const secrets = Array.from({ length: SIZE }, (_, index) => new Uint8Array(32).fill(index + 1));
    const producers = secrets.map(publicKeyOf);
    const configuration: Configuration = {
      ...{ groupId: 'group', nonce: 1, producers, ownerPubkey: '', intervalMs: 1_000, startEpoch: 1 },
      ...{ engine: 'pbft', rulesVersion: '1' },
    };
    this.#engines = secrets.map((secret, index) => {
      const verify = (producer: number, hash: Uint8Array, sign: Uint8Array): boolean =>
        verifyHash(hash, sign, producers[producer] ?? '');
      return new Pbft(configuration, { index, sign: (hash) => signHash(hash, secret), verify });
    });
    const base = { epoch: 0, blockId: 0, blockHash: GENESIS.BlockHash };
    for (let index = 0; index < SIZE; index++) this.input(index, { type: 'start', log: [], nextEpoch: 1, blocks: [base], base });
    for (let index = 0; index < SIZE; index++) {
      for (let peer = 0; peer < SIZE; peer++) if (peer !== index) this.input(index, { type: 'connected', peer });
    }
    this.deliver();
    this.arrows.length = 0;
  }

  input(index: number, input: EngineInput): void {
    const shown = this.#shown.get(index);
    const isAnswer = ['proposal', 'tentative', 'executed', 'final'].includes(input.type);
    if (shown && isAnswer) this.arrows.push(`${shown.node}->>${shown.engine}: ${input.type}`);
    const step = (this.#engines[index] as Pbft).handle(input);
    if (shown) this.#draw(index, shown, step);
    this.#follow(index, step);
  }

  /** In the order in which a node does it: what is executed first, then the log, then words, then the block. */
  #draw(index: number, { engine, node }: Shown, step: Step): void {
    if (step.rollback) this.arrows.push(`${engine}->>${node}: rollback`);
    if (step.propose) this.arrows.push(`${engine}->>${node}: propose`);
    if (step.execute) this.arrows.push(`${engine}->>${node}: execute`);
    const logged = new Set(step.persist.map(({ key }) => (key.includes('/') ? key.split('/')[1] : key)));
    if (logged.size > 0) this.arrows.push(`${engine}->>${engine}: log: ${[...logged].join(', ')}`);
    for (const { to, data } of step.send) {
      const kind = decodeMessage(data, SIZE)?.kind;
      for (const [other, { engine: receiver }] of this.#shown) {
        const isMeant = other !== index && (to === 'all' || to === other);
        if (isMeant && kind !== 'status') this.arrows.push(`${engine}->>${receiver}: ${kind}`);
      }
    }
    if (step.confirm) this.arrows.push(`${engine}->>${node}: confirm`);
  }

  #follow(index: number, step: Step): void {
    for (const { to, data } of step.send) {
      for (let peer = 0; peer < SIZE; peer++) {
        if (peer !== index && (to === 'all' || to === peer) && !this.#isLost(index))
          this.#queue.push({ from: index, to: peer, data });
      }
    }
    if (step.propose) {
      const proposal: Proposal = { trxs: [TRX], timeNs: 1n };
      this.input(index, { type: 'proposal', epoch: step.propose.epoch, proposal });
    }
    if (step.execute) {
      const { ticket, batch } = step.execute;
      const proposer = batch.proposals.findIndex((proposal) => proposal);
      this.input(index, {
        type: 'tentative',
        ticket,
        block: blockOf(this.#engines.length, batch.epoch, proposer),
        isTimely: true,
      });
    }
    if (step.confirm) {
      const block = blockOf(this.#engines.length, step.confirm.epoch, this.#proposer);
      const head = { blockId: block.BlockId, blockHash: block.BlockHash };
      this.input(index, { type: 'executed', epoch: step.confirm.epoch, empty: false, head });
      this.input(index, { type: 'final', header: sealBodyOf(block), seals: [] });
    }
  }

  get #proposer(): number {
    return this.#engines[1]?.status().view?.primary ?? 0;
  }

  deliver(): void {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift())
      this.input(next.to, { type: 'message', sender: next.from, data: next.data });
  }
}

/** What executing the one trx gives. */
function blockOf(size: number, epoch: number, proposer: number): Block {
  const producers = Array.from({ length: size }, (_, index) => publicKeyOf(new Uint8Array(32).fill(index + 1)));
  const block = Block.create({
    ...{ GroupId: 'group', ConfigNonce: 1, BlockId: 1, Epoch: epoch, PrevHash: GENESIS.BlockHash, Trxs: [TRX], TimeStamp: 1n },
    ...{ ProducerPubkey: producers[proposer] ?? '', StateRoot: new Uint8Array(32).fill(5) },
  });
  return { ...block, BlockHash: blockHash(block) };
}

describe('docs/pbft.md draws what the code does', () => {
  const ofPrimary: Shown = { engine: 'E', node: 'P' };
  const ofBackup: Shown = { engine: 'B', node: 'N' };

  it('a request’s way', async () => {
    await initCrypto();
    const net = new Traced(
      new Map([
        [0, ofPrimary],
        [1, ofBackup],
      ]),
      () => false,
    );
    net.input(0, { type: 'waiting', full: true });
    net.deliver();
    expect(diagrams()[0]).toEqual(net.arrows);
  });

  it('a view change', async () => {
    await initCrypto();
    // Nothing of what the first primary says arrives.
    const net = new Traced(
      new Map([
        [1, ofPrimary],
        [2, ofBackup],
      ]),
      (from) => from === 0,
    );
    for (const index of [1, 2, 3]) {
      net.input(index, { type: 'oldest', trx: 'trx' });
      net.input(index, { type: 'waiting', full: true });
    }
    for (let tick = 0; tick < 9; tick++) {
      for (const index of [1, 2, 3]) net.input(index, { type: 'timer', name: 'patience' });
      net.deliver();
    }
    expect(diagrams()[1]).toEqual(net.arrows);
  });
});
