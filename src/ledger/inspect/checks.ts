import {
  openBytes,
  verifyAnnounce,
  verifyAppConfig,
  verifyBlockSignature,
  verifyBundle,
  verifyChainConfig,
  verifyContract,
  verifyRequest,
  verifyResponse,
  verifySeal,
  verifyTrx,
} from '../../crypto/index.ts';
import {
  AnnounceItem,
  AppConfigItem,
  Block,
  blockHash,
  ChainConfigItem,
  type ChangeConsensusReq,
  type ChangeConsensusResp,
  ChangeConsensusResultBundle,
  type ConsensusContract,
  type ConsensusProof,
  ConsensusResult,
  equalBytes,
  type JsonValue,
  type Message,
  type Receipt,
  RecordError,
  type Seed,
  type Trx,
  TrxResult,
  TrxType,
  UpdGroupUserItem,
} from '../../records/index.ts';
import { verifiedBundle } from '../configuration.ts';
import { verifyReceipt } from '../receipt.ts';
import type { Findings } from './findings.ts';
import type { RecordKind } from './kinds.ts';

/** What can be checked of each kind of record, and what cannot. */

export interface CheckContext {
  readonly findings: Findings;
  /** A seed whose signature holds: gives the cipher key, and says which group it is. */
  readonly seed: Seed | undefined;
  /** What was decrypted on the way, by the place where it stood. */
  readonly contents: Record<string, JsonValue>;
}

const ANY_NONCE = -1;
const AGE_HEADER = 'age-encryption.org/v1';

const identityOf = ({ groupId, ownerPubkey, cipherKey }: Seed) => ({ groupId, ownerPubkey, cipherKey });
const signed = (who: string, by: string) => ({
  holds: `Signed by ${who} ${by}.`,
  not: `The signature is not that of ${who} ${by}, or something of it was changed.`,
});

const CHECKS: Readonly<Record<RecordKind, (record: never, at: string, context: CheckContext) => void>> = {
  trx: checkTrx,
  block: checkBlock,
  announcement: checkAnnounce,
  request: checkRequest,
  response: checkResponse,
  contract: checkContract,
  bundle: checkBundle,
  proof: checkProof,
  'chain config': checkChainConfig,
  'app config': checkAppConfig,
  receipt: checkReceipt,
};

export function checkRecord(kind: RecordKind, record: object, context: CheckContext): void {
  CHECKS[kind](record as never, kind, context);
}

/** Fields that are set and that the record's hash leaves out, its hash and signature apart. */
function noteUncovered(
  message: Message<never>,
  record: object,
  names: readonly string[],
  at: string,
  { findings }: CheckContext,
): void {
  for (const name of names) {
    const value = (record as Record<string, unknown>)[name];
    const isSet = value instanceof Uint8Array ? value.length > 0 : Array.isArray(value) ? value.length > 0 : Boolean(value);
    if (isSet) findings.notCovered(`${at}.${name}`, `No signature of the ${message.name} covers it.`);
  }
}

function checkGroup(groupId: string, at: string, { seed, findings }: CheckContext): void {
  if (seed && groupId !== seed.groupId)
    findings.invalid(at, `It is of another group (${groupId}) than the seed (${seed.groupId}).`);
}

function checkOwner(pubkey: string, at: string, { seed, findings }: CheckContext): void {
  if (seed && pubkey !== seed.ownerPubkey)
    findings.invalid(at, `It is signed by ${pubkey}, who does not own the group of the seed.`);
}

function checkTrx(trx: Trx, at: string, context: CheckContext): void {
  const { findings } = context;
  findings.check(verifyTrx(trx), at, signed('its sender', trx.SenderPubkey));
  checkGroup(trx.GroupId, at, context);
  if (trx.ResendCount !== 0) findings.notCovered(`${at}.ResendCount`, "The trx's signature does not cover it.");
  if (trx.StorageType !== 0) findings.notCovered(`${at}.StorageType`, "The trx's signature does not cover it.");
  checkData(trx, `${at}.Data`, context);
}

function checkData(trx: Trx, at: string, context: CheckContext): void {
  const { findings, seed, contents } = context;
  if (trx.Data.length === 0) return;
  if (!seed) {
    findings.note(at, 'It is encrypted; with the seed its contents are checked too.');
    return;
  }
  const plain = openBytes(seed.cipherKey, trx.Data);
  if (!plain) {
    const isAge = new TextDecoder().decode(trx.Data.subarray(0, AGE_HEADER.length)) === AGE_HEADER;
    if (isAge) findings.note(at, 'It is encrypted for the users of a private group; the seed does not open it.');
    else findings.invalid(at, "The seed's cipher key does not open it.");
    return;
  }
  const read = <T extends object>(message: Message<T>, check: (item: T) => void): void => {
    let item: T;
    try {
      item = message.decode(plain);
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      findings.invalid(at, `It holds no ${message.name}: ${error.message}.`);
      return;
    }
    contents[at] = message.toJson(item);
    if (!equalBytes(message.encode(item), plain))
      findings.note(at, `It holds more than the ${message.name}; only the trx's signature covers that.`);
    check(item);
  };
  switch (trx.Type) {
    case TrxType.ANNOUNCE:
      read(AnnounceItem, (item) => {
        checkAnnounce(item, at, context);
        if (item.AnnouncerPubkey !== trx.SenderPubkey) findings.invalid(at, "It announces a key that is not the sender's.");
      });
      return;
    case TrxType.CONSENSUS:
      read(ChangeConsensusResultBundle, (bundle) => {
        checkBundle(bundle, at, context);
        const isProof = verifiedBundle(trx, identityOf(seed), ANY_NONCE) !== undefined;
        findings.check(isProof, at, {
          holds: 'It is the owner’s result of a change of consensus, as the group accepts it.',
          not: 'The group accepts no such result: it is not its owner’s, or what makes a key of several producers is missing.',
        });
      });
      return;
    case TrxType.CHAIN_CONFIG:
      read(ChainConfigItem, (item) => checkChainConfig(item, at, context));
      return;
    case TrxType.APP_CONFIG:
      read(AppConfigItem, (item) => checkAppConfig(item, at, context));
      return;
    case TrxType.USER:
      read(UpdGroupUserItem, () => {});
      return;
    default:
      contents[at] = new TextDecoder().decode(plain);
  }
}

function checkBlock(block: Block, at: string, context: CheckContext): void {
  const { findings } = context;
  const isHashed = holds(() => equalBytes(blockHash(block), block.BlockHash));
  findings.check(isHashed, `${at}.BlockHash`, {
    holds: 'It is the hash of the block.',
    not: 'It is not the hash of the block: something was changed.',
  });
  checkGroup(block.GroupId, at, context);
  if (block.ProducerSign.length > 0)
    findings.check(verifyBlockSignature(block), `${at}.ProducerSign`, signed('its producer', block.ProducerPubkey));
  const sealers = new Set<string>();
  for (const [index, seal] of block.Seals.entries()) {
    findings.check(verifySeal(seal, block), `${at}.Seals[${index}]`, {
      holds: `Sealed by ${seal.ProducerPubkey}.`,
      not: `The seal is not that of ${seal.ProducerPubkey} over this block.`,
    });
    if (sealers.has(seal.ProducerPubkey)) findings.invalid(`${at}.Seals[${index}]`, 'The same producer has sealed it before.');
    sealers.add(seal.ProducerPubkey);
  }
  if (block.ProducerSign.length === 0 && block.Seals.length === 0) findings.invalid(at, 'Nobody has signed or sealed it.');
  findings.note(at, 'Whether these are the producers of the group, and enough of them, a receipt shows, or the chain.');
  noteUncovered(Block as Message<never>, block, ['Evidence'], at, context);
  for (const [index, trx] of block.Trxs.entries()) checkTrx(trx, `${at}.Trxs[${index}]`, context);
}

function checkAnnounce(item: AnnounceItem, at: string, context: CheckContext): void {
  context.findings.check(verifyAnnounce(item), at, signed('the announcer', item.AnnouncerPubkey));
  checkGroup(item.GroupId, at, context);
}

function checkContract(contract: ConsensusContract, at: string, context: CheckContext): void {
  context.findings.check(verifyContract(contract), at, signed('the owner', contract.OwnerPubkey));
  checkGroup(contract.GroupId, at, context);
  checkOwner(contract.OwnerPubkey, at, context);
}

function checkRequest(request: ChangeConsensusReq, at: string, context: CheckContext): void {
  if (request.Contract) checkContract(request.Contract, `${at}.Contract`, context);
  context.findings.check(verifyRequest(request), at, signed('the owner', request.SenderPubkey));
  checkGroup(request.GroupId, at, context);
  checkOwner(request.SenderPubkey, at, context);
}

function checkResponse(response: ChangeConsensusResp, at: string, context: CheckContext): void {
  context.findings.check(verifyResponse(response), at, signed('the producer', response.SenderPubkey));
  checkGroup(response.GroupId, at, context);
  if (response.Req) checkRequest(response.Req, `${at}.Req`, context);
  else context.findings.invalid(at, 'The request that it answers is missing.');
}

function checkBundle(bundle: ChangeConsensusResultBundle, at: string, context: CheckContext): void {
  const { findings } = context;
  if (bundle.Req) checkRequest(bundle.Req, `${at}.Req`, context);
  else findings.invalid(at, 'The request is missing.');
  for (const [index, response] of bundle.Resps.entries()) checkResponse(response, `${at}.Resps[${index}]`, context);
  findings.check(verifyBundle(bundle), at, {
    holds: 'Its responses answer its request, and are those of the producers that it names.',
    not: 'Its parts do not belong together, or one of them does not verify.',
  });
  if (bundle.Result === ConsensusResult.SUCCESS && bundle.Resps.length === 0)
    findings.invalid(at, 'It says SUCCESS, and nobody has answered.');
  const names = ['Result', 'Epoch', 'ResponsedProducers'];
  // Inside a trx the owner's signature covers them.
  if (at === 'bundle') noteUncovered(ChangeConsensusResultBundle as Message<never>, bundle, names, at, context);
}

function checkProof({ req, resp }: ConsensusProof, at: string, context: CheckContext): void {
  if (req) checkRequest(req, `${at}.req`, context);
  if (resp) checkResponse(resp, `${at}.resp`, context);
}

function checkChainConfig(item: ChainConfigItem, at: string, context: CheckContext): void {
  context.findings.check(verifyChainConfig(item), at, signed('the owner', item.OwnerPubkey));
  checkGroup(item.GroupId, at, context);
  checkOwner(item.OwnerPubkey, at, context);
}

function checkAppConfig(item: AppConfigItem, at: string, context: CheckContext): void {
  context.findings.check(verifyAppConfig(item), at, signed('the owner', item.OwnerPubkey));
  checkGroup(item.GroupId, at, context);
  checkOwner(item.OwnerPubkey, at, context);
}

function checkReceipt(receipt: Receipt, at: string, context: CheckContext): void {
  const { findings, seed } = context;
  if (!seed) {
    findings.invalid(at, 'A receipt is verified against the seed of its group: give it too.');
    return;
  }
  const verdict = verifyReceipt(identityOf(seed), receipt);
  if (!verdict.valid) {
    const { part, message } = verdict.flaw;
    findings.invalid(part === 'receipt' ? at : part === 'trx' ? `${at}.Proof` : `${at}.Links[${part}]`, message);
    return;
  }
  const { trx, header, sealedBy, producers, recoveries, result } = verdict;
  const sealers = `${sealedBy.length} of ${producers.length} producers have sealed block ${header.BlockId}`;
  findings.check(true, at, { holds: `${sealers}, and the trx ${trx.TrxId} was in the chain by then.`, not: '' });
  if (result === TrxResult.REJECTED) findings.note(at, 'The trx is in the chain, but had no effect: the ledger rejected it.');
  for (const nonce of recoveries)
    findings.note(at, `The chain passes a recovery (consensus ${nonce}): final blocks may have been given up there.`);
  findings.notCovered(
    `${at}.Proof.LeafIndex`,
    'Where the leaf stands, and how many there were, fits the root; nobody has signed it.',
  );
  checkTrx(trx, `${at}.Proof.Trx`, context);
}

/** A record that cannot be encoded (over a limit) has no hash. */
function holds(check: () => boolean): boolean {
  try {
    return check();
  } catch (error) {
    if (error instanceof RecordError) return false;
    throw error;
  }
}
