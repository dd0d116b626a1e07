import { beforeAll, describe, expect, it } from 'vitest';
import { concatBytes, equalBytes, initHash, SEAL_TAG, SealBody, sealBodyHash } from '../../records/index.ts';
import type { Configuration } from '../engine.ts';
import { roster } from '../hbbft/roster.ts';
import { certificateEntries, readLog } from './log.ts';
import { type Certificate, CertificateHeader, type DecidedBlock, type Proof, Vote, type VoteKind } from './messages.ts';
import { Signatures } from './signatures.ts';

/** What is signed, and what is made of it. */

const SIZE = 5;
const QUORUM = 4;
const configuration: Configuration = {
  ...{ groupId: 'group', nonce: 1, producers: ['key0', 'key1', 'key2', 'key3', 'key4'], ownerPubkey: '', intervalMs: 1_000 },
  ...{ startEpoch: 1, engine: 'pbft', rulesVersion: '1', bundleHash: new Uint8Array(32).fill(8) },
};
const base = { blockId: 0, blockHash: new Uint8Array(32) };
const HASH = new Uint8Array(32).fill(1);
const PLACE = { View: 2, BlockId: 7, BlockHash: HASH };

/** A signature is whose it is and the hash itself. */
const signed = (producer: number, hash: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(producer), hash, new Uint8Array(32));
const of = (index: number, over: Partial<Configuration> = {}): Signatures =>
  new Signatures({ ...configuration, ...over }, roster(SIZE, index), {
    index,
    sign: (hash) => signed(index, hash),
    verify: (producer, hash, sign) => equalBytes(sign, signed(producer, hash)),
  });
const proofs = (kind: VoteKind, signers: readonly number[], place = PLACE): Proof[] =>
  signers.map((signer) => {
    const { Signer, Sign } = of(signer).vote(kind, place);
    return { Signer, Sign };
  });

beforeAll(initHash);

describe('P-2: what a vote is signed for', () => {
  it('kind, group, nonce, bundle, view, height and hash: a signature means nothing elsewhere', () => {
    const vote = of(1).vote('commit', PLACE);
    const holds = (changed: Partial<Vote>, over: Partial<Configuration> = {}, kind: VoteKind = 'commit'): boolean =>
      of(0, over).isVoteSigned(kind, { ...vote, ...changed });
    expect(holds({})).toBe(true);
    for (const changed of [{ View: 3 }, { BlockId: 8 }, { BlockHash: new Uint8Array(32) }, { Signer: 2 }])
      expect(holds(changed), JSON.stringify(changed)).toBe(false);
    for (const over of [{ groupId: 'other' }, { nonce: 2 }, { bundleHash: new Uint8Array(32) }])
      expect(holds({}, over), JSON.stringify(over)).toBe(false);
    expect(holds({}, {}, 'prepare')).toBe(false);
  });
});

describe('P-6, P-8: N−f votes of one view, alike, by different producers', () => {
  const certificate = (Proofs: Proof[], place = PLACE): Certificate => ({ ...place, Proofs });
  const decided = (over: Partial<DecidedBlock>): DecidedBlock => ({
    ...{ ...PLACE, Commits: [], Header: undefined, Seals: [], ...over },
  });
  const all = [0, 1, 2, 3];

  it('a certificate', () => {
    expect(of(4).isCertified(certificate(proofs('prepare', all)))).toBe(true);
    // 2f+1 of five are not enough.
    expect(of(4).isCertified(certificate(proofs('prepare', [0, 1, 2])))).toBe(false);
    expect(of(4).isCertified(certificate(proofs('prepare', [0, 1, 2, 2])))).toBe(false);
    expect(of(4).isCertified(certificate(proofs('commit', all)))).toBe(false);
    const mixed = [...proofs('prepare', [0, 1, 2]), ...proofs('prepare', [3], { ...PLACE, View: 1 })];
    expect(of(4).isCertified(certificate(mixed))).toBe(false);
    const stranger = { Signer: SIZE, Sign: new Uint8Array(65) };
    expect(of(4).isCertified(certificate([...proofs('prepare', [0, 1, 2]), stranger]))).toBe(false);
  });

  it('a decision, by commits', () => {
    expect(of(4).isDecided(decided({ Commits: proofs('commit', all) }), base)).toBe(true);
    expect(of(4).isDecided(decided({ Commits: proofs('commit', [0, 1, 2]) }), base)).toBe(false);
    expect(of(4).isDecided(decided({ Commits: proofs('prepare', all) }), base)).toBe(false);
    const mixed = [...proofs('commit', [0, 1, 2]), ...proofs('commit', [3], { ...PLACE, View: 1 })];
    expect(of(4).isDecided(decided({ Commits: mixed }), base)).toBe(false);
  });

  it('a decision, by seals of this very block under this configuration', () => {
    const body = SealBody.create({ Tag: SEAL_TAG, GroupId: 'group', ConfigNonce: 1, BlockId: 7, BlockHash: HASH });
    const holds = (signers: readonly number[], header = body): boolean => {
      const Seals = signers.map((signer) => ({ ProducerPubkey: `key${signer}`, Sign: signed(signer, sealBodyHash(header)) }));
      return of(4).isDecided(decided({ Header: header, Seals }), base);
    };
    expect(holds(all)).toBe(true);
    expect(holds([0, 1, 2])).toBe(false);
    expect(holds([0, 1, 2, 2])).toBe(false);
    expect(holds([0, 1, 2, 9])).toBe(false);
    const others = [
      { Tag: 'another' },
      { GroupId: 'other' },
      { ConfigNonce: 2 },
      { BlockId: 6 },
      { BlockHash: new Uint8Array(32) },
    ];
    for (const other of others) expect(holds(all, { ...body, ...other }), JSON.stringify(other)).toBe(false);
  });

  it('a decision, by nothing: of the block that the configuration began after only', () => {
    const first = { BlockId: base.blockId, BlockHash: base.blockHash };
    expect(of(4).isDecided(decided(first), base)).toBe(true);
    expect(of(4).isDecided(decided({}), base)).toBe(false);
    expect(of(4).isDecided(decided({ ...first, BlockHash: HASH }), base)).toBe(false);
  });
});

describe('P-6: the certificate in the log', () => {
  const certificate = (): Certificate => ({ ...PLACE, Proofs: proofs('prepare', [0, 1, 2, 3]) });

  it('is a header [height, count], then the proofs, and is read back as it was', () => {
    const entries = certificateEntries(certificate());
    const [header, ...rest] = entries;
    expect(CertificateHeader.decode(header?.data as Uint8Array)).toEqual({ SeqNo: PLACE.BlockId, Count: QUORUM });
    expect(rest.map(({ data }) => Vote.decode(data))).toEqual(certificate().Proofs.map((proof) => ({ ...PLACE, ...proof })));
    expect(readLog(entries).heights.get(PLACE.BlockId)?.certificates).toEqual([certificate()]);
  });

  it('a log with anything else in it is not this engine’s', () => {
    expect(() => readLog([{ key: '0000000000000007/other', data: new Uint8Array() }])).toThrow('an unknown entry');
    expect(() => readLog([{ key: 'other', data: new Uint8Array() }])).toThrow('an unknown entry');
  });
});
