import { crash } from './crash.ts';
import { diskFull } from './disk-full.ts';
import { duplication } from './duplication.ts';
import type { WorldFault } from './fault.ts';
import { loss } from './loss.ts';
import { massCrash } from './mass-crash.ts';
import { partition } from './partition.ts';
import { restart } from './restart.ts';
import { skew } from './skew.ts';
import { sleep } from './sleep.ts';
import { timerGap } from './timer-gap.ts';

export type { Round, WorldFault } from './fault.ts';

/** What can go wrong around honest producers, by the name that the command knows it by. */
export const FAULTS: Readonly<Record<string, WorldFault>> = {
  loss,
  duplication,
  partition,
  crash,
  'mass-crash': massCrash,
  restart,
  'timer-gap': timerGap,
  sleep,
  skew,
  'disk-full': diskFull,
};
