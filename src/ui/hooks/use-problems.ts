import { useMemo } from 'react';
import type { GroupView, Notice } from '../../node/view.ts';
import type { NodeState } from '../client/node-state.ts';
import { problemText, useMessages } from '../messages/index.ts';
import { useOnline } from './use-online.ts';

export interface StandingProblem {
  readonly code: string;
  readonly text: string;
}

/** Everything that stands in the way right now: of this device, of the node, of this tab and of the group being looked at. */
export function useProblems(state: NodeState, group: GroupView | undefined): readonly StandingProblem[] {
  const messages = useMessages();
  const online = useOnline();
  return useMemo(() => {
    const problems: StandingProblem[] = [];
    const add = (notice: Notice): void => {
      if (!problems.some((problem) => problem.code === notice.code))
        problems.push({ code: notice.code, text: problemText(messages, notice) });
    };
    const relays = state.view?.network.relays ?? [];
    if (!online) problems.push({ code: 'offline', text: messages.notices.offline });
    else if (relays.length > 0 && relays.every((relay) => relay.state === 'unreachable')) {
      problems.push({ code: 'relay-unreachable', text: messages.notices.relayUnreachable });
    }
    if (state.tabProblem) add(state.tabProblem);
    if (state.failure) add(state.failure);
    for (const notice of state.view?.notices ?? []) add(notice);
    if (group?.problem) add(group.problem);
    else if (group?.sync.phase === 'stopped') problems.push({ code: 'group-stopped', text: messages.notices.groupStopped });
    return problems;
  }, [group, messages, online, state]);
}
