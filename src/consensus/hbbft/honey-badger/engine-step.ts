import type { BlockReference, Decision, Defect, LogEntry, Step, TimerName } from '../../engine.ts';
import type { Fault, FaultKind } from '../../fault.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A step under construction. */
export class EngineStep implements Mutable<Step> {
  readonly persist: LogEntry[] = [];
  readonly send: { to: number | 'all'; data: Uint8Array }[] = [];
  readonly timers: { name: TimerName; delayMs: number }[] = [];
  readonly faults: Fault[] = [];
  forget?: string;
  propose?: { epoch: number; limitBytes: number; randomBytes: number };
  wake?: true;
  woken?: { sender: number; trx: Uint8Array }[];
  behind?: BlockReference;
  output?: Decision;
  defect?: Defect;

  blame(producer: number, kind: FaultKind, evidence?: readonly Uint8Array[]): void {
    this.faults.push(evidence ? { producer, kind, evidence } : { producer, kind });
  }
}
