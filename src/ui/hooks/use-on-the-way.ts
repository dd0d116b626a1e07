import { useCallback, useEffect, useState } from 'react';
import type { GroupView } from '../../node/view.ts';
import { useApi } from '../client/context.ts';

/** Items that this page has sent off and that are in no block yet, each under a name of its own. */
export interface OnTheWay {
  readonly actionOf: (name: string) => 'add' | 'remove' | undefined;
  readonly sent: (name: string, action: 'add' | 'remove', trxId: string) => void;
}

/** Asks after each block whether what was sent is in it. */
export function useOnTheWay(group: GroupView): OnTheWay {
  const api = useApi();
  const { groupId } = group;
  const { blockId } = group.head;
  const [items, setItems] = useState<ReadonlyMap<string, { readonly action: 'add' | 'remove'; readonly trxId: string }>>(
    new Map(),
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new block may hold them
  useEffect(() => {
    let gone = false;
    for (const [name, { trxId }] of items) {
      api.trxStatus(groupId, trxId).then(
        ({ status }) => {
          if (gone || status === 'Pending' || status === 'Unknown') return;
          setItems((before) => {
            const after = new Map(before);
            if (after.get(name)?.trxId === trxId) after.delete(name);
            return after;
          });
        },
        // Asked again at the next block.
        () => undefined,
      );
    }
    return () => {
      gone = true;
    };
  }, [api, groupId, blockId, items]);
  const sent = useCallback((name: string, action: 'add' | 'remove', trxId: string) => {
    setItems((before) => new Map(before).set(name, { action, trxId }));
  }, []);
  return { actionOf: (name) => items.get(name)?.action, sent };
}
