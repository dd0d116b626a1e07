import { useCallback } from 'react';
import type { GroupView } from '../../node/view.ts';
import { useApi } from '../client/context.ts';
import type { Announced } from '../logic/people.ts';
import { type Loaded, useLoaded } from './use-loaded.ts';

/** Who announced itself, and who is admitted, as of the newest block. */
export function useAnnounced(group: GroupView): Loaded<Announced> & { readonly reload: () => void } {
  const api = useApi();
  const { groupId, encryption } = group;
  const { blockId } = group.head;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new block may have changed it
  const load = useCallback(async (): Promise<Announced> => {
    const [producers, users, admitted] = await Promise.all([
      api.announcedProducers(groupId),
      api.announcedUsers(groupId),
      encryption === 'private' ? api.admittedUsers(groupId) : [],
    ]);
    return { producers, users, admitted };
  }, [api, groupId, encryption, blockId]);
  return useLoaded(load, true);
}
