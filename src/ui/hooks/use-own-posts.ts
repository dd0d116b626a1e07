import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { GroupView, Notice } from '../../node/view.ts';
import { parseExact } from '../../records/json.ts';
import { useApi } from '../client/context.ts';
import type { FinalPost } from '../logic/feed-model.ts';
import { makePost, type PostContent, readPostText } from '../logic/post-content.ts';

/**
 * `sending`: on its way into this node's storage; `waiting`: stored, nobody else has it; `pending`: a member has it;
 * `settling`: the node has let go of it, the feed does not show it yet.
 */
export type OwnState = 'sending' | 'waiting' | 'pending' | 'settling' | 'invalid';

export interface OwnEntry {
  readonly trxId: string;
  readonly content: PostContent;
  /** The JSON text, to send it again. */
  readonly json: string;
  readonly state: OwnState;
  readonly reason: Notice | undefined;
  readonly timeMs: number;
}

export interface OwnPosts {
  /** Newest first, none of them in the feed of final posts. */
  readonly entries: readonly OwnEntry[];
  /** Resolves once the node has stored the post durably. */
  readonly post: (text: string) => Promise<void>;
  readonly retry: (entry: OwnEntry) => Promise<void>;
  readonly discard: (entry: OwnEntry) => Promise<void>;
}

const NEWEST_POSTS = 200;

function sameFields(a: OwnEntry, b: OwnEntry): boolean {
  return a.state === b.state && a.reason?.code === b.reason?.code && a.json === b.json;
}

/**
 * Own posts that are not final, from the first click on: what is being sent, what the node's outbox holds, and for the moment
 * between outbox and feed what has just left the outbox. No post is ever shown twice, and none vanishes before it is in the feed.
 */
export function useOwnPosts(group: GroupView, finals: readonly FinalPost[], refresh: () => Promise<void>): OwnPosts {
  const api = useApi();
  const { groupId, userPubkey } = group;
  const [local, setLocal] = useState<ReadonlyMap<string, OwnEntry>>(new Map());
  const known = useRef<ReadonlyMap<string, OwnEntry>>(new Map());

  const outbox = useMemo(() => {
    const entries = new Map<string, OwnEntry>();
    for (const own of group.ownPosts) {
      const before = known.current.get(own.trxId);
      const state = own.state === 'sending' ? 'waiting' : own.state;
      const entry: OwnEntry = {
        trxId: own.trxId,
        content: before?.json === own.content ? before.content : readPostText(own.content),
        json: own.content,
        state,
        reason: own.reason,
        timeMs: own.createdAtMs,
      };
      entries.set(own.trxId, before && sameFields(before, entry) ? before : entry);
    }
    return entries;
  }, [group.ownPosts]);

  // What left the outbox stays as `settling` until the feed has been read again.
  useEffect(() => {
    const left = [...known.current.values()].filter((entry) => !outbox.has(entry.trxId));
    known.current = outbox;
    const arrived = [...outbox.keys()];
    setLocal((before) => {
      if (left.length === 0 && !arrived.some((trxId) => before.has(trxId))) return before;
      const after = new Map(before);
      for (const trxId of arrived) after.delete(trxId);
      for (const entry of left) after.set(entry.trxId, { ...entry, state: 'settling' });
      return after;
    });
    if (left.length === 0) return;
    void refresh().then(() =>
      setLocal((before) => {
        const after = new Map(before);
        for (const entry of left) if (after.get(entry.trxId)?.state === 'settling') after.delete(entry.trxId);
        return after;
      }),
    );
  }, [outbox, refresh]);

  // Own posts turn final among the newest: no need to look through thousands.
  const ownFinals = useMemo(
    () => finals.slice(0, NEWEST_POSTS).filter(({ publisher }) => publisher === userPubkey),
    [finals, userPubkey],
  );

  // What the feed shows needs no place here any more.
  useEffect(() => {
    setLocal((before) => {
      const shown = ownFinals.filter((final) => before.has(final.trxId));
      if (shown.length === 0) return before;
      const after = new Map(before);
      for (const final of shown) after.delete(final.trxId);
      return after;
    });
  }, [ownFinals]);

  const send = useCallback(
    async (json: string, trxId: string): Promise<void> => {
      const entry: OwnEntry = {
        trxId,
        content: readPostText(json),
        json,
        state: 'sending',
        reason: undefined,
        timeMs: Date.now(),
      };
      setLocal((before) => new Map(before).set(trxId, entry));
      const change = (next: OwnEntry | undefined): void =>
        setLocal((before) => {
          if (!before.has(trxId)) return before;
          const after = new Map(before);
          if (next) after.set(trxId, next);
          else after.delete(trxId);
          return after;
        });
      try {
        await api.post(groupId, parseExact(json), trxId);
        change({ ...entry, state: 'waiting' });
      } catch (error) {
        change(undefined);
        throw error;
      }
    },
    [api, groupId],
  );

  // A call that failed may have been heard all the same: the same text goes again under the same id, so it is one post.
  const attempt = useRef<{ readonly text: string; readonly json: string; readonly trxId: string }>(undefined);
  const post = useCallback(
    async (text: string): Promise<void> => {
      if (attempt.current?.text !== text) {
        attempt.current = { text, json: JSON.stringify(makePost(text, crypto.randomUUID())), trxId: crypto.randomUUID() };
      }
      await send(attempt.current.json, attempt.current.trxId);
      attempt.current = undefined;
    },
    [send],
  );
  const discard = useCallback(
    async (entry: OwnEntry): Promise<void> => {
      await api.discard(groupId, entry.trxId);
    },
    [api, groupId],
  );
  const retry = useCallback(
    async (entry: OwnEntry): Promise<void> => {
      await send(entry.json, crypto.randomUUID());
      await discard(entry);
    },
    [discard, send],
  );

  const entries = useMemo(() => {
    const merged = new Map([...local, ...outbox]);
    for (const final of ownFinals) merged.delete(final.trxId);
    return [...merged.values()].sort((a, b) => b.timeMs - a.timeMs);
  }, [ownFinals, local, outbox]);

  return { entries, post, retry, discard };
}
