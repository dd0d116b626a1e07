import { useEffect, useRef, useState } from 'react';
import type { GroupView, ProducerView } from '../../node/view.ts';
import { useApi } from '../client/context.ts';
import { type ViewOf, viewOfJson } from '../logic/view-picture.ts';

/** An epoch takes some hundred milliseconds between near tabs: less often and one would see nothing of it. */
const LOOK_EVERY_MS = 250;

export interface EpochPicture {
  readonly epoch: number;
  readonly producers: readonly ProducerView[];
  /** Under an engine with a primary. */
  readonly view?: ViewOf | undefined;
  /** This epoch has ended; the picture is the last one seen of it. */
  readonly isOver: boolean;
}

const hasProposals = (producers: readonly ProducerView[]): boolean => producers.some(({ proposal }) => proposal !== undefined);

/** The epoch that runs, looked at several times a second while somebody looks; between epochs the last one seen. */
export function useLiveConsensus(group: GroupView): EpochPicture {
  const api = useApi();
  const { groupId, consensus, producing } = group;
  const [live, setLive] = useState<Omit<EpochPicture, 'isOver'>>();
  const isLive = producing === 'working' && consensus.producers.length > 1;
  useEffect(() => {
    if (!isLive) {
      setLive(undefined);
      return;
    }
    let gone = false;
    let underWay = false;
    const look = async (): Promise<void> => {
      if (underWay || document.visibilityState === 'hidden') return;
      underWay = true;
      try {
        const { epoch, producers, view } = await api.liveConsensus(groupId);
        if (gone) return;
        setLive({
          epoch,
          view: view && viewOfJson(view, producers),
          producers: producers.map(({ finished_epoch, has_lost_log, ...producer }) => ({
            ...producer,
            hasLostLog: has_lost_log,
            ...(finished_epoch !== undefined && { finishedEpoch: finished_epoch }),
          })),
        });
      } catch {
        // The node's own view is shown instead; what is wrong with the node stands at the top of the page.
        if (!gone) setLive(undefined);
      } finally {
        underWay = false;
      }
    };
    void look();
    const timer = setInterval(() => void look(), LOOK_EVERY_MS);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [api, groupId, isLive]);

  const newest = live ?? consensus;
  const held = useRef<{ readonly nonce: number; readonly epoch: number; readonly producers: readonly ProducerView[] }>(undefined);
  if (hasProposals(newest.producers)) held.current = { nonce: consensus.nonce, epoch: newest.epoch, producers: newest.producers };
  const last = held.current;
  if (hasProposals(newest.producers) || last?.nonce !== consensus.nonce) return { ...newest, isOver: false };
  // Who is there is told as it is now.
  const producers = last.producers.map((producer, index) => {
    const { link = 'away', faults = {}, finishedEpoch } = newest.producers[index] ?? {};
    return { ...producer, link, faults, ...(finishedEpoch !== undefined && { finishedEpoch }) };
  });
  return { epoch: last.epoch, producers, isOver: true };
}
