import { publicKeyOf, signContract, signRequest } from '../../crypto/index.ts';
import { ChangeConsensusReq, ConsensusContract, comparePubkeys, sha256 } from '../../records/index.ts';

export const GROUP_ID = 'c9f8a0f6-5f9e-4e0c-9b39-6a4d2f3f8a11';

const secretOf = (name: string): Uint8Array => sha256(new TextEncoder().encode(name));

export const OWNER_SECRET = secretOf('owner');

/** Secrets of requested producers, in the order of their keys. */
export const secretsOf = (size: number): Uint8Array[] =>
  Array.from({ length: size }, (_, index) => secretOf(`producer ${index}`)).sort((a, b) =>
    comparePubkeys(publicKeyOf(a), publicKeyOf(b)),
  );

/** A good request of the owner for `size` producers; `changes` are signed too. */
export function requestFor(size: number, changes: Partial<ChangeConsensusReq> = {}, secret = OWNER_SECRET): ChangeConsensusReq {
  return signRequest(
    ChangeConsensusReq.create({
      ReqId: 'aa2a1b5e-57ac-4b4e-8c8c-2d2c3a6f1a01',
      GroupId: GROUP_ID,
      Nonce: 4,
      ProducerPubkeyList: secretsOf(size).map(publicKeyOf),
      AgreementTickLenInMs: 5_000,
      AgreementTickCount: 10,
      StartFromEpoch: 100,
      TrxEpochTickLenInMs: 1_000,
      ...changes,
    }),
    secret,
  );
}

/** The contract of a recovery. */
export const recoveryContract = (): ConsensusContract =>
  signContract(
    ConsensusContract.create({ GroupId: GROUP_ID, Recovery: true, BaseBlockId: 7, BaseHash: sha256(Uint8Array.of(7)) }),
    OWNER_SECRET,
  );
