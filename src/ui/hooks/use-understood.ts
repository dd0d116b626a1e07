import { useState } from 'react';
import type { GivenUpView } from '../../node/view.ts';
import { keep, readKept } from '../logic/browser-storage.ts';

const keyOf = (groupId: string): string => `sett.given-up:${groupId}`;
/** A later recovery is told of anew. */
const nameOf = ({ nonce, lastBlock }: GivenUpView): string => `${nonce}:${lastBlock}`;

const read = (groupId: string): string | null => readKept(keyOf(groupId));

/** Whether somebody has said in this browser that they know of the blocks given up in a group, and a function that says so. */
export function useUnderstood(groupId: string, givenUp: GivenUpView | undefined): readonly [boolean, () => void] {
  const [said, setSaid] = useState(() => ({ groupId, name: read(groupId) }));
  const name = said.groupId === groupId ? said.name : read(groupId);
  const say = (): void => {
    if (givenUp === undefined) return;
    setSaid({ groupId, name: nameOf(givenUp) });
    keep(keyOf(groupId), nameOf(givenUp));
  };
  return [givenUp !== undefined && name === nameOf(givenUp), say];
}
