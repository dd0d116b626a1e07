import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Network, openNode, type SettNode } from '../node/index.ts';
import { LIMITS, Receipt, toBase64 } from '../records/index.ts';
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
      { ownUrls: async () => ['http://127.0.0.1:8000'] },
    );
  }

  /** Moves time until `isDone`. */
  async until(isDone: () => Promise<boolean>): Promise<void> {
    for (let second = 0; second < 120; second++) {
      if (await isDone()) return;
      this.nowMs += 1_000;
      const due = this.#timers.filter(({ atMs }) => atMs <= this.nowMs);
      this.#timers = this.#timers.filter(({ atMs }) => atMs > this.nowMs);
      for (const { callback } of due) callback();
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error('not done after two minutes of the clock');
  }
}

/** A seed of the older implementation, as `change-consensus.md` prints it. */
const foreignSeed =
  'rum://seed?v=1&e=0&n=0&c=jlHZ0yV07L7LjT03TILSL2ILwnfpsAMz44AyBy1MvS4&g=zZkc4n27Qi6fXKD1UuTYlg&k=AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B&s=6t5Ds-keygP8JwPG0i6V05RmNNu8IaRYU0-UTrVaMaRj2_ekgYf1rhUux5Z9_jwSEAyMAFY0hTmw7OyGVmJTAAA&t=F1eyqmr-x78&a=my_test_group&y=test_app&u=http%3A%2F%2F127.0.0.1%3A8002%3Fjwt%3DeyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhbGxvd0dyb3VwcyI6WyJjZDk5MWNlMi03ZGJiLTQyMmUtOWY1Yy1hMGY1NTJlNGQ4OTYiXSwiZXhwIjoxODM5Njg5NDMxLCJuYW1lIjoiYWxsb3ctY2Q5OTFjZTItN2RiYi00MjJlLTlmNWMtYTBmNTUyZTRkODk2Iiwicm9sZSI6Im5vZGUifQ.trc-OrMabglMDgZTSTMGcqOLqIPIsgsIr1_ddo5SVS0';

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

async function createGroup(): Promise<string> {
  const { status, json } = await ask('POST', '/api/v1/group', newGroup);
  expect(status).toBe(200);
  return json.group_id;
}

async function postAndWait(groupId: string, body: unknown): Promise<string> {
  const { status, json, text } = await ask('POST', `/api/v1/group/${groupId}/content`, body);
  expect(status, text).toBe(200);
  await untilFinal(groupId, json.trx_id);
  return json.trx_id;
}

async function untilFinal(groupId: string, trxId: string): Promise<void> {
  await world.until(async () => (await ask('GET', `/api/v1/trx/${groupId}/${trxId}/status`)).json.status === 'Committed');
}

describe('groups', () => {
  test('a group is created, listed, told by its seed, left and cleared', async () => {
    const created = await ask('POST', '/api/v1/group', newGroup);
    expect(Object.keys(created.json).sort()).toEqual(['group_id', 'seed']);
    const { group_id, seed } = created.json;
    expect(seed).toMatch(/^rum:\/\/seed\?v=1&/);

    const { groups } = (await ask('GET', '/api/v1/groups')).json;
    expect(Object.keys(groups[0])).toEqual([
      'group_id',
      'group_name',
      'owner_pubkey',
      'user_pubkey',
      'user_eth_addr',
      'consensus_type',
      'encryption_type',
      'cipher_key',
      'app_key',
      'currt_top_block',
      'last_updated',
      'rex_syncer_status',
      'rex_Syncer_result',
    ]);
    expect(groups).toHaveLength(1);
    expect(groups[0]).toMatchObject({
      group_id,
      consensus_type: 'POA',
      encryption_type: 'PUBLIC',
      rex_Syncer_result: null,
      currt_top_block: 1,
    });
    expect(groups[0].user_pubkey).toBe(groups[0].owner_pubkey);

    expect((await ask('GET', `/api/v1/group/${group_id}/seed`)).json).toEqual({ seed });
    expect((await ask('POST', '/api/v1/group/clear', { group_id })).status).toBe(409);
    expect((await ask('POST', '/api/v1/group/leave', { group_id })).json).toEqual({ group_id });
    expect((await ask('GET', '/api/v1/groups')).json).toEqual({ groups: [] });
    expect((await ask('POST', '/api/v1/group/clear', { group_id })).json).toEqual({ group_id });
  });

  test('nanoseconds are printed digit by digit', async () => {
    const group_id = await createGroup();
    expect((await ask('GET', '/api/v1/groups')).text).toMatch(/"last_updated":\d{19},/);
    expect((await ask('GET', `/api/v1/group/${group_id}/consensus/`)).text).toMatch(/"last_update":\d{19}\}/);
  });

  test('the seed of another Quorum network joins, and joining again answers the same', async () => {
    const first = await ask('POST', '/api/v2/group/join', { seed: foreignSeed });
    expect(first.json).toMatchObject({
      group_id: 'cd991ce2-7dbb-422e-9f5c-a0f552e4d896',
      group_name: 'my_test_group',
      owner_pubkey: 'AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B',
      consensus_type: 'poa',
      encryption_type: 'public',
      cipher_key: '8e51d9d32574ecbecb8d3d374c82d22f620bc277e9b00333e38032072d4cbd2e',
      app_key: 'test_app',
    });
    expect((await ask('POST', '/api/v2/group/join', { seed: foreignSeed })).json).toEqual(first.json);
  });

  test('a seed that was changed says what is wrong with it', async () => {
    const changed = foreignSeed.replace('&t=F1eyqmr', '&t=F1eyqmq');
    const { status, json } = await ask('POST', '/api/v2/group/join', { seed: changed });
    expect(status).toBe(400);
    expect(json.code).toBe('bad-seed');
    expect(json.message).toMatch(/signature/i);
  });
});

describe('posts', () => {
  test('a post becomes final and is read back as it was sent, integers beyond 2^53 included', async () => {
    const groupId = await createGroup();
    const trxId = await postAndWait(groupId, '{"data": {"type": "Note", "content": "héllo", "number": 12345678901234567890}}');

    const contents = await ask('GET', `/app/api/v1/group/${groupId}/content`);
    expect(contents.json).toHaveLength(1);
    expect(Object.keys(contents.json[0])).toEqual(['TrxId', 'Publisher', 'Content', 'TimeStamp']);
    expect(contents.json[0]).toMatchObject({ TrxId: trxId, Content: { type: 'Note', content: 'héllo' } });
    expect(contents.text).toContain('"number":12345678901234567890');

    const status = (await ask('GET', `/api/v1/trx/${groupId}/${trxId}/status`)).json;
    expect(status).toMatchObject({ status: 'Committed', block_id: 2 });
    const block = (await ask('GET', `/api/v1/block/${groupId}/2`)).json;
    expect(block).toMatchObject({ GroupId: groupId, BlockId: 2, Trxs: [{ TrxId: trxId, GroupId: groupId }] });
    expect(block.StateRoot).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect((await ask('GET', `/api/v1/trx/${groupId}/${trxId}`)).json).toEqual(block.Trxs[0]);
  });

  test('a post with a trx id of the caller’s is the same post however often it is sent', async () => {
    const groupId = await createGroup();
    const body = { data: { type: 'Note', content: 'once' }, trx_id: '3F2504E0-4F89-41D3-9A0C-0305E82C3301' };
    const trxId = await postAndWait(groupId, body);
    expect(trxId).toBe(body.trx_id.toLowerCase());
    expect(await postAndWait(groupId, body)).toBe(trxId);
    expect((await ask('GET', `/app/api/v1/group/${groupId}/content`)).json).toHaveLength(1);
  });

  test('a page of the feed: count, direction, start and senders', async () => {
    const groupId = await createGroup();
    const ids: string[] = [];
    for (const content of ['a', 'b', 'c']) ids.push(await postAndWait(groupId, { data: { content } }));
    const feed = async (query: string) =>
      (await ask('GET', `/app/api/v1/group/${groupId}/content?${query}`)).json.map(
        (item: { Content: { content: string } }) => item.Content.content,
      );

    expect(await feed('num=2')).toEqual(['a', 'b']);
    expect(await feed('reverse=true&num=2')).toEqual(['c', 'b']);
    expect(await feed(`starttrx=${ids[0]}`)).toEqual(['b', 'c']);
    expect(await feed(`starttrx=${ids[1]}&includestarttrx=true&reverse=1`)).toEqual(['b', 'a']);
    expect(await feed('senders=AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B')).toEqual([]);
  });

  test('an own post that is not final can be taken back', async () => {
    const groupId = await createGroup();
    const { trx_id } = (await ask('POST', `/api/v1/group/${groupId}/content`, { data: {} })).json;
    const discarded = await ask('POST', `/api/v1/trx/${groupId}/${trx_id}/discard`);
    expect([discarded.status, discarded.json]).toEqual([200, { trx_id }]);
    expect((await ask('GET', `/api/v1/trx/${groupId}/${trx_id}/status`)).json.status).toBe('Unknown');
  });

  test('a post over the limit is refused, by its data and by its body', async () => {
    const groupId = await createGroup();
    for (const length of [LIMITS.trxDataBytes, LIMITS.trxDataBytes * 3]) {
      const { status, json } = await ask('POST', `/api/v1/group/${groupId}/content`, { data: { content: 'x'.repeat(length) } });
      expect([status, json.code]).toEqual([413, 'too-large']);
    }
  });

  test('nesting without end is refused', async () => {
    const groupId = await createGroup();
    const deep = `{"data":{"content":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`;
    const { status, json } = await ask('POST', `/api/v1/group/${groupId}/content`, deep);
    expect([status, json.code]).toEqual([400, 'bad-input']);
  });
});

describe('consensus', () => {
  test('the consensus of a new group, with and without the slash', async () => {
    const groupId = await createGroup();
    const { json } = await ask('GET', `/api/v1/group/${groupId}/consensus/`);
    expect(Object.keys(json)).toEqual([
      'producers',
      'trx_epoch_interval',
      'proof_req_id',
      'curr_epoch',
      'curr_block_id',
      'last_update',
    ]);
    expect(json.producers).toHaveLength(1);
    expect((await ask('GET', `/api/v1/group/${groupId}/consensus`)).json).toEqual(json);

    const last = (await ask('GET', `/api/v1/group/${groupId}/consensus/proof/last`)).json;
    expect(Object.keys(last)).toEqual(['result', 'req', 'repononsed_producer']);
    expect(last).toMatchObject({ result: 'SUCCESS', req: { ReqId: json.proof_req_id, GroupId: groupId } });
    expect((await ask('GET', `/api/v1/group/${groupId}/consensus/proof/history`)).json).toEqual({ proofs: [last] });
    const full = (await ask('GET', `/api/v1/group/${groupId}/consensus/proof/${json.proof_req_id}`)).json;
    expect(Object.keys(full)).toEqual(['result', 'req', 'resps', 'responsed_producer']);
    expect((await ask('GET', `/api/v1/group/${groupId}/consensus/proof/${unknownGroup}`)).status).toBe(404);
  });

  test('consensus at work: a producer alone has itself and waits for nobody', async () => {
    const groupId = await createGroup();
    const { producers } = (await ask('GET', `/api/v1/group/${groupId}/consensus`)).json;
    const { json } = await ask('GET', `/api/v1/group/${groupId}/consensus/live`);
    expect(json).toEqual({
      epoch: expect.any(Number),
      producers: [{ pubkey: producers[0].ProducerPubkey, link: 'self', faults: {} }],
      seals_needed: 1,
      waiting_blocks: 0,
    });
    expect((await ask('GET', `/api/v1/group/${unknownGroup}/consensus/live`)).status).toBe(404);
  });
});

describe('announcements', () => {
  test('the owner is announced as the first producer', async () => {
    const groupId = await createGroup();
    const { producers } = (await ask('GET', `/api/v1/group/${groupId}/announced/producers`)).json;
    expect(producers).toHaveLength(1);
    expect(producers[0]).toMatchObject({ GroupId: groupId, Content: { Type: 1 } });
    expect((await ask('GET', `/api/v1/group/${groupId}/announced/users`)).json).toEqual({ users: [] });
  });

  test('the own keys are announced, listed once that is final, and taken back', async () => {
    const groupId = await createGroup();
    const announce = (over: object) =>
      ask('POST', '/api/v1/group/announce', { group_id: groupId, action: 'add', type: 'user', memo: 'me', ...over });
    const { json } = await announce({});
    expect(Object.keys(json)).toEqual(['group_id', 'sign_pubkey', 'encrypt_pubkey', 'type', 'action', 'sign', 'trx_id']);
    expect(json).toMatchObject({
      group_id: groupId,
      type: 'AS_USER',
      action: 'ADD',
      sign: expect.stringMatching(/^[0-9a-f]{130}$/),
    });
    await untilFinal(groupId, json.trx_id);
    const { users } = (await ask('GET', `/api/v1/group/${groupId}/announced/users`)).json;
    expect(users).toHaveLength(1);
    expect(users[0]).toMatchObject({
      AnnouncerPubkey: json.sign_pubkey,
      Content: { SignPubkey: json.sign_pubkey, EncryptPubkey: json.encrypt_pubkey, Memo: 'me' },
    });
    expect((await ask('GET', `/api/v1/group/${groupId}/announced/user/${json.sign_pubkey}`)).json).toEqual(users[0]);

    const removed = await announce({ action: 'remove', memo: undefined });
    expect(removed.json).toMatchObject({ action: 'REMOVE', type: 'AS_USER' });
    await untilFinal(groupId, removed.json.trx_id);
    const unknown = await ask('GET', `/api/v1/group/${groupId}/announced/user/${json.sign_pubkey}`);
    expect([unknown.status, unknown.json.code]).toEqual([404, 'unknown-account']);
    const again = await announce({ action: 'remove' });
    expect([again.status, again.json.code]).toEqual([422, 'rejected']);
    expect((await announce({ memo: 'x'.repeat(LIMITS.memoChars + 1) })).json.message).toMatch(/^memo: /);
    expect((await announce({ type: 'owner' })).json.message).toMatch(/^type: /);
  });
});

describe('receipts', () => {
  test('a final trx has one, which anybody with the seed can verify in either form', async () => {
    const { group_id: groupId, seed } = (await ask('POST', '/api/v1/group', newGroup)).json;
    const trxId = await postAndWait(groupId, { data: { a: 1 } });
    const receipt = await ask('GET', `/api/v1/trx/${groupId}/${trxId}/receipt`);
    const other = createRouter(await new World().open(), { version: '' });
    const verify = async (body: unknown) => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
      return (await other.request('/api/v1/tools/verify', init)).json();
    };
    const valid = await verify({ seed, receipt: receipt.json });
    const { owner_pubkey } = (await ask('POST', '/api/v1/tools/seedurlextend', { seed })).json.seed;
    expect(valid).toMatchObject({
      valid: true,
      result: 'applied',
      block_id: 2,
      producers: [owner_pubkey],
      sealed_by: [owner_pubkey],
      recoveries: [],
    });
    expect(valid.trx).toEqual((await ask('GET', `/api/v1/trx/${groupId}/${trxId}`)).json);
    expect(await verify({ seed, receipt: toBase64(Receipt.encode(Receipt.fromJson(receipt.json))) })).toEqual(valid);

    const changed = { ...receipt.json, Proof: { ...receipt.json.Proof, LeafIndex: 0 } };
    expect(await verify({ seed, receipt: changed })).toEqual({ valid: false, reason: expect.stringMatching(/path/) });
    expect(await verify({ seed, receipt: { Proof: 1 } })).toEqual({
      valid: false,
      reason: expect.stringMatching(/not a receipt/),
    });
    expect(await verify({ seed, receipt: 'AAAA' })).toEqual({ valid: false, reason: expect.stringMatching(/not a receipt/) });
    expect(await verify({ seed: foreignSeed, receipt: receipt.json })).toMatchObject({ valid: false });
    expect(await verify({ seed: 'x', receipt: receipt.json })).toMatchObject({ code: 'bad-seed' });
  });
});

describe('node and tools', () => {
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

  test('the address of a public key, and what a seed says', async () => {
    const encoded_pubkey = 'AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B';
    expect((await ask('POST', '/api/v1/tools/pubkeytoaddr', { encoded_pubkey })).json).toEqual({
      addr: '0x38FE32733fD9855367a0148B4C7B00d99535FDb5',
    });
    expect((await ask('POST', '/api/v1/tools/pubkeytoaddr', { encoded_pubkey: 'x' })).status).toBe(400);
    const { json } = await ask('POST', '/api/v1/tools/seedurlextend', { seed: foreignSeed });
    expect(json.seed).toMatchObject({ group_id: 'cd991ce2-7dbb-422e-9f5c-a0f552e4d896', owner_pubkey: encoded_pubkey });
    expect(json.urls).toHaveLength(1);
    expect((await ask('POST', '/api/v1/tools/seedurlextend', { seed: 'rum://nothing' })).json.code).toBe('bad-seed');
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

  test('an unknown block and an unknown trx', async () => {
    const groupId = await createGroup();
    expect((await ask('GET', `/api/v1/block/${groupId}/99`)).json.code).toBe('unknown-block');
    expect((await ask('GET', `/api/v1/trx/${groupId}/${unknownGroup}`)).json.code).toBe('unknown-trx');
  });

  test('a body that is not JSON', async () => {
    const response = await router.request('/api/v1/group', {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'x',
    });
    expect([response.status, await response.json()]).toEqual([415, expect.objectContaining({ code: 'unsupported-media-type' })]);
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
