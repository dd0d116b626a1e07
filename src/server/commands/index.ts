import { backup, restore } from './backup.ts';
import type { Command } from './command.ts';
import { inspect } from './inspect.ts';
import { node } from './node.ts';
import { relay } from './relay.ts';

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [relay, node, inspect, backup, restore];
