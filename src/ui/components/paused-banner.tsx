import type { GroupView } from '../../node/view.ts';
import { groupState } from '../logic/group-state.ts';
import { useMessages } from '../messages/index.ts';
import { Icon } from './icon.tsx';
import { MissingProducers } from './missing-producers.tsx';
import styles from './paused-banner.module.css';

/** Said wherever one posts: the group is paused, why, and that nothing is lost. A screen reader hears it when it begins. */
export function PausedBanner({ group }: { readonly group: GroupView }) {
  const { availability: words } = useMessages();
  const { availability } = group;
  const isPaused = groupState(group) === 'paused';
  return (
    <div role="status" className={isPaused ? styles.banner : undefined}>
      {isPaused && (
        <>
          <p className={styles.line}>
            <Icon name="clock" />
            <strong>{words.paused(availability)}</strong>
          </p>
          <p>{availability.producers === 1 ? words.pausedOne : words.pausedText}</p>
          {availability.producers > 1 && <MissingProducers group={group} />}
        </>
      )}
    </div>
  );
}
