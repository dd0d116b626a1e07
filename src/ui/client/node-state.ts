import type { NodeEvent, NodeView, Notice } from '../../node/view.ts';
import type { SettClient, TabRole } from '../../page/index.ts';
import { asNotice } from './api.ts';

export type BlockEvent = Extract<NodeEvent, { type: 'block' }>;

/** What the page knows of its node, replaced whole at each change. */
export interface NodeState {
  /** Undefined until the node has shown itself for the first time. */
  readonly view: NodeView | undefined;
  readonly tab: TabRole | undefined;
  /** What the tab itself has to say, e.g. that another tab took over. */
  readonly tabProblem: Notice | undefined;
  /** The node could not be opened at all. */
  readonly failure: Notice | undefined;
}

export interface NodeStore {
  getState(): NodeState;
  /** Calls back after each change of the state. */
  subscribe(listener: () => void): () => void;
  /** Calls back for each final block that the node stored. */
  onBlock(listener: (event: BlockEvent) => void): () => void;
}

/** Follows a client's events for as long as the page lives. */
export function createNodeStore(client: SettClient): NodeStore {
  let state: NodeState = { view: undefined, tab: undefined, tabProblem: undefined, failure: undefined };
  const listeners = new Set<() => void>();
  const blockListeners = new Set<(event: BlockEvent) => void>();
  const update = (change: Partial<NodeState>): void => {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  };
  client.subscribe((event) => {
    if (event.type === 'view') update({ view: event.view, failure: undefined });
    else if (event.type === 'tab') update({ tab: event.role, tabProblem: event.problem });
    else if (event.type === 'block') for (const listener of blockListeners) listener(event);
  });
  client.ready.catch((error: unknown) => update({ failure: asNotice(error) }));
  return {
    getState: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onBlock: (listener) => {
      blockListeners.add(listener);
      return () => blockListeners.delete(listener);
    },
  };
}
