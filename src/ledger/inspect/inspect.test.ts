import { beforeAll, describe, expect, it } from 'vitest';
import vectors from '../../../vectors/change-consensus.json' with { type: 'json' };
import { initCrypto, initThreshold, openBytes } from '../../crypto/index.ts';
import {
  AnnounceItem,
  Block,
  ChangeConsensusReq,
  ChangeConsensusResp,
  ChangeConsensusResultBundle,
  type JsonObject,
  type Message,
  parseExact,
  parseSeed,
  Receipt,
  sha256,
  stringifyExact,
  Trx,
  toBase64,
  toHex,
} from '../../records/index.ts';
import { PaperChain, SeededRandom } from '../../sim/index.ts';
import { type Inspection, inspectRecord } from './index.ts';

beforeAll(() => Promise.all([initCrypto(), initThreshold()]));

const SEED = 77;
const MUTATIONS = 1_000;

const encoder = new TextEncoder();
const inspectText = (text: string, seed?: Parameters<typeof inspectRecord>[1]): Inspection =>
  inspectRecord(encoder.encode(text), seed);
const groupSeed = parseSeed(vectors.seed.url);
const trx = Trx.fromJson(vectors.consensus_trx.trx);
const bundle = (): ChangeConsensusResultBundle =>
  ChangeConsensusResultBundle.decode(openBytes(groupSeed.cipherKey, trx.Data) as Uint8Array);

interface Sample {
  readonly name: string;
  readonly message: Message<object>;
  readonly record: object;
}

/** Every record of the vectors. */
function samples(): Sample[] {
  const sample = <T extends object>(name: string, message: Message<T>, record: T) =>
    ({ name, message, record }) as unknown as Sample;
  const inside = bundle();
  return [
    sample('announcement', AnnounceItem, AnnounceItem.fromJson(vectors.announce.item)),
    sample('request', ChangeConsensusReq, ChangeConsensusReq.fromJson(vectors.change_consensus_req.req)),
    sample('trx', Trx, trx),
    sample('bundle', ChangeConsensusResultBundle, inside),
    sample('response', ChangeConsensusResp, inside.Resps[0] as ChangeConsensusResp),
  ];
}

const messagesOf = ({ findings }: Inspection, state: string): string[] =>
  findings.filter((finding) => finding.state === state).map(({ at, message }) => `${at}: ${message}`);

describe('the records of the vectors', () => {
  it('a seed is verified, and what its signature leaves out is said', () => {
    const found = inspectText(vectors.seed.url);
    expect(found).toMatchObject({ kind: 'seed', form: 'seed', isValid: true });
    expect(messagesOf(found, 'not-covered').map((line) => line.slice(0, 6))).toEqual([
      'seed.c',
      'seed.e',
      'seed.a',
      'seed.y',
      'seed.u',
    ]);
    expect(inspectText(vectors.seed.url.replace('&t=F1', '&t=G1')).isValid).toBe(false);
  });

  it.each(['JSON', 'protobuf', 'hex', 'base64', 'JSON in quotes'])('each is recognized and verified as %s', (form) => {
    for (const { name, message, record } of samples()) {
      const bytes = message.encode(record);
      const input = {
        JSON: encoder.encode(stringifyExact(message.toJson(record))),
        protobuf: bytes,
        hex: encoder.encode(toHex(bytes)),
        base64: encoder.encode(`${toBase64(bytes)}\n`),
        'JSON in quotes': encoder.encode(JSON.stringify(toBase64(bytes))),
      }[form] as Uint8Array;
      for (const seed of [undefined, groupSeed]) {
        const found = inspectRecord(input, seed);
        expect(found, name).toMatchObject({ kind: name, isValid: true, record: message.toJson(record) });
      }
    }
  });

  it('the trx is opened with the seed down to every signature in it', () => {
    const found = inspectText(stringifyExact(Trx.toJson(trx)), groupSeed);
    expect(messagesOf(found, 'valid').length).toBeGreaterThanOrEqual(5);
    expect(found.contents['trx.Data']).toEqual(ChangeConsensusResultBundle.toJson(bundle()));
    const closed = inspectText(stringifyExact(Trx.toJson(trx)));
    expect(messagesOf(closed, 'note').join()).toMatch(/encrypted/);
    const other = new PaperChain(1).identity;
    const wrong = inspectText(stringifyExact(Trx.toJson(trx)), {
      ...groupSeed,
      groupId: other.groupId,
      cipherKey: other.cipherKey,
    });
    expect(wrong.isValid).toBe(false);
    expect(messagesOf(wrong, 'invalid').join()).toMatch(/another group.*cipher key/);
  });

  it('what no signature covers is reported, and does not make it invalid', () => {
    const resent = inspectText(stringifyExact(Trx.toJson({ ...trx, ResendCount: 3, StorageType: 1 })));
    expect(resent.isValid).toBe(true);
    expect(messagesOf(resent, 'not-covered').map((line) => line.split(':')[0])).toEqual(['trx.ResendCount', 'trx.StorageType']);
    const added = inspectText(stringifyExact({ ...Trx.toJson(trx), Extra: 1 }));
    expect(messagesOf(added, 'not-covered')[0]).toMatch(/^trx\.Extra: /);
    const longer = inspectRecord(Uint8Array.from([...Trx.encode(trx), 0xa0, 0x06, 0x01]));
    expect(longer).toMatchObject({ kind: 'trx', isValid: true });
    expect(messagesOf(longer, 'not-covered')[0]).toMatch(/more than the record/);
    const epoch = inspectRecord(ChangeConsensusResultBundle.encode({ ...bundle(), Epoch: 9 }));
    expect(messagesOf(epoch, 'not-covered').map((line) => line.split(':')[0])).toContain('bundle.Epoch');
  });
});

describe(`${MUTATIONS} mutated records`, () => {
  /** What is signed of a record: equal for two records that differ in nothing that is. */
  const signedPart = (message: Message<object>, record: object): string => {
    if (message.name !== 'ChangeConsensusResultBundle') return toHex(sha256(message.encode(withoutUncovered(message, record))));
    const { Req, Resps } = record as ChangeConsensusResultBundle;
    return toHex(sha256(ChangeConsensusResultBundle.encode(ChangeConsensusResultBundle.create({ Req, Resps }))));
  };
  const withoutUncovered = (message: Message<object>, record: object): object =>
    message.name === 'Trx' ? { ...record, ResendCount: 0, StorageType: 0 } : record;

  it(`never crash, and are never valid where signed bytes changed (seed ${SEED})`, { timeout: 120_000 }, () => {
    const random = new SeededRandom(SEED, 'mutations');
    const all = samples();
    let survivors = 0;
    for (let round = 0; round < MUTATIONS; round++) {
      const { name, message, record } = all[round % all.length] as Sample;
      const isJson = random.chance(0.5);
      const original = isJson ? encoder.encode(stringifyExact(message.toJson(record))) : message.encode(record);
      const input = mutate(original, random);
      const found = inspectRecord(input, random.chance(0.5) ? groupSeed : undefined);
      if (!found.isValid) continue;
      survivors++;
      const said = `round ${round} of seed ${SEED}: a ${name} as ${found.kind}`;
      expect(found.kind, said).toBe(name);
      expect(signedPart(message, message.fromJson(parseExact(stringifyExact(found.record)))), said).toBe(
        signedPart(message, record),
      );
      // Whatever the change was, it is no change, or is reported.
      const isSame = message.equals(message.fromJson(parseExact(stringifyExact(found.record))), record);
      const changedNothing = isSame && (isJson || input.length === original.length);
      if (!changedNothing) expect(messagesOf(found, 'not-covered'), said).not.toEqual([]);
    }
    expect(survivors).toBeLessThan(MUTATIONS / 10);
  });

  it(`of seeds neither (seed ${SEED})`, () => {
    const random = new SeededRandom(SEED, 'seeds');
    for (let round = 0; round < 300; round++) {
      const found = inspectRecord(mutate(encoder.encode(vectors.seed.url), random));
      if (!found.isValid) continue;
      const { groupId, ownerPubkey, genesisTimeNs } = found.record as JsonObject;
      expect({ groupId, ownerPubkey, genesisTimeNs }).toEqual({
        groupId: groupSeed.groupId,
        ownerPubkey: groupSeed.ownerPubkey,
        genesisTimeNs: groupSeed.genesisTimeNs.toString(),
      });
    }
  });

  it(`nor is rubbish (seed ${SEED})`, () => {
    const random = new SeededRandom(SEED, 'rubbish');
    for (let round = 0; round < 300; round++) expect(inspectRecord(random.bytes(random.int(300)), groupSeed).isValid).toBe(false);
    for (const text of [
      '',
      '{',
      '{}',
      '[]',
      'null',
      '""',
      '{"Trxs":1}',
      '{"format":"sett-backup"}',
      'rum://seed?',
      '"'.repeat(99),
    ])
      expect(inspectText(text).isValid, text).toBe(false);
  });
});

describe('blocks and receipts', () => {
  const paper = () => {
    const chain = new PaperChain(5);
    const { owner, alice } = chain;
    const first = chain.add([chain.change([owner])], [owner]);
    const second = chain.add([alice.post('hello', chain.timeNs)], [owner]);
    const { groupId, ownerPubkey, cipherKey } = chain.identity;
    return { second, seed: { ...groupSeed, groupId, ownerPubkey, cipherKey }, receipt: chain.receipt(second, 0, [[first, 0]]) };
  };

  it('a block is verified with its seals and trxs, its contents opened', () => {
    const { second, seed } = paper();
    const found = inspectRecord(Block.encode({ ...second, Evidence: Uint8Array.of(1) }), seed);
    expect(found).toMatchObject({ kind: 'block', isValid: true });
    expect(found.contents['block.Trxs[0].Data']).toMatch(/hello/);
    expect(messagesOf(found, 'not-covered').map((line) => line.split(':')[0])).toEqual(['block.Evidence']);
    for (const change of [
      { Seals: [] },
      { Epoch: 99 },
      { Seals: [...second.Seals, ...second.Seals] },
      { StateRoot: new Uint8Array(32) },
    ])
      expect(inspectRecord(Block.encode({ ...second, ...change, ProducerSign: new Uint8Array() }), seed).isValid).toBe(false);
  });

  it('a receipt is verified against the seed, and is nothing without one', () => {
    const { receipt, seed } = paper();
    for (const input of [Receipt.encode(receipt), encoder.encode(stringifyExact(Receipt.toJson(receipt)))]) {
      const found = inspectRecord(input, seed);
      expect(found).toMatchObject({ kind: 'receipt', isValid: true });
      expect(messagesOf(found, 'valid').join()).toMatch(/1 of 1 producers have sealed block 2/);
      expect(inspectRecord(input)).toMatchObject({ kind: 'receipt', isValid: false });
      expect(inspectRecord(input, groupSeed).isValid).toBe(false);
    }
    const cut = inspectRecord(Receipt.encode({ ...receipt, Links: [] }), seed);
    expect(messagesOf(cut, 'invalid').join()).toMatch(/receipt\.Proof: .*missing/);
  });
});

/** One to three changes: a bit, a byte, a cut, something put in, two parts swapped. */
function mutate(original: Uint8Array, random: SeededRandom): Uint8Array {
  let bytes = Uint8Array.from(original);
  for (let left = 1 + random.int(3); left > 0; left--) {
    const at = random.int(bytes.length);
    switch (random.int(5)) {
      case 0:
        bytes[at] = (bytes[at] as number) ^ (1 << random.int(8));
        break;
      case 1:
        bytes[at] = random.int(256);
        break;
      case 2:
        bytes = bytes.slice(0, at + 1);
        break;
      case 3:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...random.bytes(1 + random.int(4)), ...bytes.subarray(at)]);
        break;
      default:
        bytes = Uint8Array.from([...bytes.subarray(at), ...bytes.subarray(0, at)]);
    }
  }
  return bytes;
}
