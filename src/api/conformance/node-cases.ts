import { equal, equalKeys, matches } from './caller.ts';
import { type Case, oneNode, twoNodes } from './case.ts';
import { PRINTED } from './document.ts';
import { FOREIGN_SEED } from './group-cases.ts';

export const NODE_CASES: readonly Case[] = [
  oneNode('what this node is, and its network', async (node) => {
    const json = await node.get('/api/v1/node');
    equal('its type', json.node_type, 'peer');
    const network = await node.get('/api/v1/network');
    equal('its id', network.peer_id, json.node_id);
  }),

  twoNodes(
    'a node connects to the addresses that another one tells of itself, and says which of others are none',
    async (node, other) => {
      let address: string | undefined;
      await other.until('it has an address', async () => {
        [address] = (await other.get('/api/v1/network')).addrs;
        return address !== undefined;
      });
      const own: string = (await node.get('/api/v1/network')).peer_id;
      const ownAddress = address?.replace(/[^/]+$/, own);
      equalKeys('the answer', await node.post('/api/v1/network/peers', [address]), PRINTED.connectedPeers);
      const bad = ['', 'x', '/ip4/127.0.0.1/tcp/1/ws', '/ip4/127.0.0.1/udp/1/quic-v1', ownAddress];
      const mixed = await node.post('/api/v1/network/peers', [address, address, ...bad.slice(1)]);
      equal('how many', [mixed.succ_count, mixed.err_count], [1, bad.length - 1]);
      equal('which ones not', Object.keys(mixed.error).sort(), bad.slice(1).sort());
      for (const body of [[''], [], {}, [1], 'x', Array(17).fill(address), [`/${'x'.repeat(512)}`]]) {
        await node.refused(400, 'bad-input', 'POST', '/api/v1/network/peers', body);
        await node.refused(400, 'bad-input', 'POST', '/api/v1/network/relay', body);
      }
    },
  ),

  oneNode('a relay that is named is used; what is none is told', async (node) => {
    let relay = '';
    await node.until('it has a relay', async () => {
      [relay = ''] = (await node.get('/api/v1/network')).addrs.map((address: string) => address.split('/p2p-circuit')[0]);
      return relay !== '';
    });
    equal('the answer', await node.post('/api/v1/network/relay', [relay, relay]), { ok: true });
    const message = await node.refused(400, 'bad-input', 'POST', '/api/v1/network/relay', [relay, '/ip4/127.0.0.1/tcp/1']);
    matches('what is wrong', message, /^\/ip4\/127\.0\.0\.1\/tcp\/1: \S/);
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
