import type { NodeEvent } from '../node/view.ts';
import { EVENTS_MAX } from './messages.ts';

/** Events are gathered this long: a person sees no difference, and a sync of thousands of blocks makes a few messages a second. */
const GATHER_MS = 100;

/**
 * Gathers events for one line. Of several views only the newest goes out; of blocks and trxs at most `EVENTS_MAX - 1` per message, the
 * newest: they are hints, the view and the API tell the state. With `credit` a message goes out only after the last one was taken.
 */
export class EventOutlet {
  readonly #send: (events: readonly NodeEvent[]) => void;
  readonly #after: (delayMs: number, callback: () => void) => () => void;
  readonly #needsCredit: boolean;
  #view: NodeEvent | undefined;
  #others: NodeEvent[] = [];
  #isGathering = false;
  #hasCredit = true;

  constructor(options: {
    readonly send: (events: readonly NodeEvent[]) => void;
    readonly after: (delayMs: number, callback: () => void) => () => void;
    readonly credit: boolean;
  }) {
    this.#send = options.send;
    this.#after = options.after;
    this.#needsCredit = options.credit;
  }

  push(event: NodeEvent): void {
    if (event.type === 'view') this.#view = event;
    else {
      if (this.#others.length >= EVENTS_MAX - 1) this.#others.shift();
      this.#others.push(event);
    }
    this.#gather();
  }

  /** The other side has handled the last message. */
  taken(): void {
    this.#hasCredit = true;
    this.#gather();
  }

  #gather(): void {
    if (this.#isGathering || !this.#hasCredit || (this.#view === undefined && this.#others.length === 0)) return;
    this.#isGathering = true;
    this.#after(GATHER_MS, () => {
      this.#isGathering = false;
      const events = this.#view === undefined ? this.#others : [...this.#others, this.#view];
      this.#view = undefined;
      this.#others = [];
      if (this.#needsCredit) this.#hasCredit = false;
      this.#send(events);
    });
  }
}
