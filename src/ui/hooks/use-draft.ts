import { useCallback, useState } from 'react';

/** Where a tab keeps the unsent text of a group: it outlives a reload, and ends with the tab. */
const keyOf = (groupId: string): string => `sett-draft:${groupId}`;

/** Browsers may refuse this storage (private windows, no room); a draft then lives as long as the page. */
const unkept = new Map<string, string>();

function read(groupId: string): string {
  try {
    return sessionStorage.getItem(keyOf(groupId)) ?? unkept.get(groupId) ?? '';
  } catch {
    return unkept.get(groupId) ?? '';
  }
}

function keep(groupId: string, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(keyOf(groupId));
    else sessionStorage.setItem(keyOf(groupId), text);
    unkept.delete(groupId);
  } catch {
    unkept.set(groupId, text);
  }
}

/** The unsent text of a group and a function that changes it. */
export function useDraft(groupId: string): readonly [string, (text: string) => void] {
  const [text, setText] = useState(() => read(groupId));
  const set = useCallback(
    (next: string): void => {
      keep(groupId, next);
      setText(next);
    },
    [groupId],
  );
  return [text, set];
}
