import { beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { guestBook } from '../../docs/examples/guest-book.ts';
import { createRouter, openApiDocument } from '../api/index.ts';
import { World } from '../sim/index.ts';
import { type ClientOptions, createSettClient, type SettClient, SettError } from './index.ts';
import { ROUTES } from './routes.ts';

const PAUSE_MS = 200;
const TURNS = 20;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let world: World;
let requests: { url: string; init: RequestInit }[];
let sett: SettClient;

async function pass(durationMs: number): Promise<void> {
  // Simulated time goes from event to event: without one of ours it may not get there.
  world.time.plan(durationMs, () => {});
  await world.run(durationMs);
  await turn();
}

/** Lets time pass until it settles. */
async function settled<T>(promise: Promise<T>): Promise<T> {
  let isOpen = true;
  const close = () => {
    isOpen = false;
  };
  promise.then(close, close);
  for (let turns = 0; isOpen && turns < TURNS; turns++) await turn();
  while (isOpen) await pass(PAUSE_MS);
  return promise;
}

beforeEach(async () => {
  world = await World.create(51);
  requests = [];
  const { node } = await world.addMachine('node');
  const router = createRouter(node, { version: '1.2.3' });
  const fetch: ClientOptions['fetch'] = (url, init) => {
    requests.push({ url, init });
    return router.request(url, init);
  };
  sett = createSettClient({ fetch, pause: async () => turn() });
});

const GROUP = { group_name: 'badgers', consensus_type: 'poa', encryption_type: 'public', app_key: 'test_app' } as const;

describe('the client library', () => {
  it('has a method for every route that the interface describes, and no other', () => {
    const described = Object.entries(openApiDocument().paths ?? {}).flatMap(([path, item]) =>
      Object.entries(item as Record<string, { operationId: string }>).map(([method, { operationId }]) => [
        operationId,
        [method.toUpperCase(), path],
      ]),
    );
    // `events` has no end, and a method of its own.
    const { events, ...others } = Object.fromEntries(described);
    expect(ROUTES).toEqual(others);
    expect(events).toEqual(['GET', '/api/v1/events']);
  });

  it('posts, waits until that is final, and reads, with types from the schemas', async () => {
    const { group_id } = await settled(sett.createGroup(GROUP));
    const { trx_id } = await settled(sett.post({ group_id, data: { type: 'Note', big: 12345678901234567890n } }));
    expect(await settled(sett.untilFinal({ group_id, trx_id }))).toBe(2);
    const posts = await settled(sett.contents({ group_id, num: 5, reverse: true, senders: ['a', 'b'] }));
    expect(requests.at(-1)?.url).toBe(`/app/api/v1/group/${group_id}/content?num=5&reverse=true&senders=a&senders=b`);
    expect(posts).toEqual([]);
    expectTypeOf(posts).toExtend<readonly { TrxId: string; Publisher: string; Content?: unknown; TimeStamp: string }[]>();
    const [post] = await settled(sett.contents({ group_id }));
    expect(post).toMatchObject({ TrxId: trx_id, Content: { type: 'Note', big: 12345678901234567890n } });
    const { groups } = await settled(sett.groups());
    expectTypeOf(groups[0]?.last_updated).toEqualTypeOf<bigint | undefined>();
    expect(groups[0]).toMatchObject({ group_id, last_updated: expect.any(BigInt) });
  });

  it('sends names in a path encoded, and the passphrase of a backup in its header', async () => {
    const { group_id } = await settled(sett.createGroup(GROUP));
    const setting = { group_id, action: 'add', name: 'a/b c', type: 'string', value: 'é' } as const;
    const { trx_id } = await settled(sett.setAppConfig(setting));
    await settled(sett.untilFinal({ group_id, trx_id }));
    expect(await settled(sett.appConfig({ group_id, key: 'a/b c' }))).toMatchObject({ Value: 'é' });
    await expect(settled(sett.backup({ 'sett-passphrase': 'é' }))).rejects.toThrow(SettError);
    expect(requests.at(-1)).toMatchObject({ url: '/api/v1/backup', init: { headers: { 'sett-passphrase': '%C3%A9' } } });
  });

  it('sends a list where a route takes one', async () => {
    const connected = await settled(sett.connectPeers(['/nowhere']));
    expectTypeOf(connected.error).toEqualTypeOf<Record<string, string>>();
    expect(connected).toMatchObject({ succ_count: 0, err_count: 1, error: { '/nowhere': expect.any(String) } });
    expect(requests.at(-1)).toMatchObject({ url: '/api/v1/network/peers', init: { body: '["/nowhere"]' } });
  });

  it('gives refusals as errors with status, code and sentence', async () => {
    const group_id = '00000000-0000-4000-8000-000000000000';
    const refused = await settled(sett.groupSeed({ group_id }).catch((error: unknown) => error));
    expect(refused).toBeInstanceOf(SettError);
    expect(refused).toMatchObject({ status: 404, code: 'unknown-group', message: expect.stringContaining(group_id) });
    // @ts-expect-error a call without what it needs does not compile
    await expect(sett.groupSeed()).rejects.toThrow(/groupSeed needs group_id/);
    const { group_id: own } = await settled(sett.createGroup(GROUP));
    await expect(settled(sett.untilFinal({ group_id: own, trx_id: group_id }))).rejects.toMatchObject({ code: 'unknown-trx' });
  });

  it('says when nothing, or something else, answers', async () => {
    const nobody = createSettClient({ origin: 'http://node.test', fetch: () => Promise.reject(new TypeError('refused')) });
    await expect(nobody.groups()).rejects.toMatchObject({ status: 0, code: 'no-node', message: /http:\/\/node\.test/ });
    const other = createSettClient({ fetch: () => new Response('<html>', { status: 200 }) });
    await expect(other.groups()).rejects.toMatchObject({ code: 'no-node', message: /no Sett node/ });
    const aborted = AbortSignal.abort(new Error('enough'));
    await expect(nobody.groups({}, { signal: aborted })).rejects.toThrow('enough');
  });

  it('tells events as they come, and stops when it is told to', async () => {
    const { group_id } = await settled(sett.createGroup(GROUP));
    const events = sett.events({ group_id });
    const first = events.next();
    await settled(turn());
    const { trx_id } = await settled(sett.post({ group_id, data: {} }));
    expect(await settled(first)).toMatchObject({ value: { type: 'trx', group_id, trx_id, status: 'Pending' } });
    expect(await settled(events.next())).toMatchObject({ value: { type: 'block', block_id: 2, trxs: 1 } });
    expect(await settled(events.next())).toMatchObject({ value: { type: 'trx', trx_id, status: 'Committed', version: 2 } });
    await events.return();
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it('sends a token if it has one', async () => {
    let sent: RequestInit | undefined;
    const fetch: ClientOptions['fetch'] = (_url, init) => {
      sent = init;
      return Response.json({ groups: [] });
    };
    await createSettClient({ fetch, token: 'abc' }).groups();
    expect(sent?.headers).toMatchObject({ authorization: 'Bearer abc' });
  });
});

describe('the example of the guide, a guest book', () => {
  it('is signed and read, with what guests write escaped, and goes on in the same group', async () => {
    const book = await settled(guestBook(sett));
    const page = async () => (await settled(Promise.resolve(book.request('/')))).text();
    expect(await page()).toContain('<h1>Guest book</h1>');
    const body = new URLSearchParams({ name: '<b>Bo</b>', content: 'What a place!' });
    const signed = await settled(Promise.resolve(book.request('/', { method: 'POST', body })));
    expect([signed.status, signed.headers.get('location')]).toEqual([303, '/']);
    expect(await page()).toContain('<b>&lt;b&gt;Bo&lt;/b&gt;</b>: What a place!');
    const { groups } = await settled(sett.groups());
    const odd = { group_id: groups[0]?.group_id ?? '', data: { name: { toString: 1 }, content: null } };
    const { trx_id } = await settled(sett.post(odd));
    await settled(sett.untilFinal({ ...odd, trx_id }));
    expect(await page()).toContain('<b>(not readable)</b>: (not readable)');
    const again = await settled(guestBook(sett));
    expect(await (await settled(Promise.resolve(again.request('/')))).text()).toContain('What a place!');
  });
});
