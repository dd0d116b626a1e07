import { memo } from 'react';
import { useBlockOf } from '../../hooks/use-block-of.ts';
import type { FinalPost } from '../../logic/feed-model.ts';
import { paths } from '../../logic/route.ts';
import { useMessages } from '../../messages/index.ts';
import { PostFrame } from './post-frame.tsx';
import { StateWord } from './state-word.tsx';

interface FinalPostProps {
  readonly post: FinalPost;
  readonly groupId: string;
  readonly own: boolean;
  readonly place: number;
  readonly total: number;
}

export const FinalPostArticle = memo(function FinalPostArticle({ post, groupId, own, place, total }: FinalPostProps) {
  const { state } = useMessages();
  const blockId = useBlockOf(groupId, post.trxId);
  return (
    <PostFrame publisher={post.publisher} own={own} timeMs={post.timeMs} content={post.content} place={place} total={total}>
      <StateWord state="final" />
      {blockId !== undefined && <a href={paths.block(groupId, blockId)}>{state.inBlock({ block: blockId })}</a>}
    </PostFrame>
  );
});
