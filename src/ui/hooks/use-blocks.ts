import { useCallback } from 'react';
import { useApi } from '../client/context.ts';
import type { BlockJson } from '../client/records.ts';
import { type Loaded, useLoaded } from './use-loaded.ts';

/** Blocks on a page of the list. */
export const PAGE_BLOCKS = 20;

export interface BlockRow {
  readonly blockId: number;
  /** Undefined if this node could not give it. */
  readonly block: BlockJson | undefined;
}

/** The blocks from `top` down, a page of them, newest first. */
export function useBlocks(groupId: string, top: number): Loaded<readonly BlockRow[]> {
  const api = useApi();
  const load = useCallback(async () => {
    const ids = Array.from({ length: Math.min(PAGE_BLOCKS, top + 1) }, (_, offset) => top - offset);
    return Promise.all(
      ids.map(
        async (blockId): Promise<BlockRow> => ({ blockId, block: await api.block(groupId, blockId).catch(() => undefined) }),
      ),
    );
  }, [api, groupId, top]);
  return useLoaded(load, true);
}
