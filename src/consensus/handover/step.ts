import type { ChangeConsensusReq } from '../../records/index.ts';
import type { LogEntry } from '../engine.ts';
import type { Fault, FaultKind } from '../fault.ts';

/** What a requested producer's machine answers to an input. Whatever is in `persist` is durable before anything else of the step leaves. */
export interface HandoverStep {
  readonly persist: readonly LogEntry[];
  /** Log keys below this one are no longer needed. */
  readonly forget?: string;
  /** By index among the requested producers; `all`: every other one. To one that is not connected nothing is sent. */
  readonly send: readonly { readonly to: number | 'all'; readonly data: Uint8Array }[];
  /** To the owner, if it can be reached. Lost ones are made again at its next tick. */
  readonly report: readonly Uint8Array[];
  readonly timers: readonly { readonly name: string; readonly delayMs: number }[];
  /** Of requested producers. */
  readonly faults: readonly Fault[];
  /** Two encoded requests of the owner, signed, with one nonce. */
  readonly conflictingRequests?: readonly [Uint8Array, Uint8Array];
  /** A request is open from now on, in place of any earlier one: streams to its producers are to be opened. */
  readonly opened?: OpenedRequest;
  /** No request is open any more: the streams can be closed. */
  readonly closed?: true;
  readonly encrypt?: SharesToEncrypt;
  readonly decrypt: readonly SharesToDecrypt[];
}

export interface OpenedRequest {
  readonly request: ChangeConsensusReq;
  /** What streams between its producers are opened under, by both sides' signatures. */
  readonly name: Uint8Array;
  /** In the order of their indices. */
  readonly producers: readonly string[];
  /** False: say `ready` (synced, and connected to the others) or `refuse`. True: that was done before a restart. */
  readonly hasResponded: boolean;
}

/** To be encrypted, each to the age key that its receiver has announced; the answer is `encrypted`. */
export interface SharesToEncrypt {
  /** Of the request. */
  readonly nonce: number;
  readonly shares: readonly PlainShare[];
}

export interface PlainShare {
  /** The receiver's public key. */
  readonly receiver: string;
  readonly plain: Uint8Array;
}

/** To be decrypted with this producer's own age key; the answer is `decrypted`, with the same nonce and name. */
export interface SharesToDecrypt {
  readonly nonce: number;
  readonly name: string;
  readonly encryptedShares: readonly Uint8Array[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A step under construction. */
export class HandoverStepBuilder implements Mutable<HandoverStep> {
  readonly persist: LogEntry[] = [];
  forget?: string;
  readonly send: { to: number | 'all'; data: Uint8Array }[] = [];
  readonly report: Uint8Array[] = [];
  readonly timers: { name: string; delayMs: number }[] = [];
  readonly faults: Fault[] = [];
  conflictingRequests?: readonly [Uint8Array, Uint8Array];
  opened?: OpenedRequest;
  closed?: true;
  encrypt?: SharesToEncrypt;
  readonly decrypt: SharesToDecrypt[] = [];

  say(to: number | 'all', data: Uint8Array): void {
    this.send.push({ to, data });
  }

  blame(producer: number, kind: FaultKind, evidence?: readonly Uint8Array[]): void {
    this.faults.push(evidence ? { producer, kind, evidence } : { producer, kind });
  }
}
