import { beforeAll, describe, expect, test } from 'vitest';
import {
  ChangeConsensusReq,
  ChangeConsensusResp,
  ChangeConsensusResultBundle,
  ConsensusResult,
  comparePubkeys,
  faultyLimit,
  LIMITS,
  sha256,
} from '../records/index.ts';
import { SeededRandom } from '../sim/index.ts';
import {
  encodeKeyShare,
  encryptedSharesFor,
  initCrypto,
  initThreshold,
  KeyGenDealing,
  keyGenerationOf,
  keysFromBundle,
  makeDealing,
  publicKeyOf,
  readAcknowledgement,
  signAcknowledgement,
  signHash,
  signRequest,
  signResponse,
  verifyBundle,
  verifyKeyGeneration,
} from './index.ts';

beforeAll(async () => {
  await initCrypto();
  await initThreshold();
});

type Dealt = ReturnType<typeof KeyGenDealing.decode>;
const GROUP_ID = 'c9f8a0f6-5f9e-4e0c-9b39-6a4d2f3f8a11';
/** What an age file to one recipient adds. */
const AGE_BYTES = 210;

/** A bundle whose shares are not encrypted; `accepted`: by whom which dealings. */
function makeBundle(size: number, accepted: (index: number) => number = () => 2 ** size - 1) {
  const random = new SeededRandom(size, 'key generation');
  const secrets = Array.from({ length: size }, (_, index) => random.fork(`${index}`).bytes(32)).sort((a, b) =>
    comparePubkeys(publicKeyOf(a), publicKeyOf(b)),
  );
  const producers = secrets.map(publicKeyOf);
  const owner = random.bytes(32);
  const request = signRequest(
    ChangeConsensusReq.create({ ReqId: GROUP_ID, GroupId: GROUP_ID, Nonce: 2, ProducerPubkeyList: producers }),
    owner,
  );
  const responses = secrets.map((secret, index) => {
    const name = { requestHash: request.MsgHash, dealer: producers[index] as string };
    const { dealing, shares } = makeDealing(size, name, random.bytes(32));
    const EncryptedShares = producers.map((receiver, place) =>
      encodeKeyShare({ ...name, receiver, share: shares[place] as Uint8Array }),
    );
    const dealt = KeyGenDealing.encode({ Dealing: dealing, EncryptedShares });
    return signResponse(
      ChangeConsensusResp.create({ RespId: GROUP_ID, GroupId: GROUP_ID, Req: request, KeyGenDealing: dealt }),
      secret,
    );
  });
  const bundle: ChangeConsensusResultBundle = {
    Result: ConsensusResult.SUCCESS,
    Req: request,
    Resps: responses,
    Epoch: 0,
    ResponsedProducers: producers,
    KeyGenAcks: secrets.map((secret, index) => signAcknowledgement({ request, responses }, accepted(index), secret)),
  };
  return { bundle, request, responses, secrets, producers };
}

describe('keys from a bundle', () => {
  for (const size of [2, 3, 4, 7]) {
    test(`${size} producers: every f+1 of them toss one coin`, () => {
      const { bundle } = makeBundle(size);
      expect(verifyBundle(bundle) && verifyKeyGeneration(bundle)).toBe(true);
      const keys = Array.from({ length: size }, (_, index) => keysFromBundle(bundle, index, encryptedSharesFor(bundle, index)));
      const name = Uint8Array.of(1, 2, 3);
      const enough = faultyLimit(size) + 1;
      const coins = Array.from({ length: size - enough + 1 }, (_, first) => {
        const chosen = keys
          .slice(first, first + enough)
          .map((key, at) => [first + at, key?.coinShare(name) as Uint8Array] as const);
        for (const [index, share] of chosen) expect(keys[0]?.verifyCoinShare(name, index, share)).toBe(true);
        return keys[0]?.combineCoin(name, new Map(chosen));
      });
      expect(new Set(coins).size).toBe(1);
    });
  }

  test('the order of the responses in the bundle does not matter', () => {
    const { bundle } = makeBundle(4);
    expect(verifyKeyGeneration({ ...bundle, Resps: bundle.Resps.toReversed() })).toBe(true);
  });

  test('a dealing that one producer does not accept is left out, and nobody needs its share', () => {
    const { bundle } = makeBundle(4, (index) => (index === 3 ? 0b1101 : 0b1111));
    const generation = keyGenerationOf(bundle);
    expect(typeof generation === 'object' && [...generation.dealings.keys()]).toEqual([0, 2, 3]);
    expect([...encryptedSharesFor(bundle, 1).keys()]).toEqual([0, 2, 3]);
    expect(keysFromBundle(bundle, 1, encryptedSharesFor(bundle, 1))).toBeDefined();
  });

  test('fewer than f+1 dealings that all accept: no key', () => {
    const { bundle } = makeBundle(4, (index) => (index === 0 ? 0b0001 : 0b1111));
    expect(keyGenerationOf(bundle)).toBe('too-few');
    expect(verifyKeyGeneration(bundle)).toBe(false);
    expect(encryptedSharesFor(bundle, 0).size).toBe(0);
  });

  test('a share that is missing, changed, or meant for another gives no keys', () => {
    const { bundle } = makeBundle(4);
    const shares = new Map(encryptedSharesFor(bundle, 1));
    const changed = (shares.get(2) as Uint8Array).slice();
    changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
    for (const bad of [undefined, changed, encryptedSharesFor(bundle, 2).get(2), shares.get(3), new Uint8Array()]) {
      const without = new Map(shares);
      if (bad) without.set(2, bad);
      else without.delete(2);
      expect(keysFromBundle(bundle, 1, without)).toBeUndefined();
    }
    expect(keysFromBundle(bundle, 4, shares)).toBeUndefined();
  });

  test('one producer alone has neither dealing nor acknowledgement', () => {
    const { request, bundle } = makeBundle(2);
    const alone = { ...request, ProducerPubkeyList: request.ProducerPubkeyList.slice(0, 1) };
    const single = { ...bundle, Req: alone, Resps: [], KeyGenAcks: [] };
    expect(verifyKeyGeneration(single)).toBe(true);
    expect(verifyKeyGeneration({ ...single, KeyGenAcks: bundle.KeyGenAcks })).toBe(false);
    expect(verifyKeyGeneration({ ...single, Resps: bundle.Resps })).toBe(false);
    expect(verifyKeyGeneration({ ...single, Req: undefined })).toBe(false);
  });
});

describe('altered bundles', () => {
  test('an acknowledgement that is missing, doubled, swapped, of other responses or another request', () => {
    const { bundle, request, responses, secrets } = makeBundle(4);
    const [first, second, third, fourth] = bundle.KeyGenAcks as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const secret = secrets[3] as Uint8Array;
    const ofOthers = signAcknowledgement({ request, responses: responses.slice(1) }, 15, secret);
    const ofAnother = signAcknowledgement({ request: { ...request, MsgHash: new Uint8Array(32) }, responses }, 15, secret);
    const tooMany = signAcknowledgement({ request, responses }, 31, secret);
    const flipped = fourth.slice();
    flipped[flipped.length - 1] = 1 - (flipped.at(-1) as number);
    const padded = Uint8Array.of(...fourth, 0x48, 0);
    for (const acknowledgements of [
      [first, second, third],
      [first, second, third, third],
      [first, second, fourth, third],
      [first, second, third, fourth, fourth],
      ...[ofOthers, ofAnother, tooMany, flipped, padded, new Uint8Array()].map((bad) => [first, second, third, bad]),
    ]) {
      expect(keyGenerationOf({ ...bundle, KeyGenAcks: acknowledgements })).toBe('invalid');
      expect(verifyKeyGeneration({ ...bundle, KeyGenAcks: acknowledgements })).toBe(false);
    }
  });

  test('an acknowledgement that says to be something else, of another group or of somebody else, though it is signed (C-32)', () => {
    const { bundle, secrets, producers } = makeBundle(4);
    const [first] = bundle.KeyGenAcks as [Uint8Array];
    // Key, length and the 65 bytes of the signature, which come last.
    const body = first.slice(0, -67);
    const signed = (unsigned: Uint8Array): Uint8Array =>
      Uint8Array.of(...unsigned, 0x3a, 65, ...signHash(sha256(unsigned), secrets[0] as Uint8Array));
    expect(signed(body)).toEqual(first);
    const replaced = (text: string, by: string): Uint8Array => {
      const latin = String.fromCharCode(...body);
      expect(latin).toContain(text);
      return Uint8Array.from(latin.replace(text, by), (char) => char.charCodeAt(0));
    };
    for (const bad of [
      replaced('sett/key-generation/acknowledgement/1', 'sett/key-generation/acknowledgement/2'),
      replaced(GROUP_ID, GROUP_ID.replace('c9', 'c8')),
      replaced(producers[0] as string, producers[1] as string),
    ]) {
      expect(keyGenerationOf({ ...bundle, KeyGenAcks: bundle.KeyGenAcks.with(0, signed(bad)) })).toBe('invalid');
    }
  });

  test('a response that is missing, doubled or replaced', () => {
    const { bundle, secrets, request } = makeBundle(4);
    const [first, ...others] = bundle.Resps as [ChangeConsensusResp, ...ChangeConsensusResp[]];
    const another = signResponse(
      ChangeConsensusResp.create({ RespId: 'x', GroupId: GROUP_ID, Req: request }),
      secrets[0] as Uint8Array,
    );
    for (const responses of [others, [first, first, ...others.slice(1)], [another, ...others]]) {
      expect(keyGenerationOf({ ...bundle, Resps: responses })).toBe('invalid');
    }
  });

  test('what all accept must be a dealing, with a proof of knowledge for its dealer: whoever signs for one that is none is no reason to believe it (C-32)', () => {
    const { bundle, request, responses, secrets } = makeBundle(2);
    const [own, others] = responses.map(({ KeyGenDealing: dealt }) => KeyGenDealing.decode(dealt)) as [Dealt, Dealt];
    const dealings: [string, Uint8Array][] = [
      ['bytes', Uint8Array.of(1)],
      ['another’s, whose secret it does not know', KeyGenDealing.encode(others)],
      ['a changed proof', KeyGenDealing.encode({ ...own, Dealing: own.Dealing.with(-1, 0) })],
      ['a share for one only', KeyGenDealing.encode({ ...own, EncryptedShares: own.EncryptedShares.slice(1) })],
      ['a share too many', KeyGenDealing.encode({ ...own, EncryptedShares: [...own.EncryptedShares, new Uint8Array(1)] })],
    ];
    for (const [what, dealt] of dealings) {
      const bad = signResponse({ ...(responses[0] as ChangeConsensusResp), KeyGenDealing: dealt }, secrets[0] as Uint8Array);
      const altered = [bad, responses[1] as ChangeConsensusResp];
      const acknowledgements = secrets.map((secret) => signAcknowledgement({ request, responses: altered }, 0b11, secret));
      expect(keyGenerationOf({ ...bundle, Resps: altered, KeyGenAcks: acknowledgements }), what).toBe('invalid');
      const honest = secrets.map((secret) => signAcknowledgement({ request, responses: altered }, 0b10, secret));
      expect(verifyKeyGeneration({ ...bundle, Resps: altered, KeyGenAcks: honest })).toBe(true);
    }
  });

  test('hostile bytes are no acknowledgement, and nothing is thrown', () => {
    const { request, responses, producers, bundle } = makeBundle(2);
    const random = new SeededRandom(7, 'hostile');
    const good = bundle.KeyGenAcks[0] as Uint8Array;
    for (let count = 0; count < 300; count++) {
      const bad = good.slice(0, random.int(good.length + 1));
      if (bad.length > 0) bad[random.int(bad.length)] = random.int(256);
      const read = readAcknowledgement(bad, { request, responses }, producers[0] as string);
      if (read !== undefined) expect(bad).toEqual(good);
    }
  });
});

test('the bundle of the largest set fits into a trx', () => {
  const { bundle } = makeBundle(LIMITS.producers);
  const encryption = LIMITS.producers * LIMITS.producers * AGE_BYTES;
  expect(ChangeConsensusResultBundle.encode(bundle).length + encryption).toBeLessThan(LIMITS.trxDataBytes);
});
