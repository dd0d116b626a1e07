import { equal, equalKeys, matches, UNKNOWN_ID } from './caller.ts';
import { type Case, oneNode, twoNodes } from './case.ts';
import { PRINTED } from './document.ts';

/** A seed of the older implementation, as its document prints it. */
export const FOREIGN_SEED =
  'rum://seed?v=1&e=0&n=0&c=jlHZ0yV07L7LjT03TILSL2ILwnfpsAMz44AyBy1MvS4&g=zZkc4n27Qi6fXKD1UuTYlg&k=AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B&s=6t5Ds-keygP8JwPG0i6V05RmNNu8IaRYU0-UTrVaMaRj2_ekgYf1rhUux5Z9_jwSEAyMAFY0hTmw7OyGVmJTAAA&t=F1eyqmr-x78&a=my_test_group&y=test_app&u=http%3A%2F%2F127.0.0.1%3A8002%3Fjwt%3DeyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhbGxvd0dyb3VwcyI6WyJjZDk5MWNlMi03ZGJiLTQyMmUtOWY1Yy1hMGY1NTJlNGQ4OTYiXSwiZXhwIjoxODM5Njg5NDMxLCJuYW1lIjoiYWxsb3ctY2Q5OTFjZTItN2RiYi00MjJlLTlmNWMtYTBmNTUyZTRkODk2Iiwicm9sZSI6Im5vZGUifQ.trc-OrMabglMDgZTSTMGcqOLqIPIsgsIr1_ddo5SVS0';

const groupsOf = (json: { groups: { group_id: string }[] }, groupId: string) =>
  json.groups.filter(({ group_id }) => group_id === groupId);

export const GROUP_CASES: readonly Case[] = [
  oneNode('a group is created, listed, told by its seed, left and cleared', async (node) => {
    const created = await node.createGroup();
    const { group_id, seed } = created;
    matches('the seed', seed, /^rum:\/\/seed\?v=1&e=0&n=0&/);
    const [group] = groupsOf(await node.get('/api/v1/groups'), group_id) as never[] as Record<string, unknown>[];
    if (!group) throw new TypeError('the new group is not listed');
    equalKeys('a listed group', group, PRINTED.group);
    equal('its types', [group.consensus_type, group.encryption_type], ['POA', 'PUBLIC']);
    equal('its owner', group.user_pubkey, group.owner_pubkey);
    equal('its first block', group.currt_top_block, 1);
    equal('the syncer', [group.rex_syncer_status, group.rex_Syncer_result], ['IDLE', null]);
    equal('the seed', await node.get(`/api/v1/group/${group_id}/seed`), { seed });
    equal('a sync round', await node.post(`/api/v1/group/${group_id}/startsync`), { GroupId: group_id, Error: '' });
    await node.refused(409, 'still-joined', 'POST', '/api/v1/group/clear', { group_id });
    equal('leaving', await node.post('/api/v1/group/leave', { group_id }), { group_id });
    equal('the groups after it', groupsOf(await node.get('/api/v1/groups'), group_id), []);
    equal('clearing', await node.post('/api/v1/group/clear', { group_id }), { group_id });
  }),

  oneNode('nanoseconds are printed digit by digit', async (node) => {
    const { group_id } = await node.createGroup();
    matches('groups', (await node.ask('GET', '/api/v1/groups')).text, /"last_updated":\d{19},/);
    matches('consensus', (await node.ask('GET', `/api/v1/group/${group_id}/consensus/`)).text, /"last_update":\d{19}\}/);
    await node.forget(group_id);
  }),

  oneNode('the seed of another Quorum network joins, and joining again answers the same', async (node) => {
    const first = await node.post('/api/v2/group/join', { seed: FOREIGN_SEED });
    equalKeys('a joined group', first, PRINTED.join);
    equal('its cipher key', first.cipher_key, '8e51d9d32574ecbecb8d3d374c82d22f620bc277e9b00333e38032072d4cbd2e');
    equal('its owner', first.owner_pubkey, 'AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B');
    equal('its types', [first.consensus_type, first.encryption_type], ['poa', 'public']);
    equal('joining again', await node.post('/api/v2/group/join', { seed: FOREIGN_SEED }), first);
    await node.forget(first.group_id);
  }),

  oneNode('a seed that was changed, and what is no seed, are refused', async (node) => {
    const changed = FOREIGN_SEED.replace('&t=F1eyqmr', '&t=F1eyqmq');
    matches('a changed seed', await node.refused(400, 'bad-seed', 'POST', '/api/v2/group/join', { seed: changed }), /signature/i);
    await node.refused(400, 'bad-seed', 'POST', '/api/v2/group/join', { seed: 'hello' });
  }),

  oneNode('what is wrong with a request is said of its field', async (node) => {
    const group = { group_name: 'name', consensus_type: 'poa', encryption_type: 'public', app_key: 'test_app' };
    const wrong: [string, string, unknown, RegExp][] = [
      ['POST', '/api/v1/group', { ...group, group_name: undefined }, /group_name: is missing/],
      ['POST', '/api/v1/group', { ...group, group_name: 'x' }, /group_name/],
      ['POST', '/api/v1/group', { ...group, consensus_type: 'pos' }, /consensus_type/],
      ['POST', '/api/v1/group', '{"group_name":', /JSON/],
      ['POST', `/api/v1/group/${UNKNOWN_ID}/content`, { data: [] }, /data/],
      ['GET', '/api/v1/group/nonsense/seed', undefined, /group_id/],
      ['GET', `/api/v1/block/${UNKNOWN_ID}/-1`, undefined, /block_id/],
    ];
    for (const [method, path, body, message] of wrong) {
      matches(path, await node.refused(400, 'bad-input', method, path, body), message);
    }
    await node.refused(404, 'unknown-group', 'GET', `/api/v1/group/${UNKNOWN_ID}/seed`);
    await node.refused(404, 'unknown-route', 'GET', '/api/v1/nothing');
    await node.refused(405, 'wrong-method', 'GET', '/api/v1/group');
  }),

  twoNodes('a user that joins by the seed sees the owner’s group, consensus and proofs', async (owner, user) => {
    const { group_id, seed } = await owner.createGroup();
    const joined = await user.post('/api/v2/group/join', { seed });
    equalKeys('a joined group', joined, PRINTED.join);
    await user.until('the user has the first block', async () => {
      const { groups } = await user.get('/api/v1/groups');
      return groups.some((group: { group_id: string; currt_top_block: number }) => {
        return group.group_id === group_id && group.currt_top_block >= 1;
      });
    });
    for (const path of ['announced/producers', 'consensus/proof/last', 'consensus/proof/history']) {
      const url = `/api/v1/group/${group_id}/${path}`;
      equal(path, await user.get(url), await owner.get(url));
    }
    const [ofOwner, ofUser] = [
      await owner.get(`/api/v1/group/${group_id}/consensus/`),
      await user.get(`/api/v1/group/${group_id}/consensus/`),
    ];
    equal('producers', ofUser.producers, ofOwner.producers);
    equal('the proof', ofUser.proof_req_id, ofOwner.proof_req_id);
    await user.forget(group_id);
    await owner.forget(group_id);
  }),
];
