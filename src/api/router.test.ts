import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Network, openNode, type SettNode } from '../node/index.ts';
import { NetworkError } from '../node/ports.ts';
import { memoryStore, SeededRandom } from '../sim/index.ts';
import { createRouter } from './router.ts';

/** The real node on a store in memory, a clock that is moved by hand and a network with nobody on it. */
class World {
  nowMs = 1_700_000_000_000;
  #timers: { atMs: number; callback: () => void }[] = [];

  readonly clock = {
    nowNs: () => BigInt(this.nowMs) * 1_000_000n,
    monotonicMs: () => this.nowMs,
    after: (delayMs: number, callback: () => void) => {
      const timer = { atMs: this.nowMs + delayMs, callback };
      this.#timers.push(timer);
      return () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      };
    },
  };

  async open(): Promise<SettNode> {
    const random = new SeededRandom(7);
    const network: Network = {
      listen: () => {},
      subscribe: () => {},
      unsubscribe: () => {},
      publish: async () => 0,
      request: () => Promise.reject(new Error('nobody is there')),
      openStream: () => Promise.reject(new Error('nobody is there')),
      setBootstraps: () => {},
      dial: () => Promise.reject(new NetworkError('unreachable', 'Nobody is there.')),
      addRelay: () => Promise.reject(new NetworkError('unreachable', 'Nobody is there.')),
      meet: () => {},
      penalize: () => {},
      state: () => ({ peerId: '12D3KooWGRUVh7T8XbUU6v8QLRLDvnYyT1EwyZdNBzSPQhLJYyfR', relays: [], peers: [] }),
    };
    const same = async (bytes: Uint8Array) => bytes;
    return openNode(
      {
        store: memoryStore(),
        vault: { seal: same, open: same },
        network,
        clock: this.clock,
        random,
        privateCipher: { encrypt: same, decrypt: same },
      },
      { ownUrls: async () => ['http://127.0.0.1:8000'], backupCost: { n: 2 ** 10, r: 8, p: 1 } },
    );
  }
}

const KEY = 'AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B';
const CHANGE = {
  producer_pubkey: [KEY],
  start_from_epoch: 100,
  trx_epoch_tick: 1000,
  agreement_tick_length: 1000,
  agreement_tick_count: 10,
};
const unknownGroup = '00000000-0000-4000-8000-000000000000';

let world: World;
let node: SettNode;
let unexpected: unknown[];
let router: ReturnType<typeof createRouter>;

beforeEach(async () => {
  world = new World();
  unexpected = [];
  node = await world.open();
  router = createRouter(node, { version: '1.2.3', onUnexpectedError: (error) => unexpected.push(error) });
});

afterEach(async () => {
  await node.close();
  expect(unexpected).toEqual([]);
});

interface Answered {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape of each answer is what the tests assert
  readonly json: any;
  readonly headers: Headers;
}

async function ask(method: string, path: string, body?: unknown): Promise<Answered> {
  const init =
    body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await router.request(path, { method, ...init });
  const text = await response.text();
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  return { status: response.status, text, json: JSON.parse(text), headers: response.headers };
}

const newGroup = { group_name: 'my_test_group', consensus_type: 'poa', encryption_type: 'public', app_key: 'test_app' };

describe('node', () => {
  test('what this node is', async () => {
    const { json } = await ask('GET', '/api/v1/node');
    expect(json).toMatchObject({ node_status: 'NODE_OFFLINE', node_type: 'peer', node_version: '1.2.3' });
    // The encoded public key inside an Ed25519 peer id: type 1, 32 bytes.
    expect([...atob(json.node_publickey)].map((character) => character.charCodeAt(0))).toMatchObject({
      0: 8,
      1: 1,
      2: 18,
      3: 32,
      length: 36,
    });
    expect((await ask('GET', '/api/v1/network')).json).toMatchObject({ peer_id: json.node_id, groups: [], node: json });
  });

  test('the interface describes itself', () => {
    const document = router.getOpenAPI31Document({ openapi: '3.1.0', info: { title: 'Sett', version: '1' } });
    expect(Object.keys(document.paths ?? {})).toContain('/api/v1/group/{group_id}/content');
  });
});

describe('what is wrong with a request is said in JSON', () => {
  test.each([
    ['POST', '/api/v1/group', { ...newGroup, group_name: undefined }, 400, /group_name: is missing/],
    ['POST', '/api/v1/group', { ...newGroup, group_name: 'x' }, 400, /group_name/],
    ['POST', '/api/v1/group', { ...newGroup, consensus_type: 'pos' }, 400, /consensus_type/],
    ['POST', '/api/v1/group', '{"group_name":', 400, /JSON/],
    ['POST', '/api/v1/group', '[]', 400, /body/],
    ['POST', `/api/v1/group/${unknownGroup}/content`, { data: [] }, 400, /data/],
    ['POST', `/api/v1/group/${unknownGroup}/content`, { data: {} }, 404, /group/],
    ['GET', `/api/v1/group/${unknownGroup}/seed`, undefined, 404, /group/],
    ['GET', '/api/v1/group/nonsense/seed', undefined, 400, /group_id/],
    ['GET', `/api/v1/block/${unknownGroup}/-1`, undefined, 400, /block_id/],
    ['GET', `/app/api/v1/group/${unknownGroup}/content?num=501`, undefined, 400, /num/],
    ['GET', `/app/api/v1/group/${unknownGroup}/content?reverse=maybe`, undefined, 400, /reverse/],
    ['GET', '/api/v1/nothing', undefined, 404, /nothing/],
    ['GET', '/api/v1/group', undefined, 405, /POST/],
    ['DELETE', '/api/v1/groups', undefined, 405, /GET/],
  ])('%s %s with %j: %i', async (method, path, body, status, message) => {
    const answer = await ask(method, path, body);
    expect(answer.status, answer.text).toBe(status);
    expect(answer.json.message).toMatch(message);
    expect(typeof answer.json.code).toBe('string');
  });

  test('a body that is not JSON', async () => {
    const response = await router.request('/api/v1/group', {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'x',
    });
    expect([response.status, await response.json()]).toEqual([415, expect.objectContaining({ code: 'unsupported-media-type' })]);
  });

  test.each([
    ['application/json ; charset=utf-8', 200],
    ['Application/JSON;charset=UTF-8', 200],
    ['application/activity+json', 200],
    ['application/jsonp', 415],
    ['text/plain; application/json', 415],
  ])('a body of the type %s: %i', async (type, status) => {
    const init = { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify(newGroup) };
    expect((await router.request('/api/v1/group', init)).status).toBe(status);
  });

  test.each([
    ['/api/v1/group', { ...newGroup, group_name: 'half \ud800' }, 'group_name'],
    ['/api/v1/group', { ...newGroup, app_key: '\udc00half' }, 'app_key'],
    ['/api/v1/group/announce', { action: 'add', type: 'user', memo: 'half \ud800' }, 'memo'],
    ['/api/v1/group/upduser', { user_pubkey: KEY, action: 'add', memo: '\ud800' }, 'memo'],
    [
      '/api/v1/group/chainconfig',
      { type: 'set_trx_auth_mode', config: '{"trx_type":"POST","trx_auth_mode":"follow_alw_list"}', memo: '\ud800' },
      'memo',
    ],
    ['/api/v1/group/appconfig', { action: 'add', name: '\ud800', type: 'string', value: 'x' }, 'name'],
    ['/api/v1/group/appconfig', { action: 'add', name: 'x', type: 'string', value: '\ud800' }, 'value'],
    ['/api/v1/group/appconfig', { action: 'add', name: 'x', type: 'string', value: 'x', memo: '\ud800' }, 'memo'],
    ['/api/v1/group/updconsensus', { ...CHANGE, memo: '\ud800' }, 'memo'],
  ])('half a character in a body of %s, %j: 400, with the field', async (path, body, field) => {
    const { group_id } = (await ask('POST', '/api/v1/group', newGroup)).json;
    const answer = await ask('POST', path, { group_id, ...body });
    expect(answer.status, answer.text).toBe(400);
    expect(answer.json.message).toContain(field);
  });

  test.each([
    ['/api/v2/group/join', { seed: 'rum://seed?a=\ud800' }],
    ['/api/v1/tools/pubkeytoaddr', { encoded_pubkey: '\ud800' }],
    ['/api/v1/tools/verify', { seed: '\ud800', receipt: {} }],
    ['/api/v1/tools/verify', { seed: 'rum://seed', receipt: { Trx: { TrxId: '\ud800' } } }],
    ['/api/v1/tools/seedurlextend', { seed: '\ud800' }],
    ['/api/v1/network/peers', ['/dns4/\ud800']],
    ['/api/v1/restore', { passphrase: '\ud800 eight', backup: { contents: '\ud800' } }],
    ['/api/v1/backup', { passphrase: 'eight or more \ud800', blocks: false }],
  ])('half a character in %s %j is no defect', async (path, body) => {
    expect((await ask('POST', path, body)).status).toBeLessThan(500);
  });

  test.each([
    ['a level too many', `{"a":${'['.repeat(64)}${']'.repeat(64)}}`, /^data: nested deeper than 64 levels/],
    ['too many elements', `{"a":[${'0,'.repeat(70_000)}0]}`, /^data: more than 65536/],
    ['a number beyond all', '{"a":1e400}', /^data: a number is too large: 1e400/],
    ['a member twice', '{"a":1,"a":2}', /^data: an object names a member twice: "a"/],
  ])('a post that nobody could read, %s, is refused by name', async (_name, data, message) => {
    const { group_id } = (await ask('POST', '/api/v1/group', newGroup)).json;
    const answer = await ask('POST', `/api/v1/group/${group_id}/content`, `{"data":${data}}`);
    expect([answer.status, answer.json.code]).toEqual([400, 'bad-input']);
    expect(answer.json.message).toMatch(message);
  });

  test('a defect goes to the log, not to the caller', async () => {
    const broken = {
      ...node,
      groups: () => {
        throw new Error('secret detail');
      },
    } as unknown as SettNode;
    const answer = await createRouter(broken, { version: '', onUnexpectedError: (error) => unexpected.push(error) }).request(
      '/api/v1/groups',
    );
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('secret detail');
    expect(unexpected.splice(0)).toHaveLength(1);
  });
});
