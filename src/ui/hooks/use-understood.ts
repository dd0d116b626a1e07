import { useState } from 'react';
import type { GivenUpView } from '../../node/view.ts';

const keyOf = (groupId: string): string => `sett.given-up:${groupId}`;
/** A later recovery is told of anew. */
const nameOf = ({ nonce, lastBlock }: GivenUpView): string => `${nonce}:${lastBlock}`;

function read(groupId: string): string | null {
  try {
    return window.localStorage.getItem(keyOf(groupId));
  } catch {
    // Storage may be switched off: told again then.
    return null;
  }
}

/** Whether somebody has said in this browser that they know of the blocks given up in a group, and a function that says so. */
export function useUnderstood(groupId: string, givenUp: GivenUpView | undefined): readonly [boolean, () => void] {
  const [said, setSaid] = useState(() => ({ groupId, name: read(groupId) }));
  const name = said.groupId === groupId ? said.name : read(groupId);
  const say = (): void => {
    if (givenUp === undefined) return;
    setSaid({ groupId, name: nameOf(givenUp) });
    try {
      window.localStorage.setItem(keyOf(groupId), nameOf(givenUp));
    } catch {
      // Not remembered then; it holds for this page.
    }
  };
  return [givenUp !== undefined && name === nameOf(givenUp), say];
}
