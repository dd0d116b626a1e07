import type { LogEntry } from '../engine.ts';
import type { Instance } from './attempt.ts';

/**
 * The write-ahead log of a requested producer. Inputs stand in the order in which they were taken; replaying those of a request gives the same
 * attempts and the same messages. Responses have keys of their own: they are kept for good, one a nonce, since a producer may speak under
 * a nonce only while its log holds the response that the bundle carries.
 *
 *     <nonce>/00000000/open              the request
 *     <nonce>/<number>/<sender>          a message that was accepted, as it came
 *     <nonce>/<number>/join.<attempt>    this producer put its proof forward
 *     <nonce>/<number>/over.<attempt>.<instance>   a tick ran out
 *     <nonce>/<number>/acknowledge.<attempt>       this producer's acknowledgement
 *     response/<nonce>                   its response, with the request
 *     released/<nonce>                   the owner has signed TIMEOUT or FAILED for this recovery
 *     settled                            results up to this nonce are known
 */

const NONCE_DIGITS = 16;
const NUMBER_DIGITS = 8;
const RESPONSE = 'response';
/** Keys of the responses that a log holds. */
export const RESPONSE_PREFIX = `${RESPONSE}/`;
const RELEASED = 'released';
const SETTLED_KEY = 'settled';
const NOTHING = new Uint8Array();

/** An input that changes what is said. */
export type LoggedInput =
  | { readonly type: 'open'; readonly request: Uint8Array }
  | { readonly type: 'message'; readonly sender: number; readonly data: Uint8Array }
  | { readonly type: 'join'; readonly attempt: number }
  | { readonly type: 'over'; readonly attempt: number; readonly instance: Instance }
  | { readonly type: 'acknowledge'; readonly attempt: number; readonly acknowledgement: Uint8Array };

export const nonceKey = (nonce: number): string => nonce.toString().padStart(NONCE_DIGITS, '0');

export function inputEntry(nonce: number, number: number, input: LoggedInput): LogEntry {
  const key = (origin: string): string => `${nonceKey(nonce)}/${number.toString().padStart(NUMBER_DIGITS, '0')}/${origin}`;
  switch (input.type) {
    case 'open':
      return { key: key('open'), data: input.request };
    case 'message':
      return { key: key(input.sender.toString()), data: input.data };
    case 'join':
      return { key: key(`join.${input.attempt}`), data: NOTHING };
    case 'over':
      return { key: key(`over.${input.attempt}.${input.instance}`), data: NOTHING };
    case 'acknowledge':
      return { key: key(`acknowledge.${input.attempt}`), data: input.acknowledgement };
  }
}

export const responseEntry = (nonce: number, response: Uint8Array): LogEntry => ({
  key: `${RESPONSE_PREFIX}${nonceKey(nonce)}`,
  data: response,
});

export const releasedEntry = (nonce: number): LogEntry => ({ key: `${RELEASED}/${nonceKey(nonce)}`, data: NOTHING });

export const settledEntry = (nonce: number): LogEntry => ({
  key: SETTLED_KEY,
  data: new TextEncoder().encode(nonce.toString()),
});

export interface ReadLog {
  /** Below every nonce where no result is known. */
  readonly settled: number;
  /** Nonces of recoveries that came to nothing. */
  readonly released: readonly number[];
  /** Encoded, by nonce, ascending. */
  readonly responses: ReadonlyMap<number, Uint8Array>;
  /** By nonce, in the order in which they were taken. */
  readonly inputs: ReadonlyMap<number, readonly LoggedInput[]>;
}

/** `entries`: ascending by key. Throws Error for a key that this version did not write: the log is another one's. */
export function readLog(entries: readonly LogEntry[]): ReadLog {
  let settled = -1;
  const released: number[] = [];
  const responses = new Map<number, Uint8Array>();
  const inputs = new Map<number, LoggedInput[]>();
  for (const { key, data } of entries) {
    const [first = '', second = '', origin = ''] = key.split('/');
    if (key === SETTLED_KEY) settled = Number(new TextDecoder().decode(data));
    else if (first === RELEASED) released.push(Number(second));
    else if (first === RESPONSE) responses.set(Number(second), data);
    else {
      const input = readInput(origin, data);
      const nonce = Number(first);
      if (!input || !Number.isSafeInteger(nonce))
        throw new Error(`the log of a change of consensus holds an unknown entry: ${key}`);
      const ofNonce = inputs.get(nonce) ?? [];
      inputs.set(nonce, ofNonce);
      ofNonce.push(input);
    }
  }
  return { settled, released, responses, inputs };
}

function readInput(origin: string, data: Uint8Array): LoggedInput | undefined {
  const [type = '', attemptText = '', instance] = origin.split('.');
  const attempt = Number(attemptText);
  switch (type) {
    case 'open':
      return { type, request: data };
    case 'join':
      return { type, attempt };
    case 'over':
      return instance === 'proofs' || instance === 'acknowledgements' ? { type, attempt, instance } : undefined;
    case 'acknowledge':
      return { type, attempt, acknowledgement: data };
    default: {
      const sender = Number(type);
      return type !== '' && Number.isSafeInteger(sender) ? { type: 'message', sender, data } : undefined;
    }
  }
}
