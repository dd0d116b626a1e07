import type { OpenAPIHono } from '@hono/zod-openapi';
import { NodeError, type NodeService } from '../node/service.ts';
import { AppConfigType, LIMITS } from '../records/index.ts';
import { addEndpoint, endpoints, z } from './endpoint.ts';
import { groupParams, memo, nanoseconds, publicKey, recordText, uuid } from './fields.ts';

const typeName = z.enum(['INT', 'BOOL', 'STRING']);
const NAMES_OF_TYPE = {
  [AppConfigType.INT]: 'INT',
  [AppConfigType.BOOL]: 'BOOL',
  [AppConfigType.STRING]: 'STRING',
} as const;

const settingName = recordText(z.string().min(1).max(LIMITS.appConfigNameChars));

const changeBody = z.object({
  action: z.enum(['add', 'del']),
  group_id: uuid,
  name: settingName,
  type: z.enum(['int', 'string', 'bool']).optional().openapi({ description: 'Needed to add' }),
  value: z
    .union([recordText(z.string().max(LIMITS.appConfigValueChars)), z.int(), z.boolean()])
    .transform(String)
    .optional()
    .openapi({ type: 'string', description: 'Needed to add: an integer, true or false, or any text' }),
  memo,
});

export const APP_CONFIG_ENDPOINTS = endpoints({
  setAppConfig: {
    method: 'post',
    path: '/api/v1/group/appconfig',
    summary: 'The owner sets a named value for the group’s apps, or deletes it',
    body: changeBody,
    answer: z
      .object({ group_id: z.string(), signature: z.string().openapi({ description: 'Hex' }), trx_id: z.string() })
      .openapi('SetAppConfig'),
  },
  appConfigKeys: {
    method: 'get',
    path: '/api/v1/group/{group_id}/appconfig/keylist',
    summary: 'The names of all values that the owner has set, with their types',
    params: groupParams,
    answer: z.array(z.object({ Name: z.string(), Type: typeName }).openapi('AppConfigKey')),
  },
  appConfig: {
    method: 'get',
    path: '/api/v1/group/{group_id}/appconfig/{key}',
    summary: 'One value that the owner has set',
    params: groupParams.extend({ key: settingName }),
    answer: z
      .object({
        Name: z.string(),
        Type: typeName,
        Value: z.string(),
        OwnerPubkey: publicKey,
        OwnerSign: z.string().openapi({ description: 'Hex' }),
        Memo: z.string(),
        TimeStamp: nanoseconds,
      })
      .openapi('AppConfig'),
  },
});

/** What the owner sets for the group's apps. */
export function addAppConfigRoutes(router: OpenAPIHono, service: NodeService): void {
  addEndpoint(router, APP_CONFIG_ENDPOINTS.setAppConfig, async ({ body: { action, group_id, name, type, value, memo } }) => {
    if (action === 'add' && type === undefined) throw new NodeError('bad-input', 'type: is missing');
    if (action === 'add' && value === undefined) throw new NodeError('bad-input', 'value: is missing');
    const { item, trxId } = await service.appConfig(group_id, {
      action: action === 'add' ? 'add' : 'remove',
      name,
      type: type ?? 'string',
      value: value ?? '',
      memo,
    });
    return { group_id: item.GroupId, signature: item.OwnerSign, trx_id: trxId };
  });
  addEndpoint(router, APP_CONFIG_ENDPOINTS.appConfigKeys, async ({ params }) =>
    (await service.appConfigKeys(params.group_id)).map(({ name, type }) => ({ Name: name, Type: NAMES_OF_TYPE[type] })),
  );
  addEndpoint(router, APP_CONFIG_ENDPOINTS.appConfig, async ({ params }) => {
    const { Name, Type, Value, OwnerPubkey, OwnerSign, Memo, TimeStamp } = await service.appConfigValue(
      params.group_id,
      params.key,
    );
    return { Name, Type: NAMES_OF_TYPE[Type], Value, OwnerPubkey, OwnerSign, Memo, TimeStamp };
  });
}
