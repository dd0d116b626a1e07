import type { Line } from './line.ts';
import type { Call, ToClient } from './messages.ts';
import { refusalText } from './refusal.ts';

/** A request of the REST interface as a client keeps it until it is answered. */
export interface ApiRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly contentType: string | undefined;
  readonly body: string | undefined;
  /** Whether sending it to a second leader, after a first may have done it, does no more than doing it once. */
  readonly isRepeatable: boolean;
}

export interface ApiAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Calls under way; the rest wait here rather than in the node. */
const CALLS_UNDER_WAY = 32;
const CALLS_WAITING = 1_000;
/** How long a call may take in all: longer than noticing that a leader has died and starting another. */
export const CALL_LIMIT_MS = 30_000;
const CLOCK_MS = 1_000;
/** A page that was frozen gets its calls answered after it wakes: a gap between two looks at the clock counts as this much at most. */
const GAP_MS = 3_000;

interface OpenCall {
  readonly id: number;
  readonly request: ApiRequest;
  readonly settle: (answer: ApiAnswer) => void;
  /** The leader that it was sent to. */
  sentTo: string | undefined;
  ageMs: number;
}

/** A refusal in the router's form. */
export function refusal(status: number, code: string, message: string): ApiAnswer {
  return { status, contentType: 'application/json; charset=utf-8', body: refusalText(code, message) };
}

/**
 * A tab's calls to the node, wherever that runs. They outlive a leader: whatever is unanswered when another takes over is sent again
 * to that one, and answered with a clear refusal where that is not safe. Every call is answered within {@link CALL_LIMIT_MS}.
 */
export class Calls {
  readonly #client: string;
  readonly #every: (periodMs: number, callback: () => void) => () => void;
  readonly #nowMs: () => number;
  readonly #open = new Map<number, OpenCall>();
  #nextId = 0;
  #leader: { readonly line: Line; readonly id: string } | undefined;
  #refusal: ApiAnswer | undefined;
  #stopClock: (() => void) | undefined;
  #lookedMs = 0;

  constructor(
    client: string,
    clock: { readonly every: (periodMs: number, callback: () => void) => () => void; readonly nowMs: () => number },
  ) {
    this.#client = client;
    this.#every = clock.every;
    this.#nowMs = clock.nowMs;
  }

  call(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    signal.throwIfAborted();
    if (this.#refusal !== undefined) return Promise.resolve(this.#refusal);
    if (this.#open.size >= CALLS_UNDER_WAY + CALLS_WAITING) {
      return Promise.resolve(refusal(503, 'busy', 'Too many calls wait for an answer in this tab. Try again in a moment.'));
    }
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<ApiAnswer>();
    const abort = () => {
      this.#close(id);
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#open.set(id, {
      id,
      request,
      sentTo: undefined,
      ageMs: 0,
      settle: (answer) => {
        signal.removeEventListener('abort', abort);
        resolve(answer);
      },
    });
    this.#runClock();
    this.#send();
    return promise;
  }

  /** A node is ready behind `line`. `leader` names this run of it. */
  attach(line: Line, leader: string): void {
    this.#leader = { line, id: leader };
    this.#refusal = undefined;
    for (const call of [...this.#open.values()]) {
      // What this leader has got already it will answer.
      if (call.sentTo === undefined || call.sentTo === leader) continue;
      if (call.request.isRepeatable) call.sentTo = undefined;
      else {
        this.#settle(
          call.id,
          refusal(503, 'interrupted', 'The leading tab changed during this call. Look whether it was done before you try again.'),
        );
      }
    }
    this.#send();
  }

  /** Nobody is there to take calls: they wait. */
  detach(): void {
    this.#leader = undefined;
  }

  answer(message: Extract<ToClient, { type: 'answer' }>): void {
    if (message.client === this.#client) this.#settle(message.call, message);
  }

  /** Answers everything with a refusal, now and until `attach`: no node will come. */
  refuse(status: number, code: string, message: string): void {
    this.#refusal = refusal(status, code, message);
    for (const id of [...this.#open.keys()]) this.#settle(id, this.#refusal);
  }

  #settle(id: number, { status, contentType, body }: ApiAnswer): void {
    const call = this.#open.get(id);
    this.#close(id);
    call?.settle({ status, contentType, body });
  }

  #close(id: number): void {
    this.#open.delete(id);
    if (this.#open.size === 0) this.#stopClock?.();
    else this.#send();
  }

  /** Sends what is unsent, oldest first, as far as there is room. */
  #send(): void {
    const leader = this.#leader;
    if (leader === undefined) return;
    let underWay = 0;
    for (const call of this.#open.values()) {
      if (++underWay > CALLS_UNDER_WAY) return;
      if (call.sentTo !== undefined) continue;
      call.sentTo = leader.id;
      const { method, path, contentType, body } = call.request;
      leader.line.post({ type: 'call', client: this.#client, call: call.id, method, path, contentType, body } satisfies Call);
    }
  }

  #runClock(): void {
    if (this.#stopClock !== undefined) return;
    this.#lookedMs = this.#nowMs();
    const stop = this.#every(CLOCK_MS, () => this.#look());
    this.#stopClock = () => {
      stop();
      this.#stopClock = undefined;
    };
  }

  #look(): void {
    const nowMs = this.#nowMs();
    const passedMs = Math.min(nowMs - this.#lookedMs, GAP_MS);
    this.#lookedMs = nowMs;
    for (const call of [...this.#open.values()]) {
      call.ageMs += passedMs;
      if (call.ageMs < CALL_LIMIT_MS) continue;
      this.#settle(
        call.id,
        call.sentTo === undefined
          ? refusal(503, 'no-node', 'No tab of this profile runs a node at the moment. Reload this tab.')
          : refusal(504, 'no-answer', 'The node did not answer in time. Look whether it was done before you try again.'),
      );
    }
  }
}
