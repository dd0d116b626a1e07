import { type Caller, equal, equalKeys, matches } from './caller.ts';
import { type Case, oneNode, twoNodes } from './case.ts';

const ANNOUNCED = ['group_id', 'sign_pubkey', 'encrypt_pubkey', 'type', 'action', 'sign', 'trx_id'];

const announce = (node: Caller, groupId: string, over: object = {}) =>
  node.post('/api/v1/group/announce', { group_id: groupId, action: 'add', type: 'user', memo: 'me', ...over });

export const MEMBER_CASES: readonly Case[] = [
  oneNode('the own keys are announced, listed once that is final, and taken back', async (node) => {
    const { group_id } = await node.createGroup();
    const url = `/api/v1/group/${group_id}/announced`;
    const made = await announce(node, group_id);
    equalKeys('announcing', made, ANNOUNCED);
    equal('what was announced', [made.group_id, made.type, made.action], [group_id, 'AS_USER', 'ADD']);
    matches('its signature', made.sign, /^[0-9a-f]{130}$/);
    await node.untilFinal(group_id, made.trx_id);
    const { users } = await node.get(`${url}/users`);
    equal('users', users.length, 1);
    equal('the user’s keys', [users[0].AnnouncerPubkey, users[0].Content.EncryptPubkey], [made.sign_pubkey, made.encrypt_pubkey]);
    equal('the one user', await node.get(`${url}/user/${made.sign_pubkey}`), users[0]);

    const removed = await announce(node, group_id, { action: 'remove', memo: undefined });
    equal('what was taken back', [removed.type, removed.action], ['AS_USER', 'REMOVE']);
    await node.untilFinal(group_id, removed.trx_id);
    await node.refused(404, 'unknown-account', 'GET', `${url}/user/${made.sign_pubkey}`);
    const again = { group_id, action: 'remove', type: 'user' };
    matches('again', await node.refused(422, 'rejected', 'POST', '/api/v1/group/announce', again), /not announced/);
    const wrong = { group_id, action: 'add', type: 'owner' };
    matches('a wrong type', await node.refused(400, 'bad-input', 'POST', '/api/v1/group/announce', wrong), /^type: /);
    await node.forget(group_id);
  }),

  twoNodes('a user announces itself and is admitted to a private group by its owner, who alone may', async (owner, user) => {
    const { group_id, seed } = await owner.createGroup({ encryption_type: 'private' });
    const { user_pubkey } = await user.post('/api/v2/group/join', { seed });
    const admit = { group_id, user_pubkey, action: 'add', memo: 'welcome' };
    matches('too early', await owner.refused(422, 'not-announced', 'POST', '/api/v1/group/upduser', admit), /announce/);
    await user.untilFinal(group_id, (await announce(user, group_id)).trx_id);
    await owner.until('the owner knows the user', async () => {
      const { users } = await owner.get(`/api/v1/group/${group_id}/announced/users`);
      return users.length === 1;
    });
    matches('not the owner', await user.refused(403, 'not-allowed', 'POST', '/api/v1/group/upduser', admit), /owner/);

    const admitted = await owner.post('/api/v1/group/upduser', admit);
    const { trx_id } = admitted;
    equal('admitting', admitted, { group_id, user_pubkey, action: 'ADD', memo: 'welcome', trx_id });
    await owner.untilFinal(group_id, trx_id);
    const { users: present } = await owner.get(`/api/v1/group/${group_id}/users`);
    equal(
      'who is admitted',
      present.map(({ UserPubkey }: { UserPubkey: string }) => UserPubkey),
      [user_pubkey],
    );
    const post = await owner.post(`/api/v1/group/${group_id}/content`, { data: { content: 'for our eyes' } });
    await user.untilFinal(group_id, post.trx_id);
    const [item] = await user.get(`/app/api/v1/group/${group_id}/content`);
    equal('what the user reads', item?.Content, { content: 'for our eyes' });

    const removed = await owner.post('/api/v1/group/upduser', { ...admit, action: 'remove', memo: undefined });
    equal('removing', [removed.action, removed.memo], ['REMOVE', '']);
    await owner.untilFinal(group_id, removed.trx_id);
    const wrong = { ...admit, user_pubkey: 'nobody' };
    matches('no key', await owner.refused(400, 'bad-input', 'POST', '/api/v1/group/upduser', wrong), /^user_pubkey: /);
    await user.forget(group_id);
    await owner.forget(group_id);
  }),
];
