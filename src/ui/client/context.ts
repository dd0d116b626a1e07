import { createContext, useContext, useSyncExternalStore } from 'react';
import type { GroupView } from '../../node/view.ts';
import type { AppUpdates } from '../../page/index.ts';
import type { Api } from './api.ts';
import type { NodeState, NodeStore } from './node-state.ts';

export interface NodeHandle {
  readonly api: Api;
  readonly store: NodeStore;
  readonly updates: AppUpdates;
}

export const NodeContext = createContext<NodeHandle | undefined>(undefined);

function useHandle(): NodeHandle {
  const handle = useContext(NodeContext);
  if (!handle) throw new Error('NodeContext is missing: wrap the tree in NodeContext.Provider');
  return handle;
}

export function useApi(): Api {
  return useHandle().api;
}

export function useNodeStore(): NodeStore {
  return useHandle().store;
}

export function useUpdates(): AppUpdates {
  return useHandle().updates;
}

export function useNodeState(): NodeState {
  const { store } = useHandle();
  return useSyncExternalStore(store.subscribe, store.getState);
}

/** The group's newest view; undefined if the node is not in it (or not yet). */
export function useGroup(groupId: string): GroupView | undefined {
  return useNodeState().view?.groups.find((group) => group.groupId === groupId);
}
