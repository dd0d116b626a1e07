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
  readonly output?: Output | undefined;
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

/** Gathers what follows from an accepted input. Its lists are made when something goes into them: most inputs lead to nothing. */
export class StepBuilder<Output> implements ProtocolStep<Output> {
  readonly accepted = true;
  send: readonly Outgoing[] = NONE;
  faults: readonly Fault[] = NONE;
  output?: Output | undefined = undefined;

  /** To nobody is not a message. */
  say(to: ProducerSet, message: Message): void {
    if (to === 0) return;
    if (this.send === NONE) this.send = [];
    (this.send as Outgoing[]).push({ to, message });
  }

  blame(producer: number, kind: Fault['kind']): void {
    this.faults = [...this.faults, { producer, kind }];
  }

  /** Takes over everything but the output, which means something else here. */
  add(step: ProtocolStep<unknown>): void {
    if (step.send.length > 0) this.send = this.send.length > 0 ? [...this.send, ...step.send] : step.send;
    if (step.faults.length > 0) this.faults = [...this.faults, ...step.faults];
  }

  get isEmpty(): boolean {
    return this.send.length === 0 && this.faults.length === 0 && this.output === undefined;
  }
}

/** A builder that came to nothing serves the next input: handling is synchronous, and one machine's builder is done before another begins. */
const spare: StepBuilder<never>[] = [];

export const beginStep = <Output>(): StepBuilder<Output> => (spare.pop() as StepBuilder<Output> | undefined) ?? new StepBuilder();

/** The step that was built. The builder is not used any more. */
export function endStep<Output>(step: StepBuilder<Output>): ProtocolStep<Output> {
  if (!step.isEmpty) return step;
  spare.push(step as StepBuilder<never>);
  return COUNTED;
}
