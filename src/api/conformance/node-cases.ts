import { equal, matches } from './caller.ts';
import { type Case, oneNode } from './case.ts';
import { FOREIGN_SEED } from './group-cases.ts';

export const NODE_CASES: readonly Case[] = [
  oneNode('what this node is, and its network', async (node) => {
    const json = await node.get('/api/v1/node');
    equal('its type', json.node_type, 'peer');
    const network = await node.get('/api/v1/network');
    equal('its id', network.peer_id, json.node_id);
  }),

  oneNode('the address of a public key, and what a seed says', async (node) => {
    const encoded_pubkey = 'AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B';
    equal('the address', await node.post('/api/v1/tools/pubkeytoaddr', { encoded_pubkey }), {
      addr: '0x38FE32733fD9855367a0148B4C7B00d99535FDb5',
    });
    await node.refused(400, 'bad-input', 'POST', '/api/v1/tools/pubkeytoaddr', { encoded_pubkey: 'x' });
    const { seed, urls } = await node.post('/api/v1/tools/seedurlextend', { seed: FOREIGN_SEED });
    equal('the seed', [seed.group_id, seed.owner_pubkey], ['cd991ce2-7dbb-422e-9f5c-a0f552e4d896', encoded_pubkey]);
    matches('its URL', urls.join(' '), /^http:\/\/127\.0\.0\.1:8002\?jwt=\S+$/);
    await node.refused(400, 'bad-seed', 'POST', '/api/v1/tools/seedurlextend', { seed: 'rum://nothing' });
  }),
];
