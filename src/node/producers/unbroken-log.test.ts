import { beforeAll, expect, it } from 'vitest';
import { initCrypto, publicKeyOf, signResponse } from '../../crypto/index.ts';
import { configurationOf, KvState } from '../../ledger/index.ts';
import { ChangeConsensusReq, ChangeConsensusResp, ChangeConsensusResultBundle } from '../../records/index.ts';
import { memoryStore, paperGroup } from '../../sim/index.ts';
import { isLogUnbroken, logBegins, logEnds } from './unbroken-log.ts';

beforeAll(initCrypto);

it('a producer speaks under a nonce only while its log holds the very response that the proof carries (C-28)', async () => {
  const { identity, alice, bob } = paperGroup(9);
  const { groupId } = identity;
  const respond = (RespId: string, { secret } = alice, Nonce = 4): ChangeConsensusResp =>
    signResponse(ChangeConsensusResp.create({ RespId, GroupId: groupId, Req: ChangeConsensusReq.create({ Nonce }) }), secret);
  const store = memoryStore();
  const before = configurationOf(new KvState(), identity);
  const maySpeak = (responses: readonly ChangeConsensusResp[], nonce = 4): Promise<boolean> => {
    const bundleInForce = ChangeConsensusResultBundle.create({ Resps: [...responses] });
    return isLogUnbroken(store, { identity, inForce: { ...before, nonce }, bundleInForce }, publicKeyOf(alice.secret));
  };
  const [given, others] = [respond('given'), respond('given', bob)];

  expect(await maySpeak([given, others])).toBe(false);
  await store.write([logBegins(groupId, given)], 'strict');
  expect(await maySpeak([others, given])).toBe(true);
  // Made with the same key elsewhere, by a restored profile say; of others only; under another nonce.
  expect(await maySpeak([respond('another'), others])).toBe(false);
  expect(await maySpeak([others])).toBe(false);
  expect(await maySpeak([respond('given', alice, 5)], 5)).toBe(false);
  await store.write([logEnds(groupId, 4)], 'strict');
  expect(await maySpeak([given, others])).toBe(false);
});
