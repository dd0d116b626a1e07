import { memo } from 'react';
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
  return (
    <PostFrame publisher={post.publisher} own={own} timeMs={post.timeMs} content={post.content} place={place} total={total}>
      <StateWord state="final" />
      {post.blockId !== undefined && <a href={paths.block(groupId, post.blockId)}>{state.inBlock({ block: post.blockId })}</a>}
    </PostFrame>
  );
});
