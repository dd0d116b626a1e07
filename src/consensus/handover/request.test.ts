import { beforeAll, expect, test } from 'vitest';
import { initCrypto, publicKeyOf } from '../../crypto/index.ts';
import { type ChangeConsensusReq, ConsensusContract, LIMITS } from '../../records/index.ts';
import { GROUP_ID, OWNER_SECRET, recoveryContract, requestFor, secretsOf } from '../testing/request.ts';
import { type RequestProblem, requestProblem } from './request.ts';

beforeAll(initCrypto);

const problemOf = (request: ChangeConsensusReq): RequestProblem | undefined =>
  requestProblem(request, GROUP_ID, publicKeyOf(OWNER_SECRET));

test('a request of the owner counts, with every tick at its bound (C-29)', () => {
  for (const changes of [
    {},
    { Contract: recoveryContract() },
    { AgreementTickLenInMs: 1_000, AgreementTickCount: 10, TrxEpochTickLenInMs: 500 },
    { AgreementTickLenInMs: 3_600_000, AgreementTickCount: 100 },
  ]) {
    expect(problemOf(requestFor(2, changes))).toBeUndefined();
  }
  expect(problemOf(requestFor(LIMITS.producers))).toBeUndefined();
  // More than that are no record.
  expect(() => requestFor(LIMITS.producers + 1)).toThrow('more than 24');
});

test('one that breaks a rule counts for nothing, though the owner has signed it (C-29, C-34)', () => {
  const [one, other] = secretsOf(2).map(publicKeyOf) as [string, string];
  const cases: [RequestProblem, Partial<ChangeConsensusReq>][] = [
    ['foreign', { GroupId: 'aa2a1b5e-57ac-4b4e-8c8c-2d2c3a6f1a01' }],
    ['bad-list', { ProducerPubkeyList: [] }],
    ['bad-list', { ProducerPubkeyList: [one, other, one] }],
    ['bad-list', { ProducerPubkeyList: [one, 'no key'] }],
    ['bad-ticks', { AgreementTickLenInMs: 999 }],
    ['bad-ticks', { AgreementTickLenInMs: 3_600_001 }],
    ['bad-ticks', { AgreementTickCount: 9 }],
    ['bad-ticks', { AgreementTickCount: 101 }],
    ['bad-ticks', { TrxEpochTickLenInMs: 499 }],
    ['bad-ticks', { TrxEpochTickLenInMs: 3_600_001 }],
    ['unsigned', { Contract: ConsensusContract.create({ GroupId: GROUP_ID, Encryption: 1 }) }],
  ];
  for (const [problem, changes] of cases) expect(problemOf(requestFor(2, changes)), Object.keys(changes).join()).toBe(problem);
  expect(problemOf(requestFor(2, {}, secretsOf(2)[0] as Uint8Array))).toBe('foreign');
  expect(problemOf({ ...requestFor(2), ProducerPubkeyList: [other, one] })).toBe('unsigned');
});
