import type { BlockReference, Confirmation, Decision, Defect, LogEntry, Step, TentativeBatch, TimerName } from './engine.ts';
import type { Fault, FaultKind } from './fault.ts';

const NONE: readonly never[] = [];

/** A step under construction. Its lists are made when something goes into them: most inputs lead to little. */
export class EngineStep implements Step {
  persist: readonly LogEntry[] = NONE;
  send: readonly { readonly to: number | 'all'; readonly data: Uint8Array }[] = NONE;
  timers: readonly { readonly name: TimerName; readonly delayMs: number }[] = NONE;
  faults: readonly Fault[] = NONE;
  forget?: string;
  propose?: NonNullable<Step['propose']>;
  wake?: true;
  woken?: { sender: number; trx: Uint8Array }[];
  behind?: BlockReference;
  rollback?: { ticket: number };
  execute?: TentativeBatch;
  confirm?: Confirmation;
  output?: Decision;
  defect?: Defect;

  log(entry: LogEntry): void {
    if (this.persist === NONE) this.persist = [entry];
    else (this.persist as LogEntry[]).push(entry);
  }

  say(to: number | 'all', data: Uint8Array): void {
    if (this.send === NONE) this.send = [{ to, data }];
    else (this.send as { to: number | 'all'; data: Uint8Array }[]).push({ to, data });
  }

  start(name: TimerName, delayMs: number): void {
    this.timers = [...this.timers, { name, delayMs }];
  }

  blame(producer: number, kind: FaultKind, evidence?: readonly Uint8Array[]): void {
    this.add([evidence ? { producer, kind, evidence } : { producer, kind }]);
  }

  add(faults: readonly Fault[]): void {
    if (faults.length > 0) this.faults = [...this.faults, ...faults];
  }
}
