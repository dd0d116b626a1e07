import type { GroupView } from '../../node/view.ts';
import { useMessages } from '../messages/index.ts';
import styles from './sync-word.module.css';

/** The sync phase in a word or two, with numbers while there is something to count. */
export function SyncWord({ group }: { readonly group: GroupView }) {
  const { sync } = useMessages();
  const { phase, haveBlock, targetBlock } = group.sync;
  const text = phase === 'syncing' ? `${sync.syncing} ${sync.progress({ have: haveBlock, target: targetBlock })}` : sync[phase];
  return (
    <span className={styles.word} data-phase={phase}>
      {text}
    </span>
  );
}
