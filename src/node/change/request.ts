import { signContract, signRequest } from '../../crypto/index.ts';
import { RECOVERED_KEY, RULES_VERSION } from '../../ledger/index.ts';
import { AGREEMENT_LIMITS, ChangeConsensusReq, ConsensusContract, isPublicKey, LIMITS } from '../../records/index.ts';
import type { Chain } from '../chain.ts';
import { newUuid } from '../genesis.ts';
import type { Clock, Random } from '../ports.ts';
import { ENGINES } from '../producers/make-engine.ts';
import { recipientOf } from '../proofs.ts';
import { NodeError, type WantedChange } from '../service.ts';

/** Most that `ConsensusContract.Encryption` can say. */
const ENCRYPTION_MAX = 0xffff_ffff;

/** Throws NodeError `bad-input`, `not-announced` or `unsupported` with what is wrong with a wish. `epoch`: the current one. */
export function checkWanted(wanted: WantedChange, chain: Chain, epoch: number): void {
  const { producers } = wanted;
  require(producers.length > 0, 'A group needs at least one producer: name them in producer_pubkey.');
  require(producers.length <= LIMITS.producers, `A group has at most ${LIMITS.producers} producers.`);
  const bad = producers.find((pubkey) => !isPublicKey(pubkey));
  require(bad === undefined, `${bad} is not a public key.`);
  const repeated = producers.find((pubkey, index) => producers.indexOf(pubkey) !== index);
  require(repeated === undefined, `${repeated} is named twice.`);
  const { tickMinMs, tickMaxMs, ticksMin, ticksMax, epochTickMinMs, epochTickMaxMs } = AGREEMENT_LIMITS;
  within('agreement_tick_length', wanted.agreementTickMs, tickMinMs, tickMaxMs, ' ms');
  within('agreement_tick_count', wanted.agreementTickCount, ticksMin, ticksMax, '');
  within('trx_epoch_tick', wanted.trxEpochTickMs, epochTickMinMs, epochTickMaxMs, ' ms');
  require(Number.isSafeInteger(wanted.startFromEpoch) &&
    wanted.startFromEpoch > epoch, `start_from_epoch must come after the current epoch, which is ${epoch}.`);
  const { encryption = 0 } = wanted;
  require(Number.isSafeInteger(encryption) &&
    encryption >= 0 &&
    encryption <= ENCRYPTION_MAX, 'encryption must be 0 (always), 1 (never) or k (every k-th epoch).');
  require([...wanted.memo].length <= LIMITS.memoChars, `The memo has at most ${LIMITS.memoChars} characters.`);
  const engine = wanted.engine ?? chain.configuration.engine;
  if (!ENGINES.includes(engine)) {
    throw new NodeError('unsupported', `This node does not run the engine ${engine}; it runs ${ENGINES.join(' and ')}.`);
  }
  // One alone has no key to generate, so nothing is encrypted to it.
  const { ownerPubkey } = chain.identity;
  const unknown = producers.find((pubkey) => recipientOf(chain, pubkey) === undefined);
  if (unknown === undefined || (unknown === ownerPubkey && producers.length === 1)) return;
  const whose = unknown === ownerPubkey ? 'The owner has taken its announcement as producer back' : `${unknown} is not announced`;
  const message = `${whose}, so the others do not know its encryption key. It has to announce itself as a producer first.`;
  throw new NodeError('not-announced', message, { pubkey: unknown });
}

function require(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new NodeError('bad-input', otherwise);
}

function within(name: string, value: number, min: number, max: number, unit: string): void {
  const isSo = Number.isSafeInteger(value) && value >= min && value <= max;
  require(isSo, `${name} must be ${min}${unit} to ${max}${unit}; it is ${value}.`);
}

/** The owner's signed request for a wish that {@link checkWanted} lets pass; the base of a recovery is the newest final block here. */
export function makeRequest(
  wanted: WantedChange,
  options: { chain: Chain; nonce: number; clock: Clock; random: Random; signSecret: Uint8Array },
): ChangeConsensusReq {
  const { chain, nonce, clock, random, signSecret } = options;
  const { configuration, head } = chain;
  const passed = chain.state.get('consensus', RECOVERED_KEY) ?? new Uint8Array();
  const { groupId } = configuration;
  const contract = signContract(
    ConsensusContract.create({
      ContractId: newUuid(random),
      Nonce: nonce,
      GroupId: groupId,
      Contract: wanted.engine ?? configuration.engine,
      Version: RULES_VERSION,
      timestamp: clock.nowNs(),
      Encryption: wanted.encryption ?? configuration.encryption,
      ...(wanted.recovery ? { Recovery: true, BaseBlockId: head.blockId, BaseHash: head.hash } : { BaseHash: passed }),
    }),
    signSecret,
  );
  const request = ChangeConsensusReq.create({
    ReqId: newUuid(random),
    GroupId: groupId,
    Nonce: nonce,
    ProducerPubkeyList: [...wanted.producers],
    AgreementTickLenInMs: wanted.agreementTickMs,
    AgreementTickCount: wanted.agreementTickCount,
    StartFromEpoch: wanted.startFromEpoch,
    TrxEpochTickLenInMs: wanted.trxEpochTickMs,
    Contract: contract,
  });
  return signRequest(request, signSecret);
}

/** The wish behind a request that was made of it, to be asked again. `epoch`: the current one. */
export function wantedAgain(request: ChangeConsensusReq, epoch: number): WantedChange {
  return {
    producers: request.ProducerPubkeyList,
    startFromEpoch: Math.max(request.StartFromEpoch, epoch + 1),
    trxEpochTickMs: request.TrxEpochTickLenInMs,
    agreementTickMs: request.AgreementTickLenInMs,
    agreementTickCount: request.AgreementTickCount,
    memo: '',
    engine: request.Contract?.Contract,
    encryption: request.Contract?.Encryption,
    recovery: request.Contract?.Recovery,
  };
}

/** Why a member does not want to be the producer that a request makes of it; undefined if nothing speaks against it. */
export function whyUnwilling(request: ChangeConsensusReq, chain: Chain, userPubkey: string): string | undefined {
  const { Contract = '', Version = '' } = request.Contract ?? {};
  if (Contract !== '' && !ENGINES.includes(Contract)) return `its software does not have the engine ${Contract}`;
  if (Version !== '' && Version !== RULES_VERSION) return `its software does not have the rules ${Version}`;
  const isOwner = userPubkey === chain.identity.ownerPubkey;
  if (!isOwner && recipientOf(chain, userPubkey) === undefined) return 'it does not announce itself as a producer any more';
  return undefined;
}
