import type { OpenAPIHono } from '@hono/zod-openapi';
import { type ChainConfigChange, type ListedSender, NodeError, type NodeService } from '../node/service.ts';
import { parseExact, TrxAuthMode, TrxType } from '../records/index.ts';
import { addEndpoint, endpoints, z } from './endpoint.ts';
import { describeIssues } from './errors.ts';
import { checkedPublicKey, groupParams, memo, nanoseconds, publicKey, uuid } from './fields.ts';

/** Types that a rule can speak of: the others are the owner's alone, or travel in no block. */
const RULED_TYPES = ['POST', 'ANNOUNCE'] as const;
const ruledType = z
  .string()
  .transform((type) => type.toUpperCase())
  .pipe(z.enum(RULED_TYPES))
  .openapi({ type: 'string', enum: [...RULED_TYPES, ...RULED_TYPES.map((type) => type.toLowerCase())] });

const authModeConfig = z.object({
  trx_type: ruledType,
  trx_auth_mode: z
    .string()
    .transform((mode) => mode.toLowerCase())
    .pipe(z.enum(['follow_alw_list', 'follow_dny_list'])),
});
const listConfig = z.object({
  action: z.enum(['add', 'remove']),
  pubkey: checkedPublicKey,
  trx_type: z.array(ruledType).default([]),
});

const NAME_OF_TYPE = new Map<TrxType, string>(Object.entries(TrxType).map(([name, type]) => [type, name]));

/** Reads the JSON inside the string `config`; what is wrong with it is said of that field. */
function readConfig<T extends z.ZodType>(text: string, schema: T): z.output<T> {
  let value: unknown;
  try {
    value = parseExact(text);
  } catch (error) {
    throw new NodeError('bad-input', 'config: not JSON. It is a JSON object, written into a string.', {}, { cause: error });
  }
  const { success, data, error } = schema.safeParse(value);
  if (!success) throw new NodeError('bad-input', `config: ${describeIssues(error)}`);
  return data;
}

function toChange(type: ChainConfigChange['type'], config: string, memo: string): ChainConfigChange {
  if (type === 'set_trx_auth_mode') {
    const { trx_type, trx_auth_mode } = readConfig(config, authModeConfig);
    const mode = trx_auth_mode === 'follow_alw_list' ? TrxAuthMode.FOLLOW_ALW_LIST : TrxAuthMode.FOLLOW_DNY_LIST;
    return { type, trxType: TrxType[trx_type], mode, memo };
  }
  const { action, pubkey, trx_type } = readConfig(config, listConfig);
  return { type, action, pubkey, trxTypes: trx_type.map((name) => TrxType[name]), memo };
}

const listedSchema = z
  .object({
    Pubkey: publicKey,
    TrxType: z.array(z.string()),
    GroupOwnerPubkey: publicKey,
    GroupOwnerSign: z.string().openapi({ description: 'Hex' }),
    TimeStamp: nanoseconds,
    Memo: z.string(),
  })
  .openapi('ListedSender');

const toListed = ({ pubkey, trxTypes, item }: ListedSender): z.output<typeof listedSchema> => ({
  Pubkey: pubkey,
  TrxType: trxTypes.map((type) => NAME_OF_TYPE.get(type) ?? String(type)),
  GroupOwnerPubkey: item.OwnerPubkey,
  GroupOwnerSign: item.OwnerSignature,
  TimeStamp: item.TimeStamp,
  Memo: item.Memo,
});

const authSchema = z
  .object({ TrxType: z.enum(RULED_TYPES), AuthType: z.enum(['FOLLOW_ALW_LIST', 'FOLLOW_DNY_LIST']) })
  .openapi('TrxAuth');

const toAuth = (type: (typeof RULED_TYPES)[number], mode: TrxAuthMode): z.output<typeof authSchema> => ({
  TrxType: type,
  AuthType: mode === TrxAuthMode.FOLLOW_ALW_LIST ? 'FOLLOW_ALW_LIST' : 'FOLLOW_DNY_LIST',
});

export const RULE_ENDPOINTS = endpoints({
  chainConfig: {
    method: 'post',
    path: '/api/v1/group/chainconfig',
    summary: 'The owner sets how trxs of a type are admitted, or changes the allow or the deny list',
    body: z.object({
      group_id: uuid,
      type: z.enum(['set_trx_auth_mode', 'upd_alw_list', 'upd_dny_list']),
      config: z.string().openapi({
        description:
          'JSON in a string: {"trx_type", "trx_auth_mode": "follow_alw_list" or "follow_dny_list"}, or {"action": "add" or "remove", "pubkey", "trx_type": [types]}; types are POST and ANNOUNCE',
        example: '{"trx_type":"POST","trx_auth_mode":"follow_alw_list"}',
      }),
      memo,
    }),
    answer: z
      .object({
        group_id: z.string(),
        owner_pubkey: publicKey,
        signature: z.string().openapi({ description: 'Hex' }),
        trx_id: z.string(),
      })
      .openapi('SetRule'),
  },
  allowList: {
    method: 'get',
    path: '/api/v1/group/{group_id}/trx/allowlist',
    summary: 'The allow list: who is on it, for which trx types',
    params: groupParams,
    answer: z.array(listedSchema),
  },
  denyList: {
    method: 'get',
    path: '/api/v1/group/{group_id}/trx/denylist',
    summary: 'The deny list: who is on it, for which trx types',
    params: groupParams,
    answer: z.array(listedSchema),
  },
  trxAuth: {
    method: 'get',
    path: '/api/v1/group/{group_id}/trx/auth/{trx_type}',
    summary: 'Which of the two lists decides on trxs of a type',
    params: groupParams.extend({ trx_type: ruledType }),
    answer: authSchema,
  },
});

/** The owner's rules of who may send what. */
export function addRuleRoutes(router: OpenAPIHono, service: NodeService): void {
  addEndpoint(router, RULE_ENDPOINTS.chainConfig, async ({ body: { group_id, type, config, memo } }) => {
    const { item, trxId } = await service.chainConfig(group_id, toChange(type, config, memo));
    return { group_id: item.GroupId, owner_pubkey: item.OwnerPubkey, signature: item.OwnerSignature, trx_id: trxId };
  });
  addEndpoint(router, RULE_ENDPOINTS.allowList, async ({ params }) => (await service.allowList(params.group_id)).map(toListed));
  addEndpoint(router, RULE_ENDPOINTS.denyList, async ({ params }) => (await service.denyList(params.group_id)).map(toListed));
  addEndpoint(router, RULE_ENDPOINTS.trxAuth, async ({ params: { group_id, trx_type } }) =>
    toAuth(trx_type, await service.authMode(group_id, TrxType[trx_type])),
  );
}
