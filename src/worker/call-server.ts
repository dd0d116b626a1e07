import type { Line } from './line.ts';
import { type Call, readFromClient, type ToClient } from './messages.ts';
import { refusalText } from './refusal.ts';

/** Calls at work at once; the rest wait. */
const CALLS_AT_WORK = 32;
/** Calls that wait: more than any person or sensible program makes, little enough to hold. */
const CALLS_WAITING = 512;
/** Only for the parts of a URL that a `Request` insists on; nothing is fetched from here. */
const IN_PROCESS_ORIGIN = 'http://sett.invalid';

/** Answers calls of clients with the router, a bounded number at a time. */
export class CallServer {
  readonly #fetch: (request: Request) => Response | Promise<Response>;
  readonly #waiting: (() => Promise<void>)[] = [];
  #atWork = 0;

  constructor(fetch: (request: Request) => Response | Promise<Response>) {
    this.#fetch = fetch;
  }

  /** Serves a line. `other` gets the messages that are no calls. */
  attach(line: Line, other: (message: Exclude<ReturnType<typeof readFromClient>, Call | undefined>) => void): void {
    line.listen((value) => {
      const message = readFromClient(value);
      if (message === undefined) return;
      if (message.type === 'call') this.#take(line, message);
      else other(message);
    });
  }

  #take(line: Line, call: Call): void {
    if (this.#waiting.length >= CALLS_WAITING) {
      reply(line, call, 503, 'application/json', refusalText('busy', 'The node has too much to answer. Try again in a moment.'));
      return;
    }
    this.#waiting.push(() => this.#work(line, call));
    this.#next();
  }

  #next(): void {
    if (this.#atWork >= CALLS_AT_WORK) return;
    const work = this.#waiting.shift();
    if (work === undefined) return;
    this.#atWork++;
    void work().finally(() => {
      this.#atWork--;
      this.#next();
    });
  }

  async #work(line: Line, call: Call): Promise<void> {
    try {
      const response = await this.#fetch(toRequest(call));
      const contentType = response.headers.get('content-type') ?? 'application/json';
      reply(line, call, response.status, contentType, await response.text());
    } catch (error) {
      // Only a call that is no HTTP request gets here (a method such as `?`): the router itself answers everything.
      const message = error instanceof Error ? error.message : 'unknown';
      reply(line, call, 400, 'application/json', refusalText('bad-input', `This is not a request: ${message}`));
    }
  }
}

function toRequest(call: Call): Request {
  const headers = new Headers();
  if (call.contentType !== undefined) headers.set('content-type', call.contentType);
  return new Request(new URL(call.path, IN_PROCESS_ORIGIN), {
    method: call.method,
    headers,
    ...(call.body !== undefined && { body: call.body }),
  });
}

function reply(line: Line, call: Call, status: number, contentType: string, body: string): void {
  const answer: ToClient = { type: 'answer', client: call.client, call: call.call, status, contentType, body };
  line.post(answer);
}
