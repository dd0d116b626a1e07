import {
  AnnounceItem,
  AppConfigItem,
  Block,
  ChainConfigItem,
  ChangeConsensusReq,
  ChangeConsensusResp,
  ChangeConsensusResultBundle,
  ConsensusContract,
  ConsensusProof,
  decodeOrNothing,
  equalBytes,
  isJsonObject,
  isPublicKey,
  isUuid,
  type Message,
  RECEIPT_TAG,
  Receipt,
  Trx,
} from '../../records/index.ts';

/** The records that can be told from each other by what they hold. */

interface Kind<T extends object> {
  readonly name: RecordKind;
  readonly message: Message<T>;
  /** JSON with one of these members is one. */
  readonly members: readonly string[];
  /** Whether what was decoded looks like one: bytes of one record often decode as another. */
  readonly looksLike: (record: T) => boolean;
}

export type RecordKind =
  | 'receipt'
  | 'block'
  | 'bundle'
  | 'proof'
  | 'response'
  | 'request'
  | 'contract'
  | 'announcement'
  | 'chain config'
  | 'app config'
  | 'trx';

export interface Recognized {
  readonly kind: RecordKind;
  readonly message: Message<object>;
  readonly record: object;
  /** Whether the bytes are exactly the record's encoding. */
  readonly isWhole: boolean;
}

const kind = <T extends object>(name: RecordKind, message: Message<T>, members: string[], looksLike: (record: T) => boolean) =>
  ({ name, message, members, looksLike }) as unknown as Kind<object>;

/** In the order in which they are tried: those with the most marks of their own first. */
const KINDS: readonly Kind<object>[] = [
  kind('receipt', Receipt, ['Proof', 'Links'], ({ Tag }) => Tag.startsWith(RECEIPT_TAG.slice(0, -1))),
  kind(
    'block',
    Block,
    ['BlockHash', 'Trxs', 'PrevHash'],
    (block) => isUuid(block.GroupId) && isPublicKey(block.ProducerPubkey) && block.BlockHash.length > 0,
  ),
  kind('response', ChangeConsensusResp, ['RespId'], ({ RespId, Req }) => isUuid(RespId) && Req !== undefined),
  kind(
    'bundle',
    ChangeConsensusResultBundle,
    ['Resps', 'ResponsedProducers', 'Req'],
    ({ Req, Resps }) => Req !== undefined && isUuid(Req.ReqId) && Resps.length > 0,
  ),
  kind('request', ChangeConsensusReq, ['ReqId', 'ProducerPubkeyList'], ({ ReqId, GroupId }) => isUuid(ReqId) && isUuid(GroupId)),
  kind(
    'contract',
    ConsensusContract,
    ['ContractId', 'ContractHash'],
    ({ ContractHash, GroupId }) => ContractHash.length > 0 && isUuid(GroupId),
  ),
  kind(
    'announcement',
    AnnounceItem,
    ['AnnouncerPubkey'],
    ({ AnnouncerPubkey, Hash }) => isPublicKey(AnnouncerPubkey) && Hash.length > 0,
  ),
  kind(
    'chain config',
    ChainConfigItem,
    ['OwnerSignature'],
    ({ GroupId, OwnerPubkey }) => isUuid(GroupId) && isPublicKey(OwnerPubkey),
  ),
  kind('app config', AppConfigItem, ['OwnerSign'], ({ GroupId, OwnerPubkey }) => isUuid(GroupId) && isPublicKey(OwnerPubkey)),
  kind('trx', Trx, ['SenderSign', 'TrxId', 'Data'], ({ TrxId, SenderPubkey }) => isUuid(TrxId) && isPublicKey(SenderPubkey)),
  kind('proof', ConsensusProof, ['req', 'resp'], ({ req, resp }) => req !== undefined && isUuid(req.ReqId) && resp !== undefined),
];

/** The record in some bytes; undefined if they are none that is known here. Its own encoding is looked for first. */
export function recognizeBytes(bytes: Uint8Array): Recognized | undefined {
  let broken: Recognized | undefined;
  for (const { name, message, looksLike } of KINDS) {
    const record = decodeOrNothing(message, bytes);
    if (!record || !looksLike(record)) continue;
    const isWhole = equalBytes(message.encode(record), bytes);
    if (isWhole) return { kind: name, message, record, isWhole };
    broken ??= { kind: name, message, record, isWhole };
  }
  return broken;
}

/** What a JSON object says that it is, by its members. */
export function kindOfJson(json: unknown): { readonly kind: RecordKind; readonly message: Message<object> } | undefined {
  if (!isJsonObject(json)) return undefined;
  const found = KINDS.find(({ members }) => members.some((member) => Object.hasOwn(json, member)));
  return found && { kind: found.name, message: found.message };
}

/** Members of a JSON form, however deep, that are no fields of the record: no hash covers them. */
export function strangeMembers(message: Message<object>, json: unknown, at: string): string[] {
  if (!isJsonObject(json)) return [];
  const strange: string[] = [];
  for (const [name, value] of Object.entries(json)) {
    const field = message.fields.find((candidate) => candidate.name === name);
    const place = `${at}.${name}`;
    if (!field) strange.push(place);
    else if (field.message) {
      const inner = field.message;
      const values = Array.isArray(value) ? value : [value];
      strange.push(...values.flatMap((one, index) => strangeMembers(inner, one, field.repeated ? `${place}[${index}]` : place)));
    }
  }
  return strange;
}
