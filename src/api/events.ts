import type { NodeEvent, TrxAnswer } from '../node/view.ts';

/**
 * Events as Server-Sent Events. They cross from the node to pages and service workers as events; whoever answers makes the stream, so that no
 * stream has to cross. Light on purpose: pages load it without the router.
 */

export const EVENTS_PATH = '/api/v1/events';
export const EVENTS_HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' } as const;

type ToldEvent = Exclude<NodeEvent, { readonly type: 'view' }>;

/** An event as programs get it, names as everywhere in the interface. */
export function eventJson(event: ToldEvent): Readonly<Record<string, string | number>> {
  if (event.type === 'block') {
    return { type: 'block', group_id: event.groupId, block_id: event.blockId, hash: event.hash, trxs: event.trxs };
  }
  return {
    type: 'trx',
    group_id: event.groupId,
    trx_id: event.trxId,
    status: event.status,
    ...(event.status === 'Committed' && { block_id: event.blockId, ...answerJson(event) }),
  };
}

/** The answer to a request, but for why it was rejected. */
export const answerJson = ({ result, version, stateRoot }: Omit<TrxAnswer, 'reason'>) => ({
  result,
  version,
  state_root: stateRoot,
});

/** Proxies and browsers drop connections on which nothing is said for about a minute. */
const KEEP_ALIVE_MS = 15_000;
/** Events that wait for a reader who does not keep up; after these the stream ends, and the reader comes again. */
const WAITING_MAX = 1_000;

export interface EventStreamOptions {
  /** Calls back with every event from now on; returns a function that ends it. */
  readonly subscribe: (listener: (event: NodeEvent) => void) => () => void;
  /** Whether events of this group are told. */
  readonly isTold: (groupId: string) => boolean;
  /** Ends the stream. */
  readonly signal?: AbortSignal;
  /** Called once when it has ended, whoever ended it. */
  readonly ended?: () => void;
}

/** An answer that goes on until its reader, its signal or the reader's slowness ends it. */
export function eventStream({ subscribe, isTold, signal, ended }: EventStreamOptions): Response {
  const encoder = new TextEncoder();
  let end = (): void => {};
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const tell = (text: string): void => {
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(text));
          else close();
        };
        const unsubscribe = subscribe((event) => {
          if (event.type === 'view' || !isTold(event.groupId)) return;
          tell(`event: ${event.type}\ndata: ${JSON.stringify(eventJson(event))}\n\n`);
        });
        const timer = setInterval(() => tell(': still here\n\n'), KEEP_ALIVE_MS);
        end = () => {
          unsubscribe();
          clearInterval(timer);
          signal?.removeEventListener('abort', close);
          end = () => {};
          ended?.();
        };
        const close = (): void => {
          end();
          controller.close();
        };
        signal?.addEventListener('abort', close, { once: true });
        // The head of the answer reaches the reader with its first byte.
        tell(': hello\n\n');
      },
      cancel: () => end(),
    },
    new CountQueuingStrategy({ highWaterMark: WAITING_MAX }),
  );
  return new Response(body, { headers: EVENTS_HEADERS });
}

/** Which groups a call for events asks for: `?group_id=`, repeated for several; without it all. Ids are matched whatever their case. */
export function askedGroups(url: URL): (groupId: string) => boolean {
  const asked = new Set(url.searchParams.getAll('group_id').map((groupId) => groupId.toLowerCase()));
  return (groupId) => asked.size === 0 || asked.has(groupId);
}
