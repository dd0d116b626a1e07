import { useCallback, useState } from 'react';

/** Unsent texts by group, in memory only: they outlive a look at another page, not the tab. */
const drafts = new Map<string, string>();

export function useDraft(groupId: string): readonly [string, (text: string) => void] {
  const [text, setText] = useState(drafts.get(groupId) ?? '');
  const set = useCallback(
    (next: string): void => {
      if (next === '') drafts.delete(groupId);
      else drafts.set(groupId, next);
      setText(next);
    },
    [groupId],
  );
  return [text, set];
}
