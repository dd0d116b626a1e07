import type { Notice } from './view.ts';

/** Why a group does not go on here, or not as it should: what a person is told. */
export const PROBLEMS = {
  updateNeeded: {
    code: 'update-needed',
    message: 'The group has changed to newer rules. Update this software (reload the page) to go on; what is stored here stays.',
  },
  logLost: {
    code: 'log-lost',
    message:
      'This node produced blocks for the group, but its record of what it signed is gone, so it must not sign again. It goes on as a reader.',
  },
  keyInUse: {
    code: 'key-in-use',
    message: 'Another copy of this node is producing with the same key. This one has stopped producing; it goes on as a reader.',
  },
  noGroupKey: {
    code: 'no-group-key',
    message: 'This node has no share of the group key, so it cannot produce. It goes on as a reader.',
  },
  forked: (blockId: number): Notice => ({
    code: 'forked',
    message: `This node built another block ${blockId} than the other producers did. It has stopped: this is a defect of the software or of this machine.`,
    params: { blockId },
  }),
  badBlock: (blockId: number, reason: string): Notice => ({
    code: 'bad-block',
    message: `Block ${blockId} is sealed by the group's producers but breaks the group's rules (${reason}). It was not accepted; a correct one is waited for.`,
    params: { blockId, reason },
  }),
} as const satisfies Readonly<Record<string, Notice | ((...about: never[]) => Notice)>>;
