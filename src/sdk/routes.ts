import type { Interface } from '../api/index.ts';

/** Where each call goes: checked, path by path, against the tables of the interface, without bringing their schemas into a program. */
export const ROUTES = {
  createGroup: ['POST', '/api/v1/group'],
  joinGroup: ['POST', '/api/v2/group/join'],
  leaveGroup: ['POST', '/api/v1/group/leave'],
  clearGroup: ['POST', '/api/v1/group/clear'],
  groupSeed: ['GET', '/api/v1/group/{group_id}/seed'],
  groups: ['GET', '/api/v1/groups'],
  startSync: ['POST', '/api/v1/group/{group_id}/startsync'],
  post: ['POST', '/api/v1/group/{group_id}/content'],
  contents: ['GET', '/app/api/v1/group/{group_id}/content'],
  block: ['GET', '/api/v1/block/{group_id}/{block_id}'],
  trx: ['GET', '/api/v1/trx/{group_id}/{trx_id}'],
  trxStatus: ['GET', '/api/v1/trx/{group_id}/{trx_id}/status'],
  discardPost: ['POST', '/api/v1/trx/{group_id}/{trx_id}/discard'],
  consensus: ['GET', '/api/v1/group/{group_id}/consensus/'],
  liveConsensus: ['GET', '/api/v1/group/{group_id}/consensus/live'],
  lastProof: ['GET', '/api/v1/group/{group_id}/consensus/proof/last'],
  proofHistory: ['GET', '/api/v1/group/{group_id}/consensus/proof/history'],
  proof: ['GET', '/api/v1/group/{group_id}/consensus/proof/{req_id}'],
  changeConsensus: ['POST', '/api/v1/group/updconsensus'],
  consensusChange: ['GET', '/api/v1/group/{group_id}/consensus/change'],
  abandonChange: ['POST', '/api/v1/group/{group_id}/consensus/change/abandon'],
  announce: ['POST', '/api/v1/group/announce'],
  announcedUsers: ['GET', '/api/v1/group/{group_id}/announced/users'],
  announcedUser: ['GET', '/api/v1/group/{group_id}/announced/user/{sign_pubkey}'],
  announcedProducers: ['GET', '/api/v1/group/{group_id}/announced/producers'],
  updateUser: ['POST', '/api/v1/group/upduser'],
  chainConfig: ['POST', '/api/v1/group/chainconfig'],
  allowList: ['GET', '/api/v1/group/{group_id}/trx/allowlist'],
  denyList: ['GET', '/api/v1/group/{group_id}/trx/denylist'],
  trxAuth: ['GET', '/api/v1/group/{group_id}/trx/auth/{trx_type}'],
  setAppConfig: ['POST', '/api/v1/group/appconfig'],
  appConfigKeys: ['GET', '/api/v1/group/{group_id}/appconfig/keylist'],
  appConfig: ['GET', '/api/v1/group/{group_id}/appconfig/{key}'],
  node: ['GET', '/api/v1/node'],
  network: ['GET', '/api/v1/network'],
  addressOf: ['POST', '/api/v1/tools/pubkeytoaddr'],
  extendSeed: ['POST', '/api/v1/tools/seedurlextend'],
  receipt: ['GET', '/api/v1/trx/{group_id}/{trx_id}/receipt'],
  verifyReceipt: ['POST', '/api/v1/tools/verify'],
  createToken: ['POST', '/app/api/v1/token/create'],
  refreshToken: ['POST', '/app/api/v1/token/refresh'],
  backup: ['GET', '/api/v1/backup'],
  makeBackup: ['POST', '/api/v1/backup'],
  restore: ['POST', '/api/v1/restore'],
} as const satisfies { readonly [Id in keyof Interface]: readonly [Uppercase<Interface[Id]['method']>, Interface[Id]['path']] };

export type CallId = keyof typeof ROUTES;

/** Fields that travel in a header, percent-encoded. */
export const HEADER_FIELDS: readonly string[] = ['sett-passphrase'];
