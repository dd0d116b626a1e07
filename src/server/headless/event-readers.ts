/** Who reads events now, over a socket or a stream: so many of one token, and each as long as its token is good. */

import { Shares } from '../guard/shares.ts';
import { type Access, type Caller, shareKey } from './access.ts';
import { HTTP_LIMITS } from './limits.ts';

interface Reader {
  readonly caller: Caller;
  readonly end: () => void;
}

export class EventReaders {
  readonly #access: Pick<Access, 'isStillGood'>;
  readonly #shares = new Shares(HTTP_LIMITS.eventReaders);
  readonly #readers = new Set<Reader>();
  readonly #checking: NodeJS.Timeout;

  constructor(access: Pick<Access, 'isStillGood'>) {
    this.#access = access;
    this.#checking = setInterval(() => this.check(), HTTP_LIMITS.tokenCheckMs);
    this.#checking.unref();
  }

  get size(): number {
    return this.#shares.size;
  }

  /**
   * Lets one more read, or answers undefined where there are too many.
   * @param end called when its token is good no longer
   * @returns to be called once it has left
   */
  enter(caller: Caller, end: () => void): (() => void) | undefined {
    const giveBack = this.#shares.take(shareKey(caller));
    if (giveBack === undefined) return undefined;
    const reader: Reader = { caller, end };
    this.#readers.add(reader);
    return () => {
      this.#readers.delete(reader);
      giveBack();
    };
  }

  /** Whether this caller may be told something now. */
  isGood(caller: Caller): boolean {
    return this.#access.isStillGood(caller);
  }

  /** Ends what reads under a token that has expired or was revoked. */
  check(): void {
    for (const { caller, end } of [...this.#readers]) if (!this.#access.isStillGood(caller)) end();
  }

  stop(): void {
    clearInterval(this.#checking);
  }
}
