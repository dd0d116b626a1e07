import { beforeAll, describe, expect, it } from 'vitest';
import { initCrypto, initThreshold, signTrx } from '../crypto/index.ts';
import {
  type Block,
  type HistoryLeaf,
  parseExact,
  Receipt,
  type SealBody,
  stringifyExact,
  type Trx,
  type TrxProof,
  TrxResult,
  TrxType,
} from '../records/index.ts';
import { Author, PaperChain, SeededRandom } from '../sim/index.ts';
import { type ReceiptVerdict, readReceipt, verifyReceipt } from './index.ts';

/** Receipts, P-1 to P-6 of the protocol. */

beforeAll(() => Promise.all([initCrypto(), initThreshold()]));

const SEED = 41;

/** Block 1 by the owner; 2: a post and the change to four; 3: posts of both; then what a test adds. */
function fourProducers(seed = SEED) {
  const chain = new PaperChain(seed);
  const { owner, alice, bob } = chain;
  const carol = new Author('carol', new SeededRandom(seed, 'carol'), () => chain.identity);
  const four = [owner, alice, bob, carol];
  const first = chain.add([owner.post('first', chain.timeNs), chain.change([owner])], [owner]);
  const second = chain.add([alice.post('second', chain.timeNs), chain.change(four)], [owner]);
  const third = chain.add([alice.post('third', chain.timeNs), bob.post('third too', chain.timeNs)], [owner, bob, carol]);
  const links: [Block, number][] = [
    [first, 1],
    [second, 1],
  ];
  return { chain, owner, alice, bob, carol, four, first, second, third, links };
}

const why = (verdict: ReceiptVerdict): string => (verdict.valid ? 'valid' : `${verdict.flaw.part}: ${verdict.flaw.message}`);

const withProof = (receipt: Receipt, over: Partial<TrxProof>): Receipt => ({
  ...receipt,
  Proof: { ...(receipt.Proof as TrxProof), ...over },
});

describe('a receipt', () => {
  it('leads from the seed through every change to the producers of the block (P-2)', () => {
    const { chain, links, third, four, owner, bob, carol } = fourProducers();
    for (const [place, trx] of third.Trxs.entries()) {
      const verdict = verifyReceipt(chain.identity, chain.receipt(third, place, links));
      expect(verdict).toMatchObject({ valid: true, trx, result: TrxResult.APPLIED, recoveries: [], header: { BlockId: 3 } });
      if (!verdict.valid) throw new Error(verdict.flaw.message);
      expect([...verdict.producers].sort()).toEqual(four.map(({ pubkey }) => pubkey).sort());
      expect([...verdict.sealedBy].sort()).toEqual([owner, bob, carol].map(({ pubkey }) => pubkey).sort());
    }
  });

  it('is made for the old configuration too, the change itself included', () => {
    const { chain, first, second, links, owner } = fourProducers();
    for (const [block, place, before] of [
      [first, 0, 0],
      [first, 1, 0],
      [second, 0, 1],
      [second, 1, 1],
    ] as const) {
      const verdict = verifyReceipt(chain.identity, chain.receipt(block, place, links.slice(0, before)));
      expect(verdict).toMatchObject({ valid: true, producers: [owner.pubkey] });
    }
  });

  it('says that a trx had no effect', () => {
    const { chain, alice, owner, bob, carol, links } = fourProducers();
    const block = chain.add([alice.trx(TrxType.ANNOUNCE, Uint8Array.of(9), chain.timeNs)], [owner, bob, carol]);
    expect(verifyReceipt(chain.identity, chain.receipt(block, 0, links))).toMatchObject({
      valid: true,
      result: TrxResult.REJECTED,
    });
  });

  it('says that it passes a recovery, whose own block the new producers seal (P-4)', () => {
    const { chain, owner, alice, carol, third, links } = fourProducers();
    const change = chain.change([owner, alice], third);
    const fourth = chain.add([change, alice.post('beside it', chain.timeNs)], [owner, alice], true);
    const fifth = chain.add([owner.post('after it', chain.timeNs)], [owner, alice]);
    const passing: [Block, number][] = [...links, [fourth, 0]];
    for (const receipt of [
      chain.receipt(fourth, 0, passing),
      chain.receipt(fourth, 1, passing),
      chain.receipt(fifth, 0, passing),
    ]) {
      expect(verifyReceipt(chain.identity, receipt)).toMatchObject({ valid: true, recoveries: [2] });
    }
    expect(verifyReceipt(chain.identity, chain.receipt(third, 0, links))).toMatchObject({ valid: true, recoveries: [] });

    // The same, but on another base, and sealed by those who were left out.
    const other = fourProducers();
    const onSecond = other.chain.change([other.owner, other.alice], other.second);
    const astray = other.chain.add([onSecond], [other.owner, other.alice], true);
    expect(why(verifyReceipt(other.chain.identity, other.chain.receipt(astray, 0, [...other.links, [astray, 0]])))).toMatch(
      /base/,
    );
    // At the height of its base, and on another block.
    const beside = fourProducers();
    const named = { ...beside.third, BlockHash: new Uint8Array(32) };
    const onAnother = beside.chain.add(
      [beside.chain.change([beside.owner, beside.alice], named)],
      [beside.owner, beside.alice],
      true,
    );
    expect(
      why(verifyReceipt(beside.chain.identity, beside.chain.receipt(onAnother, 0, [...beside.links, [onAnother, 0]]))),
    ).toMatch(/base/);
    const left = chain.add([owner.post('x', chain.timeNs)], [alice, carol]);
    expect(why(verifyReceipt(chain.identity, chain.receipt(left, 0, passing)))).toMatch(/no producer/);
  });

  it.each<[string, (parts: ReturnType<typeof fourProducers>) => Receipt, RegExp]>([
    [
      'another tag',
      ({ chain, third, links }) => ({ ...chain.receipt(third, 0, links), Tag: 'sett/receipt/2' }),
      /^receipt: .*no receipt/,
    ],
    ['no trx', ({ chain, third, links }) => ({ ...chain.receipt(third, 0, links), Proof: undefined }), /no trx/],
    ['no links', ({ chain, third }) => chain.receipt(third, 0, []), /sealed under consensus 1, but/],
    [
      'the last link missing',
      ({ chain, third, links }) => chain.receipt(third, 0, links.slice(0, 1)),
      /sealed under consensus 1, but/,
    ],
    ['the first link missing', ({ chain, third, links }) => chain.receipt(third, 0, links.slice(1)), /^0: .*block 1/],
    [
      'a link twice',
      ({ chain, third, links }) => chain.receipt(third, 0, [...links, ...links.slice(1)]),
      /^2: .*newer than the one before/,
    ],
    ['links in another order', ({ chain, third, links }) => chain.receipt(third, 0, [...links].reverse()), /^0: /],
    [
      'a post as a link',
      ({ chain, third, first, second, links }) => chain.receipt(third, 0, [links[0] ?? [first, 1], [second, 0]]),
      /^1: .*not a change/,
    ],
    [
      'an old block under later links',
      ({ chain, second, links }) => chain.receipt(second, 0, links),
      /sealed under consensus 0, but/,
    ],
    [
      'another trx',
      ({ chain, third, alice, links }) => withProof(chain.receipt(third, 0, links), { Trx: alice.post('no', 1n) }),
      /leaf/,
    ],
    [
      'a changed trx',
      ({ chain, third, links }) => withProof(chain.receipt(third, 0, links), { Trx: { ...(third.Trxs[0] as Trx), Nonce: 3 } }),
      /signature/,
    ],
    [
      'another leaf',
      ({ chain, third, links }) => withProof(chain.receipt(third, 0, links), { Leaf: chain.proofOf(third, 1).Leaf }),
      /leaf/,
    ],
    [
      'an improved result',
      ({ chain, third, links }) =>
        withProof(chain.receipt(third, 0, links), {
          Leaf: { ...(chain.proofOf(third, 0).Leaf as HistoryLeaf), Result: TrxResult.REJECTED },
        }),
      /path/,
    ],
    [
      'another path',
      ({ chain, third, links }) => withProof(chain.receipt(third, 0, links), { Path: chain.proofOf(third, 1).Path }),
      /path/,
    ],
    ['a shorter history', ({ chain, third, links }) => withProof(chain.receipt(third, 0, links), { HistorySize: 4 }), /path/],
    [
      'another header',
      ({ chain, third, second, links }) => withProof(chain.receipt(third, 0, links), { Header: chain.proofOf(second, 0).Header }),
      /consensus/,
    ],
    [
      'a changed time',
      ({ chain, third, links }) =>
        withProof(chain.receipt(third, 0, links), {
          Header: { ...(chain.proofOf(third, 0).Header as SealBody), TimeStamp: (1n << 60n) << 2n },
        }),
      /seal|come after/,
    ],
    [
      'a seal too few',
      ({ chain, third, links }) => withProof(chain.receipt(third, 0, links), { Seals: chain.proofOf(third, 0).Seals.slice(1) }),
      /2 of the producers sealed the block; 3 of 4/,
    ],
    [
      'one seal three times',
      ({ chain, third, links }) =>
        withProof(chain.receipt(third, 0, links), { Seals: Array(3).fill(chain.proofOf(third, 0).Seals[0]) }),
      /twice/,
    ],
    [
      'seals of another block',
      ({ chain, third, first, links }) => withProof(chain.receipt(third, 0, links), { Seals: first.Seals }),
      /seal/,
    ],
    [
      'a resend count',
      ({ chain, third, links }) =>
        withProof(chain.receipt(third, 0, links), { Trx: { ...(third.Trxs[0] as Trx), ResendCount: 1 } }),
      /resend/,
    ],
  ])('with %s is refused, and says why (P-3)', (_, make, reason) => {
    const parts = fourProducers();
    expect(why(verifyReceipt(parts.chain.identity, make(parts)))).toMatch(reason);
  });

  it('is refused where the producers of a link are not those that the seed leads to', () => {
    const { chain, owner, alice, bob } = fourProducers();
    const forged = new PaperChain(SEED);
    // The owner's own first change, then a set that only its members have sealed.
    const first = forged.add([owner.post('first', forged.timeNs), forged.change([owner])], [owner]);
    const second = forged.add([forged.change([owner, alice, bob])], [alice]);
    const third = forged.add([alice.post('third', forged.timeNs)], [owner, alice, bob]);
    const receipt = forged.receipt(third, 0, [
      [first, 1],
      [second, 0],
    ]);
    expect(why(verifyReceipt(chain.identity, receipt))).toMatch(/^1: .*no producer/);
  });

  it('is refused by any other seed', () => {
    const { chain, third, links } = fourProducers();
    const receipt = chain.receipt(third, 0, links);
    const other = new PaperChain(SEED + 1).identity;
    for (const identity of [
      other,
      { ...chain.identity, groupId: other.groupId },
      { ...chain.identity, ownerPubkey: other.ownerPubkey },
      { ...chain.identity, cipherKey: other.cipherKey },
    ])
      expect(verifyReceipt(identity, receipt).valid).toBe(false);
  });

  it('is refused without keys of the group, unless a dealer has them', () => {
    const { chain, third, links } = fourProducers();
    expect(why(verifyReceipt({ ...chain.identity, hasTrustedDealer: false }, chain.receipt(third, 0, links)))).toMatch(/^1: /);
  });
});

describe('the binary form (P-5)', () => {
  it('is one, and JSON says the same', () => {
    const { chain, third, links } = fourProducers();
    const receipt = chain.receipt(third, 0, links);
    const bytes = Receipt.encode(receipt);
    expect(readReceipt(bytes)).toEqual(receipt);
    expect(Receipt.fromJson(parseExact(stringifyExact(Receipt.toJson(receipt))))).toEqual(receipt);
    expect(readReceipt(bytes.subarray(0, -1))).toBeUndefined();
    // An unknown field is passed over by a decoder, and is no part of a receipt.
    expect(readReceipt(Uint8Array.from([...bytes, 0xa0, 0x06, 0x01]))).toBeUndefined();
  });

  it('with any byte changed does not verify, or says the same as before', { timeout: 120_000 }, () => {
    const chain = new PaperChain(SEED);
    const { owner, alice } = chain;
    const first = chain.add([chain.change([owner])], [owner]);
    const second = chain.add([alice.post('a', chain.timeNs), alice.post('b', chain.timeNs + 1n)], [owner]);
    const receipt = chain.receipt(second, 0, [[first, 0]]);
    const bytes = Receipt.encode(receipt);
    const before = verifyReceipt(chain.identity, receipt);
    expect(before.valid).toBe(true);
    const random = new SeededRandom(SEED, 'flips');
    const unmoved: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ (1 << random.int(8));
      const read = readReceipt(changed);
      const verdict = read && verifyReceipt(chain.identity, read);
      if (!verdict?.valid) continue;
      expect(verdict, `byte ${at} of seed ${SEED}`).toEqual(before);
      unmoved.push(at);
    }
    // What nothing signs is where the leaf stands; all else is bound.
    expect(unmoved.length).toBeLessThanOrEqual(4);
  });

  it('of several producers, with bytes changed at random, never says anything else', { timeout: 120_000 }, () => {
    const { chain, third, links } = fourProducers();
    const bytes = Receipt.encode(chain.receipt(third, 1, links));
    const before = verifyReceipt(chain.identity, chain.receipt(third, 1, links));
    const random = new SeededRandom(SEED, 'several');
    for (let round = 0; round < 400; round++) {
      const changed = bytes.slice();
      for (let left = 1 + random.int(3); left > 0; left--) changed[random.int(bytes.length)] = random.int(256);
      const read = readReceipt(changed);
      const verdict = read && verifyReceipt(chain.identity, read);
      if (verdict?.valid) expect(verdict, `round ${round} of seed ${SEED}`).toEqual(before);
    }
  });

  it('takes any bytes without a crash', () => {
    const random = new SeededRandom(SEED, 'rubbish');
    for (let round = 0; round < 300; round++) expect(readReceipt(random.bytes(1 + random.int(200)))).toBeUndefined();
  });
});

it('a trx that its sender signs anew is another trx', () => {
  const { chain, third, links, alice } = fourProducers();
  const again = signTrx({ ...(third.Trxs[0] as Trx), TimeStamp: 1n }, alice.secret);
  expect(why(verifyReceipt(chain.identity, withProof(chain.receipt(third, 0, links), { Trx: again })))).toMatch(/leaf/);
});
