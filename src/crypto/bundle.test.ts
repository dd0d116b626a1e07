import { beforeAll, expect, test } from 'vitest';
import { ChangeConsensusReq, ChangeConsensusResp, ChangeConsensusResultBundle } from '../records/index.ts';
import { initCrypto, publicKeyOf, signRequest, signResponse, verifyBundle } from './index.ts';

beforeAll(initCrypto);

const [owner, alice, bob, stranger] = [1, 2, 3, 4].map((seed) => new Uint8Array(32).fill(seed)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const list = [alice, bob].map(publicKeyOf);
const requestWith = (nonce: number): ChangeConsensusReq =>
  signRequest(ChangeConsensusReq.create({ GroupId: 'g', Nonce: nonce, ProducerPubkeyList: list }), owner);
const respond = (secret: Uint8Array, request: ChangeConsensusReq, GroupId = 'g'): ChangeConsensusResp =>
  signResponse(ChangeConsensusResp.create({ GroupId, Req: request }), secret);

function bundleOf(request: ChangeConsensusReq, responses: readonly ChangeConsensusResp[], named: readonly string[] = list) {
  return ChangeConsensusResultBundle.create({ Req: request, Resps: responses, ResponsedProducers: named });
}

test('a bundle of signed responses to its signed request holds together, whoever of the list they are from (C-33)', () => {
  const request = requestWith(4);
  expect(verifyBundle(bundleOf(request, [respond(alice, request), respond(bob, request)]))).toBe(true);
  expect(verifyBundle(bundleOf(request, [respond(bob, request)], [publicKeyOf(bob)]))).toBe(true);
  expect(verifyBundle(bundleOf(request, [], []))).toBe(true);
});

test('each flaw alone undoes it (C-33, C-34)', () => {
  const request = requestWith(4);
  const [ofAlice, ofBob] = [respond(alice, request), respond(bob, request)];
  const altered = { ...request, ProducerPubkeyList: [...list].reverse() };
  const responses = [ofAlice, ofBob];
  const flawed: [string, ChangeConsensusResultBundle][] = [
    ['no request', { ...bundleOf(request, [], []), Req: undefined }],
    ['an altered list, which all have answered', bundleOf(altered, [respond(alice, altered), respond(bob, altered)])],
    ['one response twice', bundleOf(request, [ofAlice, ofBob, ofBob])],
    ['a response of somebody else', bundleOf(request, [ofAlice, respond(stranger, request)], [alice, stranger].map(publicKeyOf))],
    ['a response in another group', bundleOf(request, [ofAlice, respond(bob, request, 'h')])],
    ['a response to nothing', bundleOf(request, [ofAlice, signResponse({ ...ofBob, Req: undefined }, bob)])],
    ['a response to a request with another nonce', bundleOf(request, [ofAlice, respond(bob, requestWith(3))])],
    ['an altered response', bundleOf(request, [ofAlice, { ...ofBob, RespId: 'another' }])],
    ['a response in another’s name', bundleOf(request, [ofAlice, { ...ofAlice, SenderPubkey: publicKeyOf(bob) }])],
    ['one who responded is not named', bundleOf(request, responses, [publicKeyOf(alice)])],
    ['one is named twice', bundleOf(request, responses, [...list, publicKeyOf(bob)])],
    ['one is named who has not responded', bundleOf(request, [ofAlice], [publicKeyOf(bob)])],
  ];
  for (const [what, bundle] of flawed) expect(verifyBundle(bundle), what).toBe(false);
});
