import type { OpenAPIHono } from '@hono/zod-openapi';
import type { NodeService } from '../node/service.ts';
import { ItemAction, type UpdGroupUserItem, UserItem } from '../records/index.ts';
import { addEndpoint, endpoints, z } from './endpoint.ts';
import { checkedPublicKey, groupParams, memo, publicKey, recordSchema, uuid } from './fields.ts';

const updatedSchema = z
  .object({
    group_id: z.string(),
    user_pubkey: publicKey,
    action: z.enum(['ADD', 'REMOVE']),
    memo: z.string(),
    trx_id: z.string(),
  })
  .openapi('UpdatedUser');

const toUpdated = (item: UpdGroupUserItem, trxId: string): z.output<typeof updatedSchema> => ({
  group_id: item.GroupId,
  user_pubkey: item.UserPubkey,
  action: item.Action === ItemAction.ADD ? 'ADD' : 'REMOVE',
  memo: item.Memo,
  trx_id: trxId,
});

export const USER_ENDPOINTS = endpoints({
  updateUser: {
    method: 'post',
    path: '/api/v1/group/upduser',
    summary: 'The owner admits a user that announced itself, or removes one; posts of a private group are for those admitted',
    body: z.object({ group_id: uuid, user_pubkey: checkedPublicKey, action: z.enum(['add', 'remove']), memo }),
    answer: updatedSchema,
  },
  users: {
    method: 'get',
    path: '/api/v1/group/{group_id}/users',
    summary: 'The users whom the owner has admitted',
    params: groupParams,
    answer: z.object({ users: z.array(recordSchema('UserItem', 'An admitted user')) }).openapi('Users'),
  },
});

/** The owner's admission of users. */
export function addUserRoutes(router: OpenAPIHono, service: NodeService): void {
  addEndpoint(router, USER_ENDPOINTS.updateUser, async ({ body: { group_id, user_pubkey, action, memo } }) => {
    const { item, trxId } = await service.updateUser(group_id, { userPubkey: user_pubkey, action, memo });
    return toUpdated(item, trxId);
  });
  addEndpoint(router, USER_ENDPOINTS.users, async ({ params }) => ({
    users: (await service.admittedUsers(params.group_id)).map((item) => UserItem.toJson(item)),
  }));
}
