import { askedGroups, EVENTS_PATH, eventStream } from '../api/events.ts';
import type { NodeEvent, Notice } from '../node/view.ts';
import {
  Calls,
  type FromClient,
  isProfileName,
  type Line,
  readFromClient,
  readToClient,
  SEAM_VERSION,
  seamName,
  type ToClient,
  toApiRequest,
  toResponse,
} from '../worker/index.ts';
import workerUrl from '../worker/main.ts?worker&url';
import { browserSurroundings, type Surroundings } from './browser.ts';
import { Heartbeat } from './heartbeat.ts';
import { nodeStarter, type RunningNode, type StartNode } from './leader.ts';
import { type Leadership, startLeadership, type TabRole } from './leadership.ts';

/** `role`: whether this tab runs the node or looks through to the tab that does; `problem`: why no node answers. */
export interface TabEvent {
  readonly type: 'tab';
  readonly role: TabRole;
  readonly problem?: Notice;
}
export type ClientEvent = NodeEvent | TabEvent;

export interface SettClient {
  /** Resolves when a node answers for the first time; rejects if none ever can here (with an error that has `code`). */
  readonly ready: Promise<void>;
  /**
   * The REST interface of the profile's node, like `fetch` on its paths. Waits for a node and survives a change of the leading tab; every
   * call is answered within half a minute, if with a refusal (503 `no-node`, `interrupted`; 504 `no-answer`). Rejects only as `fetch`
   * does: for a request that is none, and when it is aborted.
   */
  api(path: string, init?: RequestInit): Promise<Response>;
  /** Told of everything from now on, beginning with the present state. Returns a function that ends it. */
  subscribe(listener: (event: ClientEvent) => void): () => void;
}

/** A tab's way to its profile's node. One of a page. */
export function openClient(options: { readonly profile: string }): SettClient {
  return createClient(options.profile, browserSurroundings, nodeStarter(workerUrl));
}

/** Why no client can be had here. */
export class ClientError extends Error implements Notice {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'ClientError';
    this.code = code;
  }
}

/**
 * Questions without answer after which a window takes over from its leader, and a leader starts its node again. A call that waits for the
 * first must be answered by the new leader before its own limit (`CALL_LIMIT_MS`) is over.
 */
const SILENT_LEADER = 4;
const SILENT_NODE = 10;
/** A node that opens a large database is silent for longer. */
const SILENT_START = 20;
/** Several windows notice at once that their leader is gone: they spread their attempts over this long, and the first wins. */
const TAKE_OVER_SPREAD_MS = 3_000;
/** Waits before a node that failed is started again: doubled each time, started anew after a run of the last length. */
const RESTART_MIN_MS = 1_000;
const RESTART_MAX_MS = 60_000;

/** `openClient` with its surroundings given, for tests. */
export function createClient(profile: string, surroundings: Surroundings, start: StartNode): SettClient {
  const client = new Client(profile, surroundings, start);
  if (isProfileName(profile)) client.begin();
  else client.refuse(new ClientError('bad-profile', 'A profile’s name has 1 to 32 small letters, digits or hyphens.'));
  return {
    ready: client.ready,
    api: (path, init) => client.api(path, init),
    subscribe: (listener) => client.subscribe(listener),
  };
}

class Client {
  readonly #profile: string;
  readonly #surroundings: Surroundings;
  readonly #startNode: StartNode;
  readonly #id: string;
  readonly #calls: Calls;
  readonly #heartbeat: Heartbeat;
  readonly #listeners = new Set<(event: ClientEvent) => void>();
  readonly #ready = Promise.withResolvers<void>();
  #tab: TabEvent = { type: 'tab', role: 'electing' };
  #view: NodeEvent | undefined;
  /** Open between `begin` and `pause`. */
  #channel: Line | undefined;
  #leadership: Leadership | undefined;
  /** The node that runs in this tab, while it leads. */
  #node: RunningNode | undefined;
  /** Whether the node that this tab talks to has said that it is ready. */
  #isReady = false;
  #restartMs = RESTART_MIN_MS;
  #startedMs = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(profile: string, surroundings: Surroundings, start: StartNode) {
    this.#profile = profile;
    this.#surroundings = surroundings;
    this.#startNode = start;
    this.#id = surroundings.uuid();
    this.#calls = new Calls(this.#id, surroundings);
    this.#heartbeat = new Heartbeat(surroundings.every);
    // Whoever does not wait for it shall not see an unhandled rejection.
    this.#ready.promise.catch(() => {});
    surroundings.onPause(
      () => this.#pause(),
      () => this.begin(),
    );
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  async api(path: string, init?: RequestInit): Promise<Response> {
    const url = new URL(path, this.#surroundings.origin);
    // Events come here anyway: the stream is made where it is read.
    if (url.pathname === EVENTS_PATH && url.origin === this.#surroundings.origin && (init?.method ?? 'GET') === 'GET') {
      const subscribe = (listener: (event: NodeEvent) => void) =>
        this.subscribe((event) => {
          if (event.type !== 'tab') listener(event);
        });
      return eventStream({ subscribe, isTold: askedGroups(url), ...(init?.signal && { signal: init.signal }) });
    }
    const { request, signal, keepsStorage } = await toApiRequest(path, init, this.#surroundings.origin, this.#surroundings.uuid);
    const answer = await this.#calls.call(request, signal);
    if (keepsStorage && answer.status === 200) {
      this.#surroundings.keepStorage().catch((error: unknown) => console.warn('sett: storage may be evicted', error));
    }
    return toResponse(answer);
  }

  subscribe(listener: (event: ClientEvent) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#tab);
    if (this.#view !== undefined) listener(this.#view);
    return () => this.#listeners.delete(listener);
  }

  refuse(error: ClientError): void {
    const { code, message } = error;
    this.#setTab(this.#tab.role, { code, message });
    this.#calls.refuse(503, code, message);
    this.#ready.reject(error);
  }

  // ------------------------------------------------------------------------------------------------------ life of the page

  /** Takes part in the profile: at the beginning, and whenever the page comes back. */
  begin(): void {
    if (this.#channel !== undefined || !isProfileName(this.#profile)) return;
    this.#channel = this.#surroundings.channel(seamName(this.#profile));
    this.#leadership = startLeadership(this.#surroundings.lock(seamName(this.#profile)), (role) => this.#become(role));
  }

  /** The page is about to be closed, frozen or put away: let another tab lead, and let no messages pile up here. */
  #pause(): void {
    if (this.#channel === undefined) return;
    this.#leadership?.stop();
    this.#leadership = undefined;
    this.#endRole();
    this.#tell({ type: 'bye', client: this.#id });
    this.#channel.close();
    this.#channel = undefined;
    this.#setTab('electing');
  }

  #become(role: TabRole): void {
    this.#endRole();
    this.#setTab(role);
    if (role === 'leader') this.#lead();
    if (role === 'window') this.#follow();
  }

  #endRole(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#heartbeat.stop();
    this.#node?.stop();
    this.#node = undefined;
    this.#isReady = false;
    this.#calls.detach();
  }

  // ------------------------------------------------------------------------------------------------------------- leading

  #lead(): void {
    const channel = this.#channel;
    if (channel === undefined) return;
    const leader = this.#surroundings.uuid();
    const starting: ToClient = { type: 'leading', version: SEAM_VERSION, leader, state: 'starting' };
    const say = (message: ToClient) => channel.post(message);
    // While the node is not there yet this page speaks for it; after that the worker hears the channel itself.
    channel.listen((value) => {
      const message = readFromClient(value);
      if (this.#isReady || message === undefined) return;
      if (message.type === 'hello' || message.type === 'ping') {
        const { problem } = this.#tab;
        say(starting);
        if (problem !== undefined) say({ type: 'problem', problem });
      }
    });
    say(starting);

    this.#startedMs = this.#surroundings.nowMs();
    const node = this.#startNode(
      { profile: this.#profile, leader },
      { ready: () => this.#tell({ type: 'hello', client: this.#id }), stopped: (problem) => this.#restart(problem) },
    );
    this.#node = node;
    node.calls.listen((value) => this.#receive(value, node.calls));
    this.#heartbeat.start(
      () => this.#tell({ type: 'ping', client: this.#id }),
      (count) => {
        if (count >= (this.#isReady ? SILENT_NODE : SILENT_START)) {
          this.#restart({ code: 'node-silent', message: 'The node has stopped answering and is being started again.' });
        }
      },
    );
  }

  #restart(problem: Notice): void {
    if (this.#tab.role !== 'leader' || this.#node === undefined) return;
    this.#endRole();
    this.#setTab('leader', problem);
    this.#channel?.post({ type: 'problem', problem } satisfies ToClient);
    if (this.#surroundings.nowMs() - this.#startedMs > RESTART_MAX_MS) this.#restartMs = RESTART_MIN_MS;
    this.#cancelTimer = this.#surroundings.after(this.#restartMs, () => this.#lead());
    this.#restartMs = Math.min(this.#restartMs * 2, RESTART_MAX_MS);
  }

  // ----------------------------------------------------------------------------------------------------------- following

  #follow(): void {
    const channel = this.#channel;
    if (channel === undefined) return;
    channel.listen((value) => this.#receive(value, channel));
    this.#tell({ type: 'hello', client: this.#id });
    this.#heartbeat.start(
      () => this.#tell({ type: 'ping', client: this.#id }),
      (count) => {
        if (count === SILENT_LEADER) this.#takeOverSoon();
      },
    );
  }

  #takeOverSoon(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#surroundings.after(this.#surroundings.chance() * TAKE_OVER_SPREAD_MS, () =>
      this.#leadership?.takeOver(),
    );
  }

  // -------------------------------------------------------------------------------------------------------------- both

  #tell(message: FromClient): void {
    (this.#node?.calls ?? this.#channel)?.post(message);
  }

  #receive(value: unknown, line: Line): void {
    const message = readToClient(value);
    if (message === undefined) return;
    this.#heartbeat.heard();
    if (this.#tab.role === 'window') {
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
    }
    switch (message.type) {
      case 'leading':
        this.#meetLeader(message, line);
        break;
      case 'answer':
        this.#calls.answer(message);
        break;
      case 'events':
        for (const event of message.events) this.#emit(event);
        if (this.#node !== undefined) this.#tell({ type: 'events-taken' });
        break;
      case 'pong':
        // The leader was ready before this window heard of it.
        if (!this.#isReady) this.#tell({ type: 'hello', client: this.#id });
        break;
      case 'problem':
        this.#setTab(this.#tab.role, message.problem);
    }
  }

  #meetLeader({ version, leader, state }: Extract<ToClient, { type: 'leading' }>, line: Line): void {
    if (version !== SEAM_VERSION) {
      this.#calls.detach();
      const problem = { code: 'other-version', message: 'Another tab runs another version of Sett. Reload this tab.' };
      this.#calls.refuse(503, problem.code, problem.message);
      this.#setTab(this.#tab.role, problem);
      return;
    }
    this.#isReady = state === 'ready';
    if (state === 'starting') {
      this.#calls.detach();
      return;
    }
    this.#setTab(this.#tab.role);
    this.#calls.attach(line, leader);
    this.#ready.resolve();
  }

  #setTab(role: TabRole, problem?: Notice): void {
    const { role: oldRole, problem: oldProblem } = this.#tab;
    if (role === oldRole && problem?.code === oldProblem?.code && problem?.message === oldProblem?.message) return;
    this.#tab = { type: 'tab', role, ...(problem && { problem }) };
    this.#emit(this.#tab);
  }

  #emit(event: ClientEvent): void {
    if (event.type === 'view') this.#view = event;
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        console.error('sett: a listener failed', error);
      }
    }
  }
}
