import type { Fault } from '../fault.ts';
import type { Message } from '../hbbft/messages.ts';
import { indicesOf } from '../hbbft/roster.ts';
import type { ProtocolStep } from '../hbbft/step.ts';

/** One protocol machine of one producer. */
export interface Machine<Output> {
  handle(sender: number, message: Message): ProtocolStep<Output>;
}

interface Flight {
  readonly from: number;
  readonly to: number;
  readonly message: Message;
}

/** What a faulty producer does with a message that it would send as an honest one: what it sends instead. */
export type Tamper = (to: number, message: Message) => readonly Message[];

/**
 * N machines of one protocol, and what is under way between them, for tests. A test says what arrives when; {@link run} delivers all of it in an
 * order that `pick` draws.
 */
export class Crank<Output> {
  readonly machines: readonly Machine<Output>[];
  readonly outputs: (Output | undefined)[];
  readonly faults: (Fault & { readonly reporter: number })[] = [];
  readonly flights: Flight[] = [];
  /** Messages that were sent, by kind. */
  readonly sent = new Map<Message['kind'], number>();
  readonly #tampers: readonly (Tamper | undefined)[];
  readonly #pick: (count: number) => number;

  /** `tampers`: by producer; undefined: an honest one. */
  constructor(
    machines: readonly Machine<Output>[],
    pick: (count: number) => number,
    tampers: readonly (Tamper | undefined)[] = [],
  ) {
    this.machines = machines;
    this.outputs = machines.map(() => undefined);
    this.#pick = pick;
    this.#tampers = tampers;
  }

  /** What followed from an input of producer `from`. */
  take(from: number, step: ProtocolStep<Output>): void {
    for (const fault of step.faults) this.faults.push({ ...fault, reporter: from });
    if (step.output !== undefined) {
      if (this.outputs[from] !== undefined) throw new Error(`producer ${from} has a second output`);
      this.outputs[from] = step.output;
    }
    for (const { to, message } of step.send) {
      for (const receiver of indicesOf(to)) {
        const tamper = this.#tampers[from];
        for (const each of tamper ? tamper(receiver, message) : [message]) this.send(from, receiver, each);
      }
    }
  }

  send(from: number, to: number, message: Message): void {
    this.sent.set(message.kind, (this.sent.get(message.kind) ?? 0) + 1);
    this.flights.push({ from, to, message });
  }

  /** A message arrives, without having been under way. */
  deliver(from: number, to: number, message: Message): ProtocolStep<Output> {
    const step = (this.machines[to] as Machine<Output>).handle(from, message);
    this.take(to, step);
    return step;
  }

  /** Delivers what is under way and `isAllowed`, until nothing is left. */
  run(isAllowed: (flight: Flight) => boolean = () => true): void {
    for (;;) {
      const allowed = this.flights.flatMap((flight, index) => (isAllowed(flight) ? [index] : []));
      if (allowed.length === 0) return;
      const [flight] = this.flights.splice(allowed[this.#pick(allowed.length)] as number, 1) as [Flight];
      this.deliver(flight.from, flight.to, flight.message);
    }
  }

  /** Faults that an honest producer has reported of an honest one. */
  get unjust(): readonly Fault[] {
    return this.faults.filter(({ reporter, producer }) => !this.#tampers[reporter] && !this.#tampers[producer]);
  }
}
