import * as age from 'age-encryption';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  AnnounceItem,
  AppConfigItem,
  Block,
  ChainConfigItem,
  ChangeConsensusReq,
  ChangeConsensusResp,
  ChangeConsensusResultBundle,
  ConsensusContract,
  formatSeed,
  parseSeed,
  Trx,
  uuidFromBytes,
} from '../records/index.ts';
import * as crypto from './index.ts';

const { publicKeyOf } = crypto;
const owner = new Uint8Array(32).fill(1);
const other = new Uint8Array(32).fill(2);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

beforeAll(crypto.initCrypto);

describe('what is signed verifies, and names its signer', () => {
  test('trx', () => {
    const trx = Trx.create({ TrxId: 'x', Data: Uint8Array.of(1), TimeStamp: 5n });
    const signed = crypto.signTrx(trx, owner);
    expect(signed.SenderPubkey).toBe(publicKeyOf(owner));
    expect(crypto.verifyTrx(signed)).toBe(true);
    expect(crypto.verifyTrx({ ...signed, SenderPubkey: publicKeyOf(other) })).toBe(false);
    expect(trx.SenderPubkey).toBe('');
  });

  test('announcement', () => {
    const signed = crypto.signAnnounce(AnnounceItem.create({ GroupId: 'g' }), owner);
    expect(crypto.verifyAnnounce(signed)).toBe(true);
    expect(crypto.verifyAnnounce({ ...signed, GroupId: 'h' })).toBe(false);
  });

  test('chain and app configuration: the signature is lower-case hex', () => {
    const chain = crypto.signChainConfig(ChainConfigItem.create({ GroupId: 'g', Memo: 'm' }), owner);
    expect(chain.OwnerSignature).toMatch(/^[0-9a-f]{130}$/);
    expect(crypto.verifyChainConfig(chain)).toBe(true);
    expect(crypto.verifyChainConfig({ ...chain, Memo: 'n' })).toBe(false);
    expect(crypto.verifyChainConfig({ ...chain, OwnerSignature: chain.OwnerSignature.toUpperCase() })).toBe(false);
    expect(crypto.verifyChainConfig({ ...chain, OwnerSignature: 'zz' })).toBe(false);
    const app = crypto.signAppConfig(AppConfigItem.create({ Name: 'n', Value: 'v' }), owner);
    expect(crypto.verifyAppConfig(app)).toBe(true);
    expect(crypto.verifyAppConfig({ ...app, Value: 'w' })).toBe(false);
  });

  test('contract inside request inside response inside bundle', () => {
    const contract = crypto.signContract(ConsensusContract.create({ GroupId: 'g', Contract: 'hbbft', timestamp: 1n }), owner);
    expect(crypto.verifyContract(contract)).toBe(true);
    expect(crypto.verifyContract({ ...contract, Recovery: true })).toBe(false);
    const list = [publicKeyOf(owner), publicKeyOf(other)];
    const request = crypto.signRequest(
      ChangeConsensusReq.create({ GroupId: 'g', ProducerPubkeyList: list, Contract: contract }),
      owner,
    );
    expect(crypto.verifyRequest(request)).toBe(true);
    const foreign = crypto.signContract(contract, other);
    expect(crypto.verifyRequest(crypto.signRequest({ ...request, Contract: foreign }, owner))).toBe(false);
    const respond = (secret: Uint8Array) =>
      crypto.signResponse(ChangeConsensusResp.create({ GroupId: 'g', Req: request }), secret);
    const bundle = ChangeConsensusResultBundle.create({
      Req: request,
      Resps: [respond(owner), respond(other)],
      ResponsedProducers: list,
    });
    expect(crypto.verifyBundle(bundle)).toBe(true);
    expect(crypto.verifyBundle(ChangeConsensusResultBundle.decode(ChangeConsensusResultBundle.encode(bundle)))).toBe(true);
    const stranger = new Uint8Array(32).fill(3);
    expect(crypto.verifyBundle({ ...bundle, Resps: [respond(stranger)], ResponsedProducers: [publicKeyOf(stranger)] })).toBe(
      false,
    );
  });

  test('block and seal', () => {
    const block = crypto.signBlock(
      Block.create({ BlockId: 1, ProducerPubkey: publicKeyOf(owner), TimeStamp: 1n, ConfigNonce: 3 }),
      owner,
    );
    expect(crypto.verifyBlockSignature(block)).toBe(true);
    expect(crypto.verifyBlockSignature({ ...block, Epoch: 1 })).toBe(false);
    expect(crypto.verifyBlockSignature(crypto.signBlock(block, other))).toBe(false);
    const seal = crypto.signSeal(block, other);
    expect(crypto.verifySeal(seal, block)).toBe(true);
    // Seals and evidence come after the block and do not change what it is.
    expect(crypto.verifySeal(seal, { ...block, Seals: [seal], Evidence: Uint8Array.of(1) })).toBe(true);
    for (const change of [
      { BlockId: 2 },
      { Epoch: 1 },
      { ConfigNonce: 0 },
      { TimeStamp: 2n },
      { StateRoot: new Uint8Array(32) },
      { GroupId: 'g' },
    ]) {
      expect(crypto.verifySeal(seal, { ...block, ...change })).toBe(false);
    }
    expect(crypto.verifySeal({ ...seal, ProducerPubkey: publicKeyOf(owner) }, block)).toBe(false);
    // A seal is not a signature of the block, nor the other way round.
    expect(crypto.verifyBlockSignature({ ...block, ProducerSign: crypto.signSeal(block, owner).Sign })).toBe(false);
  });

  test('seed, through its URL', () => {
    const seed = crypto.signGenesis(
      {
        version: 1,
        encryption: 'private',
        consensus: 'poa',
        cipherKey: new Uint8Array(32).fill(7),
        groupId: uuidFromBytes(new Uint8Array(16)),
        ownerPubkey: '',
        genesisTimeNs: 1682009430855436223n,
        groupName: 'Fünf & mehr',
        appKey: 'feed',
        urls: ['http://127.0.0.1:8000'],
      },
      owner,
    );
    expect(crypto.verifySeed(parseSeed(formatSeed(seed)))).toBe(true);
    expect(crypto.verifySeed({ ...seed, ownerPubkey: publicKeyOf(other) })).toBe(false);
  });
});

test('sealed bytes open, and any change is noticed', () => {
  fc.assert(
    fc.property(bytes(32), bytes(12), fc.uint8Array({ maxLength: 300 }), fc.nat(), (key, nonce, plain, bit) => {
      const sealed = crypto.sealBytes(key, plain, nonce);
      expect(sealed).toHaveLength(plain.length + crypto.SEAL_OVERHEAD_BYTES);
      expect(crypto.openBytes(key, sealed)).toStrictEqual(plain);
      const at = (bit >> 3) % sealed.length;
      sealed[at] = (sealed[at] as number) ^ (1 << (bit & 7));
      expect(crypto.openBytes(key, sealed)).toBeUndefined();
      expect(crypto.openBytes(key, sealed.subarray(0, at))).toBeUndefined();
    }),
  );
});

test('sealed bytes are AES-256-GCM as WebCrypto knows it', async () => {
  const key = new Uint8Array(32).fill(9);
  const nonce = new Uint8Array(12).fill(4);
  const plain = new TextEncoder().encode('a post');
  const webKey = await globalThis.crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt']);
  const sealed = new Uint8Array(await globalThis.crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, webKey, plain));
  expect(crypto.sealBytes(key, plain, nonce)).toStrictEqual(new Uint8Array([...nonce, ...sealed]));
});

test('a topic tells nothing but stays the same', async () => {
  const key = new Uint8Array(32).fill(5);
  const topic = crypto.groupTopic(key, 'cd991ce2-7dbb-422e-9f5c-a0f552e4d896');
  expect(topic).toMatch(/^sett\/1\/[0-9a-f]{64}$/);
  const webKey = await globalThis.crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const mac = await globalThis.crypto.subtle.sign(
    'HMAC',
    webKey,
    new TextEncoder().encode('cd991ce2-7dbb-422e-9f5c-a0f552e4d896'),
  );
  expect(topic).toBe(`sett/1/${Buffer.from(mac).toString('hex')}`);
});

describe('age keys', () => {
  test('are those of the age package', async () => {
    await fc.assert(
      fc.asyncProperty(bytes(32), async (secret) => {
        const identity = crypto.ageIdentityFromSecret(secret);
        const recipient = crypto.ageRecipientOf(identity);
        expect(recipient).toBe(await age.identityToRecipient(identity));
        expect(crypto.isAgeRecipient(recipient)).toBe(true);
        expect(crypto.isAgeRecipient(identity)).toBe(false);
      }),
      { numRuns: 10 },
    );
  });

  test('open what the age package encrypted to them', async () => {
    const identity = crypto.ageIdentityFromSecret(new Uint8Array(32).fill(6));
    const encrypter = new age.Encrypter();
    encrypter.addRecipient(crypto.ageRecipientOf(identity));
    const decrypter = new age.Decrypter();
    decrypter.addIdentity(identity);
    expect(await decrypter.decrypt(await encrypter.encrypt('secret'), 'text')).toBe('secret');
  });

  test('the recipient that another node announced has the right form, a damaged one has not', () => {
    const recipient = 'age1zd7ehw55e780ll8m2nuyz9275k5hzpu6h0mr2vl5dxt6ymsdsutqnusd0w';
    expect(crypto.isAgeRecipient(recipient)).toBe(true);
    expect(crypto.isAgeRecipient(recipient.replace('zd7', 'zd8'))).toBe(false);
    expect(crypto.isAgeRecipient('')).toBe(false);
    fc.assert(fc.property(fc.string(), (text) => void expect(crypto.isAgeRecipient(text)).toBe(false)));
    expect(() => crypto.ageRecipientOf(recipient)).toThrow(TypeError);
    expect(() => crypto.ageIdentityFromSecret(new Uint8Array(31))).toThrow(RangeError);
  });
});
