import { askedGroups, EVENTS_PATH, eventStream } from '../api/events.ts';
import type { NodeEvent } from '../node/view.ts';
import {
  Calls,
  type FromClient,
  type Line,
  readRequest,
  readToClient,
  refusal,
  SEAM_VERSION,
  seamName,
  type ToClient,
  toResponse,
} from '../worker/index.ts';

/** What of its surroundings the service worker's calls need; tests bring their own. */
export interface ServiceSurroundings {
  channel(name: string): Line;
  /** Whether a tab holds this Web Lock, or waits for it. */
  isLockWanted(name: string): Promise<boolean>;
  every(periodMs: number, callback: () => void): () => void;
  nowMs(): number;
  uuid(): string;
}

/** How often a leader that has not answered yet is greeted again. */
const GREET_MS = 2_000;

/**
 * Calls of pages to one profile's node, by way of the service worker: one more window onto the leading tab, open only while a call is. It holds nothing
 * that matters, so the browser may end the service worker at any time: what it forgets are calls whose pages see `fetch` fail, as over any network.
 */
export class NodeCalls {
  readonly #surroundings: ServiceSurroundings;
  readonly #name: string;
  readonly #id: string;
  readonly #calls: Calls;
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  #line: Line | undefined;
  /** The run of a node that was greeted last. */
  #leader: string | undefined;
  #open = 0;
  #stopGreeting: (() => void) | undefined;

  constructor(profile: string, surroundings: ServiceSurroundings) {
    this.#surroundings = surroundings;
    this.#name = seamName(profile);
    this.#id = surroundings.uuid();
    this.#calls = new Calls(this.#id, surroundings);
  }

  /** Answers like `fetch`: rejects only if the request is aborted. Without any tab of the profile it is refused at once. */
  async answer(request: Request): Promise<Response> {
    const { uuid } = this.#surroundings;
    const { request: call, signal } = await readRequest(request, request.headers.get('content-type'), uuid);
    if (!(await this.#surroundings.isLockWanted(this.#name))) {
      return toResponse(refusal(503, 'no-node', 'No tab of this profile is open in this browser. Open the app, then try again.'));
    }
    const url = new URL(request.url);
    this.#begin();
    if (url.pathname === EVENTS_PATH && request.method === 'GET') {
      const subscribe = (listener: (event: NodeEvent) => void) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      };
      return eventStream({ subscribe, isTold: askedGroups(url), signal, ended: () => this.#end() });
    }
    try {
      return toResponse(await this.#calls.call(call, signal));
    } finally {
      this.#end();
    }
  }

  #begin(): void {
    this.#connect();
    this.#open += 1;
  }

  #end(): void {
    this.#open -= 1;
    if (this.#open === 0) this.#disconnect();
  }

  #connect(): void {
    if (this.#line) return;
    const line = this.#surroundings.channel(this.#name);
    this.#line = line;
    line.listen((value) => this.#receive(value, line));
    const greet = (): void => line.post({ type: 'hello', client: this.#id } satisfies FromClient);
    greet();
    this.#stopGreeting = this.#surroundings.every(GREET_MS, greet);
  }

  #disconnect(): void {
    this.#stopGreeting?.();
    this.#stopGreeting = undefined;
    this.#calls.detach();
    this.#line?.post({ type: 'bye', client: this.#id } satisfies FromClient);
    this.#line?.close();
    this.#line = undefined;
    this.#leader = undefined;
  }

  #receive(value: unknown, line: Line): void {
    const message: ToClient | undefined = readToClient(value);
    if (message?.type === 'answer') this.#calls.answer(message);
    if (message?.type === 'events') for (const event of message.events) for (const listener of this.#listeners) listener(event);
    if (message?.type !== 'leading') return;
    if (message.version !== SEAM_VERSION) {
      this.#calls.refuse(503, 'other-version', 'The open tab runs another version of Sett than its service worker. Reload it.');
    } else if (message.state === 'starting') this.#calls.detach();
    else {
      this.#stopGreeting?.();
      this.#stopGreeting = undefined;
      this.#calls.attach(line, message.leader);
      // A node tells events to those who have greeted it.
      if (this.#leader !== message.leader) line.post({ type: 'hello', client: this.#id } satisfies FromClient);
      this.#leader = message.leader;
    }
  }
}
