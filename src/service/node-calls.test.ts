import { expect, test } from 'vitest';
import { type Call, type Line, readFromClient, SEAM_VERSION, type ToClient } from '../worker/index.ts';
import { NodeCalls } from './node-calls.ts';
import { isNodePath } from './paths.ts';

/** Lets promises under way settle. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A profile's channel with the leader's side of it in the test's hands. */
function browser({ hasTab = true } = {}) {
  const heard: { readonly type: string }[] = [];
  const timers = new Set<() => void>();
  let receive: ((message: unknown) => void) | undefined;
  let uuids = 0;
  const line: Line = {
    post: (message) => heard.push(readFromClient(message) ?? { type: 'unreadable' }),
    listen: (listener) => {
      receive = listener;
    },
    close: () => {
      receive = undefined;
    },
  };
  const calls = new NodeCalls('default', {
    channel: () => line,
    isLockWanted: async () => hasTab,
    every: (_periodMs, callback) => {
      timers.add(callback);
      return () => timers.delete(callback);
    },
    nowMs: () => 0,
    uuid: () => `00000000-0000-4000-8000-00000000000${uuids++}`,
  });
  return {
    calls,
    heard,
    say: (message: ToClient) => receive?.(message),
    tick: () => {
      for (const callback of [...timers]) callback();
    },
    isConnected: () => receive !== undefined,
    sent: () => heard.filter((message): message is Call => message.type === 'call'),
  };
}

const leading = (leader: string): ToClient => ({ type: 'leading', version: SEAM_VERSION, leader, state: 'ready' });
const request = (route: string, init?: RequestInit) => new Request(`http://sett.test${route}`, init);

function answerTo({ client, call }: Call, status = 200): ToClient {
  return { type: 'answer', client, call, status, contentType: 'application/json', body: '{"ok":true}' };
}

test('no answer may be framed: a frame of the described interface could call', async () => {
  const { calls } = browser({ hasTab: false });
  const { headers } = await calls.answer(request('/docs'));
  expect([headers.get('content-security-policy'), headers.get('x-frame-options')]).toEqual(["frame-ancestors 'none'", 'DENY']);
});

test('W-1: a call goes to the leader that answers, and the way to it is open only meanwhile', async () => {
  const { calls, heard, say, sent, tick, isConnected } = browser();
  const answer = calls.answer(request('/api/v1/groups'));
  await settle();
  expect(sent()).toEqual([]);
  tick();
  expect(heard.filter(({ type }) => type === 'hello').length).toBeGreaterThan(1);
  say(leading('a'));
  const [call] = sent();
  expect(call).toMatchObject({ method: 'GET', path: '/api/v1/groups' });
  say(answerTo(call as Call));
  expect(await (await answer).json()).toEqual({ ok: true });
  await settle();
  expect(heard.at(-1)?.type).toBe('bye');
  expect(isConnected()).toBe(false);
});

test('W-1: without a tab of the profile a call is refused at once', async () => {
  const { calls, heard } = browser({ hasTab: false });
  const answer = await calls.answer(request('/api/v1/groups'));
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ code: 'no-node' });
  expect(heard).toEqual([]);
});

test('W-1: a post that a new leader gets again is the same post', async () => {
  const { calls, say, sent } = browser();
  const group = '00000000-0000-4000-8000-0000000000aa';
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"data":{}}' };
  const answer = calls.answer(request(`/api/v1/group/${group}/content`, init));
  await settle();
  say(leading('a'));
  say(leading('b'));
  const [first, second] = sent();
  expect(second?.body).toBe(first?.body);
  expect(JSON.parse(first?.body ?? '')).toHaveProperty('trx_id');
  say(answerTo(second as Call));
  expect((await answer).status).toBe(200);
});

test('W-1: events are told as long as the page listens, by whichever tab leads', async () => {
  const { calls, heard, say, isConnected } = browser();
  const answer = await calls.answer(request('/api/v1/events?group_id=a'));
  const reader = answer.body?.getReader();
  const read = async () => new TextDecoder().decode((await reader?.read())?.value);
  expect(await read()).toBe(': hello\n\n');
  const greetings = () => heard.filter(({ type }) => type === 'hello').length;
  const block = (groupId: string, blockId: number): ToClient => ({
    type: 'events',
    events: [{ type: 'block', groupId, blockId, hash: 'ab', trxs: 1 }],
  });
  for (const leader of ['a', 'b']) {
    const before = greetings();
    say(leading(leader));
    // The node answers a greeting with the same word: that is no reason to greet again.
    say(leading(leader));
    expect(greetings()).toBe(before + 1);
  }
  say(block('other', 1));
  say(block('a', 2));
  expect(await read()).toContain('"block_id":2');
  await reader?.cancel();
  expect([heard.at(-1)?.type, isConnected()]).toEqual(['bye', false]);
});

test('W-1: a leader of another version is not called', async () => {
  const { calls, say, sent } = browser();
  const answer = calls.answer(request('/api/v1/groups'));
  await settle();
  say({ type: 'leading', version: SEAM_VERSION + 1, leader: 'a', state: 'ready' });
  expect(await (await answer).json()).toMatchObject({ code: 'other-version' });
  expect(sent()).toEqual([]);
});

test('W-1: only paths of the REST interface on this origin are the node’s', () => {
  const isNode = (url: string) => isNodePath(new URL(url), 'http://sett.test');
  expect(isNode('http://sett.test/api/v1/groups')).toBe(true);
  expect(isNode('http://sett.test/app/api/v1/group/x/content')).toBe(true);
  expect(isNode('http://sett.test/docs')).toBe(true);
  expect(isNode('http://sett.test/docs/page.js')).toBe(true);
  expect(isNode('http://sett.test/bootstrap.json')).toBe(false);
  expect(isNode('http://sett.test/assets/api/v1.js')).toBe(false);
  expect(isNode('http://other.test/api/v1/groups')).toBe(false);
});
