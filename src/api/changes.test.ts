import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type SimulatedMachine, World } from '../sim/index.ts';
import { createRouter } from './router.ts';

/** A seed of the older implementation, as `change-consensus.md` prints it. */
const foreignSeed =
  'rum://seed?v=1&e=0&n=0&c=jlHZ0yV07L7LjT03TILSL2ILwnfpsAMz44AyBy1MvS4&g=zZkc4n27Qi6fXKD1UuTYlg&k=AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B&s=6t5Ds-keygP8JwPG0i6V05RmNNu8IaRYU0-UTrVaMaRj2_ekgYf1rhUux5Z9_jwSEAyMAFY0hTmw7OyGVmJTAAA&t=F1eyqmr-x78&a=my_test_group&y=test_app&u=http%3A%2F%2F127.0.0.1%3A8002%3Fjwt%3DeyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhbGxvd0dyb3VwcyI6WyJjZDk5MWNlMi03ZGJiLTQyMmUtOWY1Yy1hMGY1NTJlNGQ4OTYiXSwiZXhwIjoxODM5Njg5NDMxLCJuYW1lIjoiYWxsb3ctY2Q5OTFjZTItN2RiYi00MjJlLTlmNWMtYTBmNTUyZTRkODk2Iiwicm9sZSI6Im5vZGUifQ.trc-OrMabglMDgZTSTMGcqOLqIPIsgsIr1_ddo5SVS0';

const unknownGroup = '00000000-0000-4000-8000-000000000000';

let world: World;
let machine: SimulatedMachine;
let unexpected: unknown[];
let router: ReturnType<typeof createRouter>;

beforeEach(async () => {
  world = await World.create(7);
  machine = await world.addMachine('owner');
  unexpected = [];
  router = createRouter(machine.node, { version: '1.2.3', onUnexpectedError: (error) => unexpected.push(error) });
});

afterEach(async () => {
  await machine.stop();
  expect(unexpected).toEqual([]);
});

interface Answered {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape of each answer is what the tests assert
  readonly json: any;
}

/** Bodies of requests are read outside the simulated world: both go on until there is an answer. */
async function answered<T>(promise: Promise<T>): Promise<T> {
  let isOpen = true;
  const close = (): void => {
    isOpen = false;
  };
  promise.then(close, close);
  while (isOpen) {
    await new Promise((resolve) => setImmediate(resolve));
    await world.run(10);
  }
  return promise;
}

async function ask(method: string, path: string, body?: unknown): Promise<Answered> {
  const init = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await answered(Promise.resolve(router.request(path, { method, ...init })));
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text) };
}

/** Lets time pass until it is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let second = 0; second < 120; second++) {
    if (await isSo()) return;
    await world.run(1_000);
  }
  throw new Error('not so after two minutes');
}

const newGroup = { group_name: 'my_test_group', consensus_type: 'poa', encryption_type: 'public', app_key: 'test_app' };

async function createGroup(): Promise<string> {
  return (await ask('POST', '/api/v1/group', newGroup)).json.group_id;
}

describe('changing consensus (C-27)', () => {
  const ticks = { trx_epoch_tick: 3_000, agreement_tick_length: 10_000, agreement_tick_count: 10 };
  const owner = async (groupId: string): Promise<string> =>
    (await ask('GET', `/api/v1/group/${groupId}/consensus`)).json.producers[0].ProducerPubkey;

  test('the procedure for a single producer, as the document prints it', async () => {
    const group_id = await createGroup();
    const producer_pubkey = [await owner(group_id)];
    const body = { group_id, start_from_epoch: 10_000, producer_pubkey, ...ticks };
    const asked = await ask('POST', '/api/v1/group/updconsensus', body);
    expect(asked.status, asked.text).toBe(200);
    expect(asked.json).toEqual({
      group_id,
      Producers: producer_pubkey,
      start_from_epoch: 10_000,
      trx_epoch_tick: 3_000,
      trx_id: expect.any(String),
      failable_producers: 0,
      memo: '',
      req_id: expect.any(String),
    });
    const { trx_id, req_id } = asked.json;
    await until(async () => (await ask('GET', `/api/v1/trx/${group_id}/${trx_id}`)).status === 200);
    expect((await ask('GET', `/api/v1/trx/${group_id}/${trx_id}`)).json).toMatchObject({ TrxId: trx_id, Type: 2 });

    const consensus = (await ask('GET', `/api/v1/group/${group_id}/consensus/`)).json;
    expect(consensus).toMatchObject({ trx_epoch_interval: 3_000, proof_req_id: req_id });
    const epoch = async () => (await ask('GET', `/api/v1/group/${group_id}/consensus/`)).json.curr_epoch;
    await until(async () => (await epoch()) >= 10_000);

    const { proofs } = (await ask('GET', `/api/v1/group/${group_id}/consensus/proof/history`)).json;
    expect(proofs).toHaveLength(2);
    expect((await ask('GET', `/api/v1/group/${group_id}/consensus/proof/last`)).json).toEqual(proofs[1]);
    expect(proofs[1]).toMatchObject({
      result: 'SUCCESS',
      req: { ReqId: req_id, Nonce: 1 },
      repononsed_producer: producer_pubkey,
    });
    const full = (await ask('GET', `/api/v1/group/${group_id}/consensus/proof/${req_id}`)).json;
    expect(full).toMatchObject({ result: 'SUCCESS', responsed_producer: producer_pubkey, resps: [{ Req: proofs[1].req }] });
  });

  test('an open request is shown, keeps others out, and can be given up: FAILED stands in the history, and nothing else changes', async () => {
    const group_id = await createGroup();
    const producer_pubkey = [await owner(group_id)];
    expect((await ask('GET', `/api/v1/group/${group_id}/consensus/change`)).status).toBe(404);
    // A request for one alone is answered at once, so this one is asked for in the same breath as the next.
    const body = { group_id, start_from_epoch: 10_000, producer_pubkey, ...ticks };
    const before = (await ask('GET', `/api/v1/group/${group_id}/consensus`)).json;
    const [first, second] = await Promise.all([
      ask('POST', '/api/v1/group/updconsensus', body),
      ask('POST', '/api/v1/group/updconsensus', body),
    ]);
    expect([first.status, second.status]).toEqual([200, 409]);
    expect(second.json).toMatchObject({ code: 'request-open', params: { reqId: first.json.req_id, nonce: 1 } });
    expect(before.trx_epoch_interval).toBe(1_000);
    const { json: change } = await ask('GET', `/api/v1/group/${group_id}/consensus/change`);
    expect(change).toMatchObject({
      req_id: first.json.req_id,
      trx_id: first.json.trx_id,
      nonce: 1,
      is_owner: true,
      recovery: false,
      producers: [{ pubkey: producer_pubkey[0], link: 'self', faults: {} }],
      owner_faults: {},
      attempts: 10,
      agreement_tick_length: 10_000,
      engine: 'hbbft',
    });
    const abandon = await ask('POST', `/api/v1/group/${group_id}/consensus/change/abandon`, { req_id: unknownGroup });
    expect([abandon.status, abandon.json.code]).toEqual([404, 'unknown-proof']);
  });

  test('a recovery is taken while another request waits, and opens the block above its base under the id that was promised (C-35, C-37)', async () => {
    const group_id = await createGroup();
    const producer_pubkey = [await owner(group_id)];
    const body = { group_id, start_from_epoch: 10_000, producer_pubkey, ...ticks };
    const [first, second] = await Promise.all([
      ask('POST', '/api/v1/group/updconsensus', body),
      ask('POST', '/api/v1/group/updconsensus', { ...body, start_from_epoch: 20_000, recovery: true }),
    ]);
    expect([first.status, second.status]).toEqual([200, 200]);
    const { trx_id } = second.json;
    await until(async () => (await ask('GET', `/api/v1/trx/${group_id}/${trx_id}`)).status === 200);
    const { req, result } = (await ask('GET', `/api/v1/group/${group_id}/consensus/proof/last`)).json;
    expect(result).toBe('SUCCESS');
    expect(req.Nonce).toBeGreaterThan(1);
    expect(req.Contract.Recovery).toBe(true);
    const { json: block } = await ask('GET', `/api/v1/block/${group_id}/${req.Contract.BaseBlockId + 1}`);
    expect(block).toMatchObject({ ConfigNonce: req.Nonce, PrevHash: req.Contract.BaseHash, Trxs: [{ TrxId: trx_id }] });
    const { json: change } = await ask('GET', `/api/v1/group/${group_id}/consensus/change`);
    expect(change).toMatchObject({ trx_id, recovery: true, phase: 'done', result: 'SUCCESS' });
    const wrong = await ask('POST', '/api/v1/group/updconsensus', { ...body, recovery: 'yes' });
    expect([wrong.status, wrong.json.code]).toEqual([400, 'bad-input']);
  });

  test('each wish that cannot be met is refused with what is wrong', async () => {
    const group_id = await createGroup();
    const good = { group_id, start_from_epoch: 10_000, producer_pubkey: [await owner(group_id)], ...ticks };
    const stranger = 'AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B';
    const wrong: [object, number, string, RegExp][] = [
      [{ producer_pubkey: [] }, 400, 'bad-input', /at least one producer/],
      [{ producer_pubkey: [...good.producer_pubkey, ...good.producer_pubkey] }, 400, 'bad-input', /twice/],
      [{ producer_pubkey: ['x'] }, 400, 'bad-input', /no|not a public key/],
      [{ producer_pubkey: [stranger] }, 422, 'not-announced', /announce itself/],
      [{ start_from_epoch: 0 }, 400, 'bad-input', /after the current epoch/],
      [{ trx_epoch_tick: 499 }, 400, 'bad-input', /trx_epoch_tick/],
      [{ agreement_tick_length: 999 }, 400, 'bad-input', /agreement_tick_length/],
      [{ agreement_tick_count: 9 }, 400, 'bad-input', /agreement_tick_count/],
      [{ group_id: unknownGroup }, 404, 'unknown-group', /group/],
    ];
    for (const [change, status, code, message] of wrong) {
      const { status: answered, json } = await ask('POST', '/api/v1/group/updconsensus', { ...good, ...change });
      expect([answered, json.code], JSON.stringify(change)).toEqual([status, code]);
      expect(json.message).toMatch(message);
    }
    const { json } = await ask('POST', '/api/v2/group/join', { seed: foreignSeed });
    const foreign = { ...good, group_id: json.group_id };
    expect((await ask('POST', '/api/v1/group/updconsensus', foreign)).json).toMatchObject({ code: 'not-allowed' });
  });
});
