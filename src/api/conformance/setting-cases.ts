import { type Caller, equal, equalKeys, matches } from './caller.ts';
import { type Case, oneNode, twoNodes } from './case.ts';

const LISTED = ['Pubkey', 'TrxType', 'GroupOwnerPubkey', 'GroupOwnerSign', 'TimeStamp', 'Memo'];
const SETTING = ['Name', 'Type', 'Value', 'OwnerPubkey', 'OwnerSign', 'Memo', 'TimeStamp'];
/** A key that is nobody's in particular. */
const SOMEBODY = 'AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B';

const RULE_URL = '/api/v1/group/chainconfig';
const rule = (groupId: string, type: string, config: object) => ({
  group_id: groupId,
  type,
  config: JSON.stringify(config),
  memo: 'a rule',
});

async function setRule(node: Caller, groupId: string, type: string, config: object): Promise<void> {
  const set = await node.post(RULE_URL, rule(groupId, type, config));
  equalKeys('a rule', set, ['group_id', 'owner_pubkey', 'signature', 'trx_id']);
  matches('its signature', set.signature, /^[0-9a-f]{130}$/);
  await node.untilFinal(groupId, set.trx_id);
}

const SETTING_URL = '/api/v1/group/appconfig';

export const SETTING_CASES: readonly Case[] = [
  oneNode('the allow and the deny list, and which of them decides', async (node) => {
    const { group_id } = await node.createGroup();
    const url = `/api/v1/group/${group_id}/trx`;
    equal('before', await node.get(`${url}/auth/POST`), { TrxType: 'POST', AuthType: 'FOLLOW_DNY_LIST' });
    equal('before', [await node.get(`${url}/allowlist`), await node.get(`${url}/denylist`)], [[], []]);
    await setRule(node, group_id, 'set_trx_auth_mode', { trx_type: 'POST', trx_auth_mode: 'follow_alw_list' });
    equal('the mode', await node.get(`${url}/auth/post`), { TrxType: 'POST', AuthType: 'FOLLOW_ALW_LIST' });
    equal('the other type', (await node.get(`${url}/auth/announce`)).AuthType, 'FOLLOW_DNY_LIST');

    const types = { action: 'add', pubkey: SOMEBODY, trx_type: ['post', 'announce'] };
    for (const [list, type] of [
      ['allowlist', 'upd_alw_list'],
      ['denylist', 'upd_dny_list'],
    ] as const) {
      await setRule(node, group_id, type, types);
      const [row] = await node.get(`${url}/${list}`);
      equalKeys(`a row of the ${list}`, row, LISTED);
      equal('the row', [row.Pubkey, row.TrxType, row.Memo], [SOMEBODY, ['POST', 'ANNOUNCE'], 'a rule']);
      await setRule(node, group_id, type, { ...types, action: 'remove', trx_type: ['POST'] });
      equal('types left', (await node.get(`${url}/${list}`))[0].TrxType, ['ANNOUNCE']);
      await setRule(node, group_id, type, { ...types, action: 'remove', trx_type: ['ANNOUNCE'] });
      equal('nothing left', await node.get(`${url}/${list}`), []);
    }
    const gone = rule(group_id, 'upd_dny_list', { ...types, action: 'remove' });
    matches('again', await node.refused(422, 'rejected', 'POST', RULE_URL, gone), /not on the list/);
    await node.forget(group_id);
  }),

  oneNode('a rule that cannot be read says where it is wrong', async (node) => {
    const { group_id } = await node.createGroup();
    const wrong: [string, unknown, RegExp][] = [
      ['set_trx_auth_mode', 'nonsense', /^config: not JSON/],
      ['set_trx_auth_mode', '{"trx_type":"POST"}', /^config: trx_auth_mode: is missing/],
      ['set_trx_auth_mode', '{"trx_type":"USER","trx_auth_mode":"follow_alw_list"}', /^config: trx_type/],
      ['upd_alw_list', `{"action":"add","pubkey":"x","trx_type":["POST"]}`, /^config: pubkey/],
      ['upd_alw_list', `{"action":"drop","pubkey":"${SOMEBODY}","trx_type":["POST"]}`, /^config: action/],
      ['sudo', '{}', /^type: /],
      ['upd_alw_list', undefined, /^config: is missing/],
    ];
    for (const [type, config, message] of wrong) {
      matches(type, await node.refused(400, 'bad-input', 'POST', RULE_URL, { group_id, type, config }), message);
    }
    await node.refused(400, 'bad-input', 'GET', `/api/v1/group/${group_id}/trx/auth/CONSENSUS`);
    await node.forget(group_id);
  }),

  oneNode('settings of the group’s apps are set, listed, read, changed and deleted', async (node) => {
    const { group_id } = await node.createGroup();
    const url = `/api/v1/group/${group_id}/appconfig`;
    equal('before', await node.get(`${url}/keylist`), []);
    const set = async (body: object) => {
      const made = await node.post(SETTING_URL, { group_id, ...body });
      equalKeys('setting', made, ['group_id', 'signature', 'trx_id']);
      await node.untilFinal(group_id, made.trx_id);
      return made.signature;
    };
    const signature = await set({ action: 'add', name: 'a/b c', type: 'string', value: 'é', memo: 'why' });
    await set({ action: 'add', name: 'count', type: 'int', value: '-12' });
    await set({ action: 'add', name: 'open', type: 'bool', value: 'true' });
    const keys = [
      { Name: 'a/b c', Type: 'STRING' },
      { Name: 'count', Type: 'INT' },
      { Name: 'open', Type: 'BOOL' },
    ];
    equal('the list', await node.get(`${url}/keylist`), keys);
    const setting = await node.get(`${url}/${encodeURIComponent('a/b c')}`);
    equalKeys('a setting', setting, SETTING);
    equal('the setting', [setting.Value, setting.Type, setting.Memo, setting.OwnerSign], ['é', 'STRING', 'why', signature]);
    await set({ action: 'add', name: 'count', type: 'int', value: '13' });
    equal('changed', (await node.get(`${url}/count`)).Value, '13');
    await set({ action: 'del', name: 'count' });
    await node.refused(404, 'unknown-key', 'GET', `${url}/count`);

    const refused = (body: object) => node.refused(422, 'rejected', 'POST', SETTING_URL, { group_id, ...body });
    matches('a wrong value', await refused({ action: 'add', name: 'n', type: 'int', value: '1.5' }), /not of the type/);
    matches('an unknown name', await refused({ action: 'del', name: 'count' }), /no value of this name/);
    const missing = { group_id, action: 'add', name: 'n', type: 'int' };
    matches('no value', await node.refused(400, 'bad-input', 'POST', SETTING_URL, missing), /^value: is missing/);
    await node.forget(group_id);
  }),

  twoNodes('rules and settings are the owner’s alone, hold on every node, and are kept to', async (owner, user) => {
    const { group_id, seed } = await owner.createGroup();
    const { user_pubkey } = await user.post('/api/v2/group/join', { seed });
    const deny = rule(group_id, 'upd_dny_list', { action: 'add', pubkey: user_pubkey, trx_type: ['POST'] });
    matches('a rule', await user.refused(403, 'not-allowed', 'POST', RULE_URL, deny), /owner/);
    const setting = { group_id, action: 'add', name: 'theme', type: 'string', value: 'dark' };
    matches('a setting', await user.refused(403, 'not-allowed', 'POST', SETTING_URL, setting), /owner/);

    const { trx_id } = await owner.post(SETTING_URL, setting);
    await user.untilFinal(group_id, trx_id);
    for (const path of ['appconfig/keylist', 'appconfig/theme']) {
      const url = `/api/v1/group/${group_id}/${path}`;
      equal(path, await user.get(url), await owner.get(url));
    }
    const { trx_id: rule_id } = await owner.post(RULE_URL, deny);
    await user.untilFinal(group_id, rule_id);
    const url = `/api/v1/group/${group_id}/trx/denylist`;
    equal('the deny list', await user.get(url), await owner.get(url));
    await user.refused(403, 'not-allowed', 'POST', `/api/v1/group/${group_id}/content`, { data: { content: 'me too' } });
    await user.forget(group_id);
    await owner.forget(group_id);
  }),
];
