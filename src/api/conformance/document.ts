/** The names that sources of the Quorum family print in their answers (mostly the document on changing consensus), to the letter. */
export const PRINTED = {
  join: [
    'group_id',
    'group_name',
    'owner_pubkey',
    'user_pubkey',
    'user_encryptpubkey',
    'consensus_type',
    'encryption_type',
    'cipher_key',
    'app_key',
    'signature',
  ],
  group: [
    'group_id',
    'group_name',
    'owner_pubkey',
    'user_pubkey',
    'user_eth_addr',
    'consensus_type',
    'encryption_type',
    'cipher_key',
    'app_key',
    'currt_top_block',
    'last_updated',
    'rex_syncer_status',
    'rex_Syncer_result',
  ],
  announcement: ['GroupId', 'Content', 'AnnouncerPubkey', 'Hash', 'Signature'],
  announcedProducer: ['Type', 'SignPubkey', 'EncryptPubkey', 'Memo'],
  proof: ['result', 'req', 'repononsed_producer'],
  /** Nonce 0, as the owner makes it with the group: fields with default values are left out. */
  firstRequest: ['ReqId', 'GroupId', 'ProducerPubkeyList', 'TrxEpochTickLenInMs', 'SenderPubkey', 'MsgHash', 'SenderSign'],
  consensus: ['producers', 'trx_epoch_interval', 'proof_req_id', 'curr_epoch', 'curr_block_id', 'last_update'],
  /** The document prints `Memo` before the first change and `ProofTrxId` after it. */
  producer: ['GroupId', 'ProducerPubkey'],
  /** Of a Quorum node's own handler. */
  connectedPeers: ['succ_count', 'err_count', 'error'],
  trx: ['TrxId', 'Type', 'GroupId', 'Data', 'TimeStamp', 'Version', 'Expired', 'SenderPubkey', 'SenderSign'],
} as const;
