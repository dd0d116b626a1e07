import { beforeAll, describe, expect, test } from 'vitest';
import vectors from '../../vectors/change-consensus.json' with { type: 'json' };
import {
  AnnounceItem,
  AnnounceType,
  announceHash,
  ChangeConsensusReq,
  type ChangeConsensusResp,
  ChangeConsensusResultBundle,
  ConsensusResult,
  fromHex,
  genesisBlock,
  ItemAction,
  parseExact,
  parseSeed,
  requestHash,
  stringifyExact,
  Trx,
  TrxType,
  toBase64,
} from '../records/index.ts';
import {
  ethAddress,
  initCrypto,
  openBytes,
  verifyAnnounce,
  verifyBlockSignature,
  verifyBundle,
  verifyRequest,
  verifyResponse,
  verifySeed,
  verifyTrx,
} from './index.ts';

/** Records that a running node of this family printed: whatever is said of them there must come out here. */

/** One bit of some bytes, flipped. */
function flipped(bytes: Uint8Array, bit = 0): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

beforeAll(initCrypto);

describe('the seed', () => {
  const seed = parseSeed(vectors.seed.url);

  test("carries the owner's signature of the genesis block", () => {
    expect(verifySeed(seed)).toBe(true);
    expect(verifyBlockSignature(genesisBlock(seed))).toBe(true);
  });

  test('fails with anything changed that the signature covers', () => {
    expect(verifySeed({ ...seed, genesisTimeNs: seed.genesisTimeNs + 1n })).toBe(false);
    expect(verifySeed({ ...seed, groupId: seed.groupId.replace('c', 'd') })).toBe(false);
    expect(verifySeed({ ...seed, ownerPubkey: `B${seed.ownerPubkey.slice(1)}` })).toBe(false);
    expect(verifySeed({ ...seed, ownerPubkey: seed.ownerPubkey.replace('Aq', 'Aw') })).toBe(false);
    for (const bit of [0, 255, 256, 511, 512])
      expect(verifySeed({ ...seed, signature: flipped(seed.signature, bit) })).toBe(false);
  });

  test("names the owner's Ethereum address", () => {
    expect(ethAddress(seed.ownerPubkey)).toBe(vectors.seed.expect.owner_eth_addr);
  });
});

test('the announcement verifies, and is printed as it was', () => {
  const item = AnnounceItem.fromJson(vectors.announce.item);
  expect(toBase64(announceHash(item))).toBe(vectors.announce.expect.hash_base64);
  expect(verifyAnnounce(item)).toBe(true);
  expect(item).toMatchObject({ Action: ItemAction.ADD, Content: { Type: AnnounceType.AS_PRODUCER } });
  const { Action: _default, ...printed } = vectors.announce.item;
  expect(AnnounceItem.toJson(item)).toStrictEqual(printed);
  expect(verifyAnnounce({ ...item, Action: ItemAction.REMOVE })).toBe(false);
  expect(verifyAnnounce({ ...item, Hash: flipped(item.Hash) })).toBe(false);
});

test('the request verifies, and is printed as it was', () => {
  const request = ChangeConsensusReq.fromJson(vectors.change_consensus_req.req);
  expect(toBase64(requestHash(request))).toBe(vectors.change_consensus_req.expect.hash_base64);
  expect(verifyRequest(request)).toBe(true);
  expect(ChangeConsensusReq.toJson(request)).toStrictEqual(vectors.change_consensus_req.req);
  expect(verifyRequest({ ...request, Nonce: 1 })).toBe(false);
});

describe('the CONSENSUS trx', () => {
  const trx = Trx.fromJson(vectors.consensus_trx.trx);
  const seed = parseSeed(vectors.seed.url);
  const expected = vectors.consensus_trx.expect.decrypted;
  const open = () => ChangeConsensusResultBundle.decode(openBytes(seed.cipherKey, trx.Data) as Uint8Array);

  test('verifies, survives encoding and JSON, and is printed as it was', () => {
    expect(trx.Type).toBe(TrxType.CONSENSUS);
    expect(verifyTrx(trx)).toBe(true);
    expect(verifyTrx(Trx.decode(Trx.encode(trx)))).toBe(true);
    expect(verifyTrx(Trx.fromJson(parseExact(stringifyExact(Trx.toJson(trx)))))).toBe(true);
    expect(Trx.toJson(trx)).toStrictEqual(vectors.consensus_trx.trx);
    // Not covered by the signature; everything else is.
    expect(verifyTrx({ ...trx, ResendCount: 3, StorageType: 1 })).toBe(true);
    for (const change of [
      { TrxId: 'x' },
      { Type: TrxType.POST },
      { GroupId: 'x' },
      { Data: flipped(trx.Data) },
      { TimeStamp: trx.TimeStamp + 1n },
      { Version: '' },
      { Expired: trx.Expired + 1n },
      { Nonce: 1 },
      { SenderPubkey: '' },
      { SenderSign: flipped(trx.SenderSign) },
      { Data: new Uint8Array(1 << 20) },
    ]) {
      expect(verifyTrx({ ...trx, ...change })).toBe(false);
    }
  });

  test("opens with the group's key to the bundle, all of whose hashes and signatures verify", () => {
    const bundle = open();
    const [response] = bundle.Resps;
    expect(bundle).toMatchObject({
      Result: expected.result,
      Req: {
        ReqId: expected.req_id,
        Nonce: Number(expected.nonce),
        StartFromEpoch: Number(expected.start_from_epoch),
        TrxEpochTickLenInMs: Number(expected.trx_epoch_tick_ms),
        AgreementTickLenInMs: Number(expected.agreement_tick_ms),
        AgreementTickCount: Number(expected.agreement_tick_count),
      },
      Resps: [{ RespId: expected.resp_id }],
    });
    expect(bundle.Result).toBe(ConsensusResult.SUCCESS);
    expect(toBase64(bundle.Req?.MsgHash ?? new Uint8Array())).toBe(expected.req_msg_hash);
    expect(toBase64(response?.MsgHash ?? new Uint8Array())).toBe(expected.resp_msg_hash);
    expect(verifyRequest(bundle.Req as ChangeConsensusReq)).toBe(true);
    expect(verifyRequest(response?.Req as ChangeConsensusReq)).toBe(true);
    expect(verifyResponse(response as ChangeConsensusResp)).toBe(true);
    expect(verifyBundle(bundle)).toBe(true);
    expect(ChangeConsensusResultBundle.encode(bundle)).toStrictEqual(openBytes(seed.cipherKey, trx.Data));
  });

  test('does not verify as a bundle with anything exchanged', () => {
    const bundle = open();
    const [response] = bundle.Resps as [ChangeConsensusResp];
    const request = bundle.Req as ChangeConsensusReq;
    const other = ChangeConsensusReq.fromJson(vectors.change_consensus_req.req);
    expect(verifyBundle({ ...bundle, Req: undefined })).toBe(false);
    expect(verifyBundle({ ...bundle, Req: other })).toBe(false);
    expect(verifyBundle({ ...bundle, Req: { ...request, Nonce: 2 } })).toBe(false);
    expect(verifyBundle({ ...bundle, Resps: [response, response] })).toBe(false);
    expect(verifyBundle({ ...bundle, Resps: [] })).toBe(false);
    expect(verifyBundle({ ...bundle, Resps: [{ ...response, Req: undefined }] })).toBe(false);
    expect(verifyBundle({ ...bundle, Resps: [{ ...response, GroupId: '' }] })).toBe(false);
    expect(verifyBundle({ ...bundle, Resps: [{ ...response, Refused: 'no' }] })).toBe(false);
    expect(verifyBundle({ ...bundle, ResponsedProducers: [] })).toBe(false);
    expect(verifyBundle({ ...bundle, ResponsedProducers: [request.SenderPubkey, request.SenderPubkey] })).toBe(false);
  });

  test('opens with no other key, and not when changed', () => {
    expect(openBytes(flipped(seed.cipherKey), trx.Data)).toBeUndefined();
    expect(openBytes(seed.cipherKey, flipped(trx.Data))).toBeUndefined();
    expect(openBytes(seed.cipherKey, trx.Data.subarray(0, -1))).toBeUndefined();
    expect(openBytes(seed.cipherKey, new Uint8Array())).toBeUndefined();
    expect(openBytes(new Uint8Array(16), trx.Data)).toBeUndefined();
  });

  test('the cipher key is the one that the node printed', () => {
    expect(seed.cipherKey).toStrictEqual(fromHex(vectors.seed.expect.cipher_key));
  });
});
