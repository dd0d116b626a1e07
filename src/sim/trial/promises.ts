import type { Write } from '../../node/index.ts';
import { ChangeConsensusResp } from '../../records/index.ts';
import type { SimulatedMachine } from '../world.ts';

const RESPONSE = '/change/asked/response/';
const RELEASED = '/change/asked/released/';

/** Who is bound to which recoveries, by what is in the logs: nothing may be said under a lower nonce until the owner has signed another result. */
export class Promises {
  readonly #bound = new Map<SimulatedMachine, Set<number>>();

  written(machine: SimulatedMachine, { key, value }: Write): void {
    const bound = this.#bound.get(machine) ?? new Set();
    this.#bound.set(machine, bound);
    if (key.includes(RELEASED)) bound.delete(Number(key.slice(key.lastIndexOf('/') + 1)));
    if (!value || !key.includes(RESPONSE)) return;
    const { Refused, Req } = ChangeConsensusResp.decode(value);
    if (Refused === '' && Req?.Contract?.Recovery) bound.add(Req.Nonce);
  }

  /** The recovery that forbids this machine to speak under a nonce; undefined if none does. */
  against(machine: SimulatedMachine, nonce: number): number | undefined {
    return [...(this.#bound.get(machine) ?? [])].find((promised) => promised > nonce);
  }
}
