import type { LogEntry } from '../../engine.ts';

/**
 * The write-ahead log. An entry is an input, in the order in which its epoch took them: replaying an epoch's entries gives the same
 * epoch and the same messages. Keys sort by epoch, so that all below an epoch can be forgotten at once.
 *
 *     <epoch>/<number>/<sender>  a message that was accepted, as it came
 *     <epoch>/<number>/own       this producer's proposal, as it is broadcast
 *     <epoch>/done               the Done that this producer signed
 *     floor                      epochs up to this one are over: their entries may be gone, and nothing is ever said in them again
 */

const EPOCH_DIGITS = 16;
/** What numbering begins with: so all numbers are equally long and sort as text. */
const FIRST_NUMBER = 10_000_000;
const OWN = 'own';
const DONE = 'done';
const FLOOR_KEY = 'floor';

export const epochKey = (epoch: number): string => epoch.toString().padStart(EPOCH_DIGITS, '0');

/** Where the log of an epoch goes on. */
export interface EpochLog {
  readonly prefix: string;
  /** The next free number. */
  next: number;
}

export const epochLog = (epoch: number, next: number): EpochLog => ({ prefix: `${epochKey(epoch)}/`, next });

const inputEntry = (log: EpochLog, origin: string, data: Uint8Array): LogEntry => ({
  key: `${log.prefix}${FIRST_NUMBER + log.next++}/${origin}`,
  data,
});
export const messageEntry = (log: EpochLog, sender: number, data: Uint8Array): LogEntry =>
  inputEntry(log, sender.toString(), data);
export const proposalEntry = (log: EpochLog, payload: Uint8Array): LogEntry => inputEntry(log, OWN, payload);
export const doneEntry = (epoch: number, data: Uint8Array): LogEntry => ({ key: `${epochKey(epoch)}/${DONE}`, data });
export const floorEntry = (epoch: number): LogEntry => ({ key: FLOOR_KEY, data: new TextEncoder().encode(epoch.toString()) });

export interface LoggedEpoch {
  readonly epoch: number;
  /** In the order in which they were taken. */
  readonly inputs: { readonly sender: number | typeof OWN; readonly data: Uint8Array }[];
  /** The next free number. */
  next: number;
}

export interface ReadLog {
  readonly floor: number | undefined;
  /** Ascending. */
  readonly epochs: readonly LoggedEpoch[];
  /** Encoded Done messages of this producer, ascending. */
  readonly dones: readonly Uint8Array[];
}

/** `entries`: ascending by key. Throws Error for a key that this version did not write: the log is not this engine's. */
export function readLog(entries: readonly LogEntry[]): ReadLog {
  let floor: number | undefined;
  const epochs = new Map<number, LoggedEpoch>();
  const dones: Uint8Array[] = [];
  for (const { key, data } of entries) {
    const [epochText = '', place = '', origin] = key.split('/');
    const epoch = Number(epochText);
    if (key === FLOOR_KEY) floor = Number(new TextDecoder().decode(data));
    else if (!Number.isSafeInteger(epoch)) throw new Error(`the log of consensus holds an unknown entry: ${key}`);
    else if (place === DONE) dones.push(data);
    else {
      const sender = origin === OWN ? OWN : Number(origin);
      const number = Number(place);
      if (!Number.isSafeInteger(number) || Number.isNaN(sender)) {
        throw new Error(`the log of consensus holds an unknown entry: ${key}`);
      }
      const logged = epochs.get(epoch) ?? { epoch, inputs: [], next: 0 };
      epochs.set(epoch, logged);
      logged.inputs.push({ sender, data });
      logged.next = number - FIRST_NUMBER + 1;
    }
  }
  return { floor, epochs: [...epochs.values()], dones };
}
