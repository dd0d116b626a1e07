import type { GroupView } from '../../node/view.ts';
import { useMessages } from '../messages/index.ts';
import styles from './missing-producers.module.css';
import { Key } from './name.tsx';
import { TimeAgo } from './time.tsx';

/** Who of the producers is missing, and since when. */
export function MissingProducers({ group }: { readonly group: GroupView }) {
  const { availability: words } = useMessages();
  const { missing } = group.availability;
  if (missing.length === 0) return null;
  return (
    <ul className={styles.list} aria-label={words.missing}>
      {missing.map(({ pubkey, hasLostLog, sinceMs }) => (
        <li key={pubkey}>
          <Key pubkey={pubkey} />{' '}
          {hasLostLog ? (
            words.lostLog
          ) : pubkey === group.userPubkey ? (
            words.selfStopped
          ) : sinceMs === undefined ? (
            words.neverHeard
          ) : (
            <>
              {words.lastHeard} <TimeAgo timeMs={sinceMs} />
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
