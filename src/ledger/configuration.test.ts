import { beforeAll, describe, expect, it } from 'vitest';
import {
  encodeKeyShare,
  initCrypto,
  initThreshold,
  KeyGenDealing,
  makeDealing,
  publicKeyOf,
  requestedProducers,
  signAcknowledgement,
  signRequest,
  signResponse,
} from '../crypto/index.ts';
import {
  ChangeConsensusReq,
  ChangeConsensusResp,
  ChangeConsensusResultBundle,
  ConsensusContract,
  ConsensusResult,
  comparePubkeys,
  type Trx,
  TrxType,
} from '../records/index.ts';
import { type Author, paperGroup } from '../sim/index.ts';
import {
  ConsensusRow,
  configurationOf,
  configurationOfNonce,
  configurationOfRow,
  type GroupIdentity,
  proofKey,
  verifiedBundle,
} from './configuration.ts';
import { KvState } from './kv.ts';

const NOW_NS = 1_000_000_000_000n;
const { identity, owner, alice, bob } = paperGroup(5);
const { SUCCESS, FAIL } = ConsensusResult;

beforeAll(async () => {
  await initCrypto();
  await initThreshold();
});

const requestOf = (producers: readonly Author[], over: Partial<ChangeConsensusReq> = {}, sender = owner): ChangeConsensusReq =>
  signRequest(
    ChangeConsensusReq.create({
      ReqId: 'a request',
      GroupId: identity.groupId,
      Nonce: 4,
      ProducerPubkeyList: producers.map(({ pubkey }) => pubkey),
      ...over,
    }),
    sender.secret,
  );

/** A response with a dealing, if there are others to deal to. */
function responseOf(request: ChangeConsensusReq, { secret, pubkey }: Author, over: Partial<ChangeConsensusResp> = {}) {
  const producers = requestedProducers(request);
  const name = { requestHash: request.MsgHash, dealer: pubkey };
  const dealt = producers.length > 1 ? makeDealing(producers.length, name, secret) : undefined;
  const EncryptedShares = dealt?.shares.map((share, place) =>
    encodeKeyShare({ ...name, receiver: producers[place] as string, share }),
  );
  const dealing = dealt && KeyGenDealing.encode({ Dealing: dealt.dealing, EncryptedShares: EncryptedShares ?? [] });
  const response = { GroupId: request.GroupId, Req: request, ...(dealing && { KeyGenDealing: dealing }), ...over };
  return signResponse(ChangeConsensusResp.create(response), secret);
}

/** What all of these have agreed on; `over` changes it afterwards. */
function bundleOf(
  request: ChangeConsensusReq,
  authors: readonly Author[],
  over: Partial<ChangeConsensusResultBundle> = {},
  rest: Partial<ChangeConsensusResp> = {},
): ChangeConsensusResultBundle {
  const ascending = [...authors].sort((a, b) => comparePubkeys(a.pubkey, b.pubkey));
  const responses = ascending.map((author) => responseOf(request, author, rest));
  const isShared = request.ProducerPubkeyList.length > 1;
  return ChangeConsensusResultBundle.create({
    Result: SUCCESS,
    Req: request,
    Resps: responses,
    ResponsedProducers: ascending.map(({ pubkey }) => pubkey),
    KeyGenAcks: isShared ? ascending.map(({ secret }) => signAcknowledgement({ request, responses }, 0b11, secret)) : [],
    ...over,
  });
}

const trxOf = (bundle: ChangeConsensusResultBundle, author = owner): Trx =>
  author.trx(TrxType.CONSENSUS, ChangeConsensusResultBundle.encode(bundle), NOW_NS);
const isTaken = (bundle: ChangeConsensusResultBundle, floor = 3, of: GroupIdentity = identity): boolean =>
  verifiedBundle(trxOf(bundle), of, floor) !== undefined;

describe('the bundle of a change (C-2, C-33)', () => {
  it('is taken from the owner, of one producer and of several', () => {
    expect(isTaken(bundleOf(requestOf([alice]), [alice]))).toBe(true);
    expect(isTaken(bundleOf(requestOf([alice, bob]), [alice, bob]))).toBe(true);
    expect(isTaken(bundleOf(requestOf([alice, bob]), [], { Result: FAIL, KeyGenAcks: [] }))).toBe(true);
  });

  it('is taken from nobody else, nor for another group, nor at a nonce that is used up (C-34)', () => {
    const good = bundleOf(requestOf([alice]), [alice]);
    expect(verifiedBundle(trxOf(good, alice), identity, 3)).toBeUndefined();
    expect(isTaken(good, 4)).toBe(false);
    expect(isTaken(bundleOf(requestOf([alice], {}, alice), [alice]))).toBe(false);
    expect(isTaken(bundleOf(requestOf([alice], { GroupId: 'another' }), [alice]))).toBe(false);
  });

  it('does not count where its list is none, whatever came of it', () => {
    const failed = { Result: FAIL, KeyGenAcks: [] };
    expect(isTaken(bundleOf(requestOf([]), [], failed))).toBe(false);
    expect(isTaken(bundleOf(requestOf([alice, alice]), [], failed))).toBe(false);
    expect(isTaken(bundleOf(requestOf([], { ProducerPubkeyList: ['no key'] }), [], failed))).toBe(false);
  });

  it('says SUCCESS only with the word of all who are asked, and none of them refusing', () => {
    expect(isTaken(bundleOf(requestOf([alice]), []))).toBe(false);
    expect(isTaken(bundleOf(requestOf([alice, bob]), [alice]))).toBe(false);
    expect(isTaken(bundleOf(requestOf([alice]), [alice], {}, { Refused: 'no' }))).toBe(false);
    expect(isTaken(bundleOf(requestOf([alice]), [alice], { Result: FAIL }, { Refused: 'no' }))).toBe(true);
  });

  it('does not count once it is altered: list, response, acknowledgement', () => {
    const request = requestOf([alice, bob]);
    const good = bundleOf(request, [alice, bob]);
    const reversed = { ...request, ProducerPubkeyList: [...request.ProducerPubkeyList].reverse() };
    const [first, second] = good.Resps as [ChangeConsensusResp, ChangeConsensusResp];
    expect(isTaken(bundleOf(reversed, [alice, bob]))).toBe(false);
    expect(isTaken({ ...good, Resps: [first, { ...second, RespId: 'another' }] })).toBe(false);
    expect(isTaken({ ...good, KeyGenAcks: [...good.KeyGenAcks].reverse() })).toBe(false);
  });

  it('has no keys without their generation; only in development a dealer may stand in for it (C-32)', () => {
    const dealt = bundleOf(requestOf([alice, bob]), [alice, bob], { KeyGenAcks: [] });
    expect(isTaken(dealt)).toBe(false);
    expect(isTaken(dealt, 3, { ...identity, hasTrustedDealer: true })).toBe(true);
    const [acknowledgement] = bundleOf(requestOf([alice, bob]), [alice, bob]).KeyGenAcks as [Uint8Array];
    expect(isTaken(bundleOf(requestOf([alice]), [alice], { KeyGenAcks: [acknowledgement] }))).toBe(false);
  });
});

describe('the configuration (C-2)', () => {
  it('is the seed’s owner alone before block 1, below every nonce', () => {
    expect(configurationOf(new KvState(), identity)).toMatchObject({
      ...{ producers: [owner.pubkey], intervalMs: 1_000, startEpoch: 1, engine: 'hbbft', encryption: 0 },
      nonceFloor: -1,
    });
  });

  it('is what the newest success asked for, named by its nonce, producers ascending by key (C-14)', () => {
    const asked = { Contract: 'pbft', Version: '2', Encryption: 3 };
    for (const producers of [
      [alice, bob],
      [bob, alice],
    ]) {
      const over = { TrxEpochTickLenInMs: 700, StartFromEpoch: 50, Contract: ConsensusContract.create(asked) };
      const Bundle = ChangeConsensusResultBundle.create({ Result: SUCCESS, Req: requestOf(producers, over) });
      expect(configurationOfRow({ Bundle, TrxId: 'a trx' }, identity)).toMatchObject({
        ...{ nonce: 4, nonceFloor: 4, producers: [alice.secret, bob.secret].map(publicKeyOf).sort(comparePubkeys) },
        ...{ intervalMs: 700, startEpoch: 50, engine: 'pbft', rulesVersion: '2', encryption: 3 },
        ...{ proofTrxId: 'a trx', proofReqId: 'a request' },
      });
    }
  });

  it('is none by the nonce of a request that came to nothing (C-33)', () => {
    const state = new KvState();
    for (const [Nonce, Result] of [SUCCESS, FAIL].entries()) {
      const Bundle = ChangeConsensusResultBundle.create({ Result, Req: requestOf([alice], { Nonce }) });
      state.apply('consensus', proofKey(Nonce, 'a request'), ConsensusRow.encode({ Bundle, TrxId: 'a trx' }));
    }
    expect([0, 1, 2].map((nonce) => configurationOfNonce(state, identity, nonce)?.nonce)).toEqual([0, undefined, undefined]);
  });
});
