import type { GroupView } from '../../../node/view.ts';
import { Alert } from '../../components/alert.tsx';
import { Button } from '../../components/button.tsx';
import type { OwnEntry, OwnPosts } from '../../hooks/use-own-posts.ts';
import { useTask } from '../../hooks/use-task.ts';
import { problemText, useMessages } from '../../messages/index.ts';
import { PostFrame } from './post-frame.tsx';
import { StateWord } from './state-word.tsx';

interface OwnPostProps {
  readonly entry: OwnEntry;
  readonly group: GroupView;
  readonly own: OwnPosts;
  readonly place: number;
  readonly total: number;
}

/** An own post on its way into a block. It counts as pending from the moment this node has stored it. */
export function OwnPostArticle({ entry, group, own, place, total }: OwnPostProps) {
  const messages = useMessages();
  const { state } = messages;
  const retry = useTask(own.retry);
  const discard = useTask(own.discard);
  const problem = retry.problem ?? discard.problem;
  return (
    <PostFrame publisher={group.userPubkey} own timeMs={entry.timeMs} content={entry.content} place={place} total={total}>
      {entry.state === 'sending' && <StateWord state="sending" />}
      {entry.state === 'invalid' && (
        <>
          <StateWord state="invalid" />
          {entry.reason && <span>{problemText(messages, entry.reason)}</span>}
          <Button size="small" label={state.retry} disabled={retry.busy} onClick={() => void retry.run(entry)} />
          <Button
            size="small"
            kind="quiet"
            label={state.discard}
            disabled={discard.busy}
            onClick={() => void discard.run(entry)}
          />
        </>
      )}
      {entry.state !== 'sending' && entry.state !== 'invalid' && (
        <>
          <StateWord state="pending" />
          <span>{entry.state === 'waiting' ? state.pendingWaiting : state.pendingSent}</span>
        </>
      )}
      {problem && <Alert>{problemText(messages, problem)}</Alert>}
    </PostFrame>
  );
}
