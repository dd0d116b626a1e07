import { useEffect, useState } from 'react';
import { useApi } from '../client/context.ts';

/** Block numbers of final trxs, which never change, by group and trx. */
const known = new Map<string, number>();

/** The block that holds a final trx; undefined until the node has said so. */
export function useBlockOf(groupId: string, trxId: string): number | undefined {
  const api = useApi();
  const key = `${groupId}/${trxId}`;
  const [blockId, setBlockId] = useState(known.get(key));
  useEffect(() => {
    if (known.has(key)) return;
    let gone = false;
    api.trxStatus(groupId, trxId).then(
      ({ block_id: found }) => {
        if (found === undefined) return;
        known.set(key, found);
        if (!gone) setBlockId(found);
      },
      // The post is final all the same; only the link is missing.
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [api, groupId, trxId, key]);
  return blockId;
}
