import type { OpenAPIHono } from '@hono/zod-openapi';
import type { NodeService } from '../node/service.ts';
import { AnnounceItem, AnnounceType, ItemAction, toHex } from '../records/index.ts';
import { addEndpoint, endpoints, z } from './endpoint.ts';
import { groupParams, memo, publicKey, recordSchema, uuid } from './fields.ts';

const announceItem = recordSchema('AnnounceItem', 'A signed announcement');

const announcedSchema = z
  .object({
    group_id: z.string(),
    sign_pubkey: publicKey,
    encrypt_pubkey: z.string(),
    type: z.enum(['AS_USER', 'AS_PRODUCER']),
    action: z.enum(['ADD', 'REMOVE']),
    sign: z.string().openapi({ description: 'Hex' }),
    trx_id: z.string(),
  })
  .openapi('Announced');

function toAnnounced(item: AnnounceItem, trxId: string): z.output<typeof announcedSchema> {
  return {
    group_id: item.GroupId,
    sign_pubkey: item.Content?.SignPubkey ?? '',
    encrypt_pubkey: item.Content?.EncryptPubkey ?? '',
    type: item.Content?.Type === AnnounceType.AS_PRODUCER ? 'AS_PRODUCER' : 'AS_USER',
    action: item.Action === ItemAction.ADD ? 'ADD' : 'REMOVE',
    sign: toHex(item.Signature),
    trx_id: trxId,
  };
}

export const ANNOUNCEMENT_ENDPOINTS = endpoints({
  announce: {
    method: 'post',
    path: '/api/v1/group/announce',
    summary: 'Announce this node’s own keys, as a user or as a producer, or take that back',
    body: z.object({
      group_id: uuid,
      action: z.enum(['add', 'remove']),
      type: z.enum(['user', 'producer']),
      memo,
    }),
    answer: announcedSchema,
  },
  announcedUsers: {
    method: 'get',
    path: '/api/v1/group/{group_id}/announced/users',
    summary: 'Users that announced themselves',
    params: groupParams,
    answer: z.object({ users: z.array(announceItem) }).openapi('AnnouncedUsers'),
  },
  announcedUser: {
    method: 'get',
    path: '/api/v1/group/{group_id}/announced/user/{sign_pubkey}',
    summary: 'The announcement of one user',
    params: groupParams.extend({ sign_pubkey: publicKey }),
    answer: announceItem,
  },
  announcedProducers: {
    method: 'get',
    path: '/api/v1/group/{group_id}/announced/producers',
    summary: 'Nodes that announced themselves as producers',
    params: groupParams,
    answer: z.object({ producers: z.array(announceItem) }).openapi('AnnouncedProducers'),
  },
});

/** Who announced itself, as a user or as a producer. */
export function addAnnouncementRoutes(router: OpenAPIHono, service: NodeService): void {
  addEndpoint(router, ANNOUNCEMENT_ENDPOINTS.announce, async ({ body: { group_id, ...change } }) => {
    const { item, trxId } = await service.announce(group_id, change);
    return toAnnounced(item, trxId);
  });
  addEndpoint(router, ANNOUNCEMENT_ENDPOINTS.announcedUsers, async ({ params }) => ({
    users: (await service.announcedUsers(params.group_id)).map((item) => AnnounceItem.toJson(item)),
  }));
  addEndpoint(router, ANNOUNCEMENT_ENDPOINTS.announcedUser, async ({ params }) =>
    AnnounceItem.toJson(await service.announcedUser(params.group_id, params.sign_pubkey)),
  );
  addEndpoint(router, ANNOUNCEMENT_ENDPOINTS.announcedProducers, async ({ params }) => ({
    producers: (await service.announcedProducers(params.group_id)).map((item) => AnnounceItem.toJson(item)),
  }));
}
