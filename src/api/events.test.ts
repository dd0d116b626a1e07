import { OpenAPIHono } from '@hono/zod-openapi';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { NodeService } from '../node/service.ts';
import type { NodeEvent } from '../node/view.ts';
import { addEventRoutes } from './event-routes.ts';
import { askedGroups, EVENTS_PATH, type EventStreamOptions, eventStream } from './events.ts';

const block = (groupId: string, blockId: number): NodeEvent => ({ type: 'block', groupId, blockId, hash: 'ab', trxs: 1 });

function source() {
  const listeners = new Set<(event: NodeEvent) => void>();
  const subscribe: EventStreamOptions['subscribe'] = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const say = (event: NodeEvent): void => {
    for (const listener of [...listeners]) listener(event);
  };
  return { listeners, subscribe, say };
}

function readerOf(response: Response): () => Promise<string | undefined> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  return async () => {
    const read = await reader?.read();
    return read?.done ? undefined : decoder.decode(read?.value);
  };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('Server-Sent Events', () => {
  test('are told to nobody who asks for the head of the answer only', async () => {
    const { listeners, subscribe } = source();
    const router = new OpenAPIHono();
    addEventRoutes(router, { subscribe } as NodeService);
    const { status, headers } = await router.request(EVENTS_PATH, { method: 'HEAD' });
    expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect(listeners.size).toBe(0);
  });

  test('are those of the asked groups, in order, and the connection is kept open', async () => {
    const { subscribe, say } = source();
    const isTold = askedGroups(new URL('http://sett.test/api/v1/events?group_id=A&group_id=b'));
    const response = eventStream({ subscribe, isTold });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const read = readerOf(response);
    expect(await read()).toBe(': hello\n\n');
    for (const event of [block('a', 1), block('c', 2), block('b', 3)]) say(event);
    const answer = { result: 'Applied', version: 1, stateRoot: 'cd' } as const;
    say({ type: 'trx', groupId: 'a', trxId: 't', status: 'Committed', blockId: 1, ...answer });
    expect(await read()).toBe('event: block\ndata: {"type":"block","group_id":"a","block_id":1,"hash":"ab","trxs":1}\n\n');
    expect(await read()).toContain('"block_id":3');
    expect(await read()).toBe(
      'event: trx\ndata: {"type":"trx","group_id":"a","trx_id":"t","status":"Committed","block_id":1,"result":"Applied","version":1,"state_root":"cd"}\n\n',
    );
    vi.advanceTimersByTime(20_000);
    expect(await read()).toBe(': still here\n\n');
  });

  test('end for a reader who leaves, who is told to, or who does not keep up', async () => {
    const { subscribe, say, listeners } = source();
    const ended = vi.fn();
    const isTold = () => true;
    await eventStream({ subscribe, isTold, ended }).body?.cancel();
    expect([listeners.size, ended.mock.calls.length, vi.getTimerCount()]).toEqual([0, 1, 0]);

    const aborting = new AbortController();
    const read = readerOf(eventStream({ subscribe, isTold, ended, signal: aborting.signal }));
    aborting.abort();
    expect([await read(), await read()]).toEqual([': hello\n\n', undefined]);
    expect([listeners.size, ended.mock.calls.length]).toEqual([0, 2]);

    const slow = readerOf(eventStream({ subscribe, isTold, ended }));
    for (let blockId = 0; blockId < 2_000; blockId++) say(block('a', blockId));
    expect([listeners.size, ended.mock.calls.length]).toEqual([0, 3]);
    let told = 0;
    while ((await slow()) !== undefined) told++;
    expect(told).toBe(1_000);
  });
});
