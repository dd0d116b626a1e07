import type { Fault } from '../fault.ts';
import type { Message } from './messages.ts';
import type { ProducerSet } from './roster.ts';

/** A message on its way out. What a producer would send to itself it handles at once: `to` never holds it. */
export interface Outgoing {
  readonly to: ProducerSet;
  readonly message: Message;
}

/** What a protocol inside an epoch answers to an input. */
export interface ProtocolStep<Output> {
  /**
   * The input changed what this machine knows. Only such inputs go into the log: replaying them gives the same machine, and each
   * sender has only so many of them, so the log is bounded.
   */
  readonly accepted: boolean;
  readonly send: readonly Outgoing[];
  readonly faults: readonly Fault[];
  readonly output?: Output;
}

const NONE: readonly never[] = [];

/** The input says nothing new. */
export const IGNORED: ProtocolStep<never> = { accepted: false, send: NONE, faults: NONE };
/** The input was counted and nothing follows yet. */
export const COUNTED: ProtocolStep<never> = { accepted: true, send: NONE, faults: NONE };

/** The input breaks the protocol and changes nothing. */
export const refused = (producer: number, kind: Fault['kind']): ProtocolStep<never> => ({
  accepted: false,
  send: NONE,
  faults: [{ producer, kind }],
});

/** Gathers what follows from an accepted input. */
export class StepBuilder<Output> implements ProtocolStep<Output> {
  readonly accepted = true;
  readonly send: Outgoing[] = [];
  readonly faults: Fault[] = [];
  output?: Output;

  /** To nobody is not a message. */
  say(to: ProducerSet, message: Message): void {
    if (to !== 0) this.send.push({ to, message });
  }

  blame(producer: number, kind: Fault['kind']): void {
    this.faults.push({ producer, kind });
  }

  /** Takes over everything but the output, which means something else here. */
  add(step: ProtocolStep<unknown>): void {
    this.send.push(...step.send);
    this.faults.push(...step.faults);
  }
}
