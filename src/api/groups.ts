import type { OpenAPIHono } from '@hono/zod-openapi';
import type { GroupInfo, NodeService } from '../node/service.ts';
import { LIMITS } from '../records/index.ts';
import { addEndpoint, endpoints, z } from './endpoint.ts';
import { groupAnswer, groupBody, groupParams, nanoseconds, publicKey, recordText } from './fields.ts';

const createBody = z.object({
  group_name: recordText(z.string().min(LIMITS.groupNameMinChars).max(LIMITS.groupNameMaxChars)),
  consensus_type: z.literal('poa'),
  encryption_type: z.enum(['public', 'private']),
  app_key: recordText(z.string().min(LIMITS.appKeyMinChars).max(LIMITS.appKeyMaxChars)),
});

const joinAnswer = z
  .object({
    group_id: z.string(),
    group_name: z.string(),
    owner_pubkey: publicKey,
    user_pubkey: publicKey,
    user_encryptpubkey: z.string(),
    consensus_type: z.literal('poa'),
    encryption_type: z.enum(['public', 'private']),
    cipher_key: z.string(),
    app_key: z.string(),
    signature: z.string(),
  })
  .openapi('JoinedGroup');

const groupSchema = z
  .object({
    group_id: z.string(),
    group_name: z.string(),
    owner_pubkey: publicKey,
    user_pubkey: publicKey,
    user_eth_addr: z.string(),
    consensus_type: z.literal('POA'),
    encryption_type: z.enum(['PUBLIC', 'PRIVATE']),
    cipher_key: z.string(),
    app_key: z.string(),
    currt_top_block: z.int(),
    last_updated: nanoseconds,
    rex_syncer_status: z.enum(['IDLE', 'SYNCING', 'CLOSED']),
    rex_Syncer_result: z.null(),
  })
  .openapi('Group');

function toJoinAnswer(group: GroupInfo): z.output<typeof joinAnswer> {
  return {
    group_id: group.groupId,
    group_name: group.groupName,
    owner_pubkey: group.ownerPubkey,
    user_pubkey: group.userPubkey,
    user_encryptpubkey: group.userEncryptPubkey,
    consensus_type: 'poa',
    encryption_type: group.encryption,
    cipher_key: group.cipherKey,
    app_key: group.appKey,
    signature: group.signature,
  };
}

function toListed(group: GroupInfo): z.output<typeof groupSchema> {
  return {
    group_id: group.groupId,
    group_name: group.groupName,
    owner_pubkey: group.ownerPubkey,
    user_pubkey: group.userPubkey,
    user_eth_addr: group.userEthAddr,
    consensus_type: 'POA',
    encryption_type: group.encryption === 'private' ? 'PRIVATE' : 'PUBLIC',
    cipher_key: group.cipherKey,
    app_key: group.appKey,
    currt_top_block: group.topBlock,
    last_updated: group.lastUpdatedNs,
    rex_syncer_status: group.syncStatus,
    // Older nodes print the last round of their exchange protocol here; there is no such round any more.
    rex_Syncer_result: null,
  };
}

export const GROUP_ENDPOINTS = endpoints({
  createGroup: {
    method: 'post',
    path: '/api/v1/group',
    summary: 'Create a group; this node becomes its owner and first producer',
    body: createBody,
    answer: z.object({ seed: z.string(), group_id: z.string() }).openapi('CreatedGroup'),
  },
  joinGroup: {
    method: 'post',
    path: '/api/v2/group/join',
    summary: 'Join a group by its seed; joining again answers the same',
    body: z.object({ seed: z.string().min(1).max(LIMITS.seedChars) }),
    answer: joinAnswer,
  },
  leaveGroup: {
    method: 'post',
    path: '/api/v1/group/leave',
    summary: 'Leave a group; what is stored of it stays until it is cleared',
    body: groupBody,
    answer: groupAnswer,
  },
  clearGroup: {
    method: 'post',
    path: '/api/v1/group/clear',
    summary: 'Delete what is stored of a group that was left',
    body: groupBody,
    answer: groupAnswer,
  },
  groupSeed: {
    method: 'get',
    path: '/api/v1/group/{group_id}/seed',
    summary: 'The seed URL that others join by',
    params: groupParams,
    answer: z.object({ seed: z.string() }).openapi('Seed'),
  },
  groups: {
    method: 'get',
    path: '/api/v1/groups',
    summary: 'The groups of this node',
    answer: z.object({ groups: z.array(groupSchema) }).openapi('Groups'),
  },
  startSync: {
    method: 'post',
    path: '/api/v1/group/{group_id}/startsync',
    summary: 'Look for newer blocks now',
    params: groupParams,
    answer: z.object({ GroupId: z.string(), Error: z.string() }).openapi('StartedSync'),
  },
});

/** Creating, joining, leaving and listing groups. */
export function addGroupRoutes(router: OpenAPIHono, service: NodeService): void {
  addEndpoint(router, GROUP_ENDPOINTS.createGroup, async ({ body }) => {
    const { seed, groupId } = await service.createGroup({
      groupName: body.group_name,
      encryption: body.encryption_type,
      appKey: body.app_key,
    });
    return { seed, group_id: groupId };
  });
  addEndpoint(router, GROUP_ENDPOINTS.joinGroup, async ({ body }) => toJoinAnswer(await service.joinGroup(body.seed)));
  addEndpoint(router, GROUP_ENDPOINTS.leaveGroup, async ({ body }) => {
    await service.leaveGroup(body.group_id);
    return { group_id: body.group_id };
  });
  addEndpoint(router, GROUP_ENDPOINTS.clearGroup, async ({ body }) => {
    await service.clearGroup(body.group_id);
    return { group_id: body.group_id };
  });
  addEndpoint(router, GROUP_ENDPOINTS.groupSeed, ({ params }) => ({ seed: service.seed(params.group_id) }));
  addEndpoint(router, GROUP_ENDPOINTS.groups, () => ({ groups: service.groups().map(toListed) }));
  addEndpoint(router, GROUP_ENDPOINTS.startSync, async ({ params }) => {
    await service.startSync(params.group_id);
    return { GroupId: params.group_id, Error: '' };
  });
}
