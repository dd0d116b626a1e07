import { quorum } from '../../records/index.ts';
import type { SimulatedMachine } from '../world.ts';

export interface HeldUpOptions {
  readonly honest: readonly SimulatedMachine[];
  readonly machineOf: (pubkey: string) => SimulatedMachine | undefined;
  /** Whether a machine has promised a recovery of a nonce above this one, and was not released. */
  readonly isBound: (machine: SimulatedMachine, nonce: number) => boolean;
}

/**
 * Whether nothing can be ordered because of promises alone: all honest machines are at one head, and under no configuration that one of them follows a quorum
 * is left of honest producers who may speak. An owner who keeps the results of its recoveries to itself may do that to its group, as nobody else can end
 * a promise (C-36).
 */
export function isHeldUp({ honest, machineOf, isBound }: HeldUpOptions): boolean {
  const groups = honest.map(({ node }) => node.view().groups[0]);
  const heads = new Set(groups.map((group) => group?.head.hash));
  return (
    heads.size === 1 &&
    groups.every((group) => {
      if (!group || group.problem) return false;
      const producers = group.producers.flatMap((pubkey) => machineOf(pubkey) ?? []);
      const sound = producers.filter((machine) => honest.includes(machine));
      const free = sound.filter((machine) => !isBound(machine, group.consensus.nonce));
      return sound.length >= quorum(producers.length) && free.length < quorum(producers.length);
    })
  );
}
