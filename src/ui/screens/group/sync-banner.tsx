import type { GroupView } from '../../../node/view.ts';
import { useApi } from '../../client/context.ts';
import { Button } from '../../components/button.tsx';
import { useTask } from '../../hooks/use-task.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './sync-banner.module.css';

/** What the node is doing to come up to date, in numbers that are true; nothing once it is. */
export function SyncBanner({ group }: { readonly group: GroupView }) {
  const { sync } = useMessages();
  const { phase, haveBlock, targetBlock, blocksPerSecond, sources } = group.sync;
  if (phase === 'looking') return <Looking group={group} />;
  if (phase !== 'syncing') return null;
  return (
    <section className={styles.banner} aria-label={sync.syncing}>
      <p className={styles.line}>
        <strong>{sync.syncing}</strong>
        <span>{sync.progress({ have: haveBlock, target: targetBlock })}</span>
      </p>
      <progress className={styles.progress} value={haveBlock} max={Math.max(targetBlock, 1)} aria-label={sync.syncing} />
      <p className={styles.detail}>
        {sources > 0 ? `${sync.rate({ rate: blocksPerSecond })} · ${sync.sources({ count: sources })}` : sync.waiting}
      </p>
    </section>
  );
}

function Looking({ group }: { readonly group: GroupView }) {
  const { sync } = useMessages();
  const api = useApi();
  const { busy, run } = useTask(async () => {
    await api.startSync(group.groupId);
  });
  const alone = group.role === 'owner' && group.members.length === 0;
  return (
    <section className={styles.banner} aria-label={sync.looking}>
      <p className={styles.line}>
        <strong>{sync.looking}</strong>
      </p>
      <p className={styles.detail}>{alone ? sync.lookingOwner : sync.lookingText}</p>
      <Button size="small" label={sync.lookAgain} disabled={busy} onClick={() => void run()} />
    </section>
  );
}
