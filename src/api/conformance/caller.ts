import { parseExact, stringifyExact } from '../../records/index.ts';
import { answerSchemaOf } from './answer-schemas.ts';

/** A node to be examined, wherever it answers: in process, over HTTP, through the service worker of a page. */
export interface Place {
  /** As `fetch`, with the node's own paths. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Lets a little time pass, e.g. 100 ms: how a case waits for a block. */
  pause(): Promise<void>;
}

/** A node that does not answer as it must. */
export class ConformanceError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConformanceError';
  }
}

/** What an answer holds. Numbers beyond 2^53 are bigints. */
// biome-ignore lint/suspicious/noExplicitAny: the shape of each answer is what the cases examine
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: Json;
}

/** Pauses before a trx that is not final is given up: half a minute of a node whose pause is 100 ms, far more than it needs. */
const PAUSES_MAX = 300;

/** Asks one node and checks what holds of every answer: that it is JSON, never cached, of the shape that the interface describes. */
export class Caller {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  /** A body that is a string is sent as it is. */
  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const init: RequestInit = { method };
    if (body !== undefined) {
      init.headers = { 'content-type': 'application/json' };
      init.body = typeof body === 'string' ? body : JSON.stringify(body);
    }
    const response = await this.#place.fetch(path, init);
    const text = await response.text();
    const where = `${method} ${path} (${response.status})`;
    equal(`${where}: content-type`, response.headers.get('content-type'), 'application/json; charset=utf-8');
    let json: Json;
    try {
      json = parseExact(text);
    } catch {
      throw new ConformanceError(`${where} is no JSON: ${text.slice(0, 200)}`);
    }
    if (response.status === 200) checkAgainstSchema(method, path, json);
    else checkRefusal(where, json);
    return { status: response.status, text, json };
  }

  /** Asks and insists on 200. */
  async get(path: string): Promise<Json> {
    return good(`GET ${path}`, await this.ask('GET', path));
  }

  async post(path: string, body?: unknown): Promise<Json> {
    return good(`POST ${path}`, await this.ask('POST', path, body));
  }

  /** Asks and insists on a refusal with this status and code. Answers its message. */
  async refused(status: number, code: string, method: string, path: string, body?: unknown): Promise<string> {
    const answer = await this.ask(method, path, body);
    equal(`${method} ${path}: status and code`, [answer.status, answer.json.code], [status, code]);
    return answer.json.message;
  }

  /** Waits until a trx is final and applied. */
  async untilFinal(groupId: string, trxId: string): Promise<void> {
    const path = `/api/v1/trx/${groupId}/${trxId}/status`;
    let status: Json;
    await this.until(`${trxId} is final`, async () => {
      status = await this.get(path);
      return status.status === 'Committed';
    });
    if (status.reason !== undefined) throw new ConformanceError(`${trxId} is final without effect: ${status.reason.message}`);
  }

  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (let pauses = 0; pauses < PAUSES_MAX; pauses++) {
      if (await isSo()) return;
      await this.#place.pause();
    }
    throw new ConformanceError(`waited in vain until ${what}`);
  }

  /** An answer without end. What is read is told as text. */
  async open(path: string): Promise<{
    readonly contentType: string;
    readUntil(isEnough: (text: string) => boolean): Promise<string>;
    end(): Promise<void>;
  }> {
    const response = await this.#place.fetch(path);
    equal(`GET ${path}: status`, response.status, 200);
    const reader = response.body?.getReader();
    if (reader === undefined) throw new ConformanceError(`GET ${path} has no body`);
    const decoder = new TextDecoder();
    let text = '';
    let isOver = false;
    const readOn = async (): Promise<void> => {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        text += decoder.decode(value, { stream: true });
      }
      isOver = true;
    };
    const reading = readOn();
    return {
      contentType: response.headers.get('content-type') ?? '',
      readUntil: async (isEnough) => {
        await this.until(`GET ${path} tells enough`, async () => isOver || isEnough(text));
        return text;
      },
      end: async () => {
        await reader.cancel();
        await reading;
      },
    };
  }

  async createGroup(over: object = {}): Promise<{ group_id: string; seed: string }> {
    return this.post('/api/v1/group', { ...NEW_GROUP, ...over });
  }

  /** Leaves nothing of a case behind. */
  async forget(groupId: string): Promise<void> {
    await this.post('/api/v1/group/leave', { group_id: groupId });
    await this.post('/api/v1/group/clear', { group_id: groupId });
  }
}

export const NEW_GROUP = {
  group_name: 'my_test_group',
  consensus_type: 'poa',
  encryption_type: 'public',
  app_key: 'test_app',
} as const;

/** Well-formed, and of no group and no trx. */
export const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

function good(where: string, { status, json, text }: Answer): Json {
  if (status !== 200) throw new ConformanceError(`${where} is refused with ${status}: ${text}`);
  return json;
}

function checkRefusal(where: string, json: Json): void {
  if (typeof json?.message !== 'string' || json.message === '' || typeof json.code !== 'string') {
    throw new ConformanceError(`${where} is no refusal with message and code: ${stringifyExact(json)}`);
  }
}

function checkAgainstSchema(method: string, path: string, json: Json): void {
  const schema = answerSchemaOf(method, path);
  if (schema === undefined) throw new ConformanceError(`${method} ${path} answers, and the interface does not describe it`);
  const { success, data, error } = schema.safeParse(json);
  if (!success) throw new ConformanceError(`${method} ${path} is not as described: ${error.message}`);
  // Parsing drops what the schema does not name.
  equal(`${method} ${path}: as described`, json, data);
}

/** Throws unless both are the same JSON, whatever the order of names. */
export function equal(what: string, actual: unknown, expected: unknown): void {
  const [is, should] = [canonical(actual), canonical(expected)];
  if (is !== should) throw new ConformanceError(`${what}: is ${is}, should be ${should}`);
}

/** Throws unless an object has exactly these names, in whatever order. */
export function equalKeys(what: string, actual: object, keys: readonly string[]): void {
  equal(`${what}: names`, Object.keys(actual).sort(), [...keys].sort());
}

export function matches(what: string, text: string, pattern: RegExp): void {
  if (!pattern.test(text)) throw new ConformanceError(`${what}: ${JSON.stringify(text)} does not match ${pattern}`);
}

function canonical(value: unknown): string {
  return stringifyExact(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, member]) => [name, sorted(member)]));
}
