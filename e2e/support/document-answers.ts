/**
 * The answers that the family's document on changing consensus prints, shortened where a value's length tells nothing. What is compared is names and JSON types; values are another
 * for every group.
 */
import type { Json } from './node-process.ts';

const KEY = 'AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B';
const GROUP = 'cd991ce2-7dbb-422e-9f5c-a0f552e4d896';

const FIRST_PROOF = {
  result: 'SUCCESS',
  req: {
    ReqId: '5129cd9a-2d05-497e-bd9c-01604108bdcf',
    GroupId: GROUP,
    ProducerPubkeyList: [KEY],
    TrxEpochTickLenInMs: 1000,
    SenderPubkey: KEY,
    MsgHash: 'jNqN0HPUnhjCKYeKfLA3HbPhFMSPt2+aR9xRYOYYCic=',
    SenderSign: 'rQoEs/uk+RSgbwWl',
  },
  repononsed_producer: [KEY],
};

const DOCUMENT_ANSWERS = {
  join: {
    group_id: GROUP,
    group_name: 'my_test_group',
    owner_pubkey: KEY,
    user_pubkey: KEY,
    user_encryptpubkey: 'age1zd7ehw55e780ll8m2nuyz9275k5hzpu6h0mr2vl5dxt6ymsdsutqnusd0w',
    consensus_type: 'poa',
    encryption_type: 'public',
    cipher_key: '8e51d9d32574ecbecb8d3d374c82d22f620bc277e9b00333e38032072d4cbd2e',
    app_key: 'test_app',
    signature: 'e76aa89d58ce5694',
  },
  announced: {
    producers: [
      {
        GroupId: GROUP,
        Content: { Type: 1, SignPubkey: KEY, EncryptPubkey: 'age1zd7', Memo: 'owner announce as the first group producer' },
        AnnouncerPubkey: KEY,
        Hash: 'X4nqkzgOrQqbQpgSrWqOt26EktAPenfO5w4rQrwADcg=',
        Signature: '564nJHVf5dPHbbGs',
      },
    ],
  },
  lastProof: FIRST_PROOF,
  /** "Should be ordered by using nonce"; what is in the list is a proof as above. */
  proofs: { proofs: [FIRST_PROOF] },
  consensus: {
    producers: [{ GroupId: GROUP, ProducerPubkey: KEY, Memo: 'Owner Registated as the first group producer' }],
    trx_epoch_interval: 1000,
    proof_req_id: '11aaff04-f566-4008-99e3-3789a3a5b7b6',
    curr_epoch: 2,
    curr_block_id: 0,
    last_update: 1682364270159316000n,
  },
  groups: {
    groups: [
      {
        group_id: GROUP,
        group_name: 'my_test_group',
        owner_pubkey: KEY,
        user_pubkey: KEY,
        user_eth_addr: '0x38FE32733fD9855367a0148B4C7B00d99535FDb5',
        consensus_type: 'POA',
        encryption_type: 'PUBLIC',
        cipher_key: '8e51d9d32574ecbe',
        app_key: 'test_app',
        currt_top_block: 0,
        last_updated: 1682357738877044000n,
        rex_syncer_status: 'IDLE',
        rex_Syncer_result: null,
      },
    ],
  },
  change: {
    group_id: GROUP,
    Producers: [KEY],
    start_from_epoch: 10000,
    trx_epoch_tick: 3000,
    trx_id: '133c71b9-9f5a-464c-accd-eb2e33ae10f5',
    failable_producers: 0,
    memo: '',
  },
  trx: {
    TrxId: '133c71b9-9f5a-464c-accd-eb2e33ae10f5',
    Type: 2,
    GroupId: GROUP,
    Data: 'eUZMXmpwRpOeiCxL',
    TimeStamp: '1682358865812642130',
    Version: '2.0.0',
    Expired: 1682358895812642420n,
    SenderPubkey: KEY,
    SenderSign: '1vCT4vWFamp6KYLe',
  },
  consensusAfter: {
    producers: [{ GroupId: GROUP, ProducerPubkey: KEY, ProofTrxId: 'a3549534-61f7-428b-8574-f7a7505ea5c1' }],
    trx_epoch_interval: 10000,
    proof_req_id: 'a62e45b4-bf47-40b3-b33f-a28bf8407fab',
    curr_epoch: 10003,
    curr_block_id: 1,
    last_update: 1682364196836412069n,
  },
} as const;

/**
 * Where our answers are not as printed: a place in an answer, list indices left out. Each stands in `docs/api.md`, "Differences from what older nodes print", with its reason.
 */
const DIFFERENCES: ReadonlySet<string> = new Set([
  'change.req_id: besides',
  'consensus.producers.ProofTrxId: besides',
  'consensusAfter.producers.Memo: besides',
  'trx.Expired: string, not integer',
  // The request of a change has fields that the first one leaves out, being 0 or empty.
  'lastProof.req.Nonce: besides',
  'lastProof.req.AgreementTickLenInMs: besides',
  'lastProof.req.AgreementTickCount: besides',
  'lastProof.req.StartFromEpoch: besides',
  'lastProof.req.Contract: besides',
  'proofs.proofs.req.Nonce: besides',
  'proofs.proofs.req.AgreementTickLenInMs: besides',
  'proofs.proofs.req.AgreementTickCount: besides',
  'proofs.proofs.req.StartFromEpoch: besides',
  'proofs.proofs.req.Contract: besides',
]);

/** Compares answers with the document's, and knows in the end whether each difference that we own to is there. */
export class Comparison {
  readonly #seen = new Set<string>();

  /** Throws where an answer's names or types are not the printed ones and the difference is not among those that we own to. */
  asPrinted(name: keyof typeof DOCUMENT_ANSWERS, answer: Json): void {
    const found = differences(answer, DOCUMENT_ANSWERS[name], name);
    for (const difference of found) this.#seen.add(difference);
    const unknown = found.filter((difference) => !DIFFERENCES.has(difference));
    if (unknown.length > 0) throw new Error(`Not as the document prints it: ${unknown.join('; ')}`);
  }

  /** Throws if there is less to own to than is listed. */
  end(): void {
    const gone = [...DIFFERENCES].filter((difference) => !this.#seen.has(difference));
    if (gone.length > 0) throw new Error(`No difference any more: ${gone.join('; ')}`);
  }
}

function differences(actual: Json, printed: Json, at: string): string[] {
  const [is, should] = [typeOf(actual), typeOf(printed)];
  if (is !== should) return [`${at}: ${is}, not ${should}`];
  if (is === 'array') return (actual as Json[]).flatMap((item) => differences(item, printed[0], at));
  if (is !== 'object') return [];
  const names = new Set([...Object.keys(actual), ...Object.keys(printed)]);
  return [...names].flatMap((name) => {
    if (!(name in actual)) return [`${at}.${name}: missing`];
    if (!(name in printed)) return [`${at}.${name}: besides`];
    return differences(actual[name], printed[name], `${at}.${name}`);
  });
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'bigint' || Number.isInteger(value)) return 'integer';
  return typeof value;
}
