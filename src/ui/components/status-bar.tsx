import type { NodeView } from '../../node/view.ts';
import { useGroup, useNodeState } from '../client/context.ts';
import { useOnline } from '../hooks/use-online.ts';
import { formatBytes } from '../logic/bytes.ts';
import { useMessages } from '../messages/index.ts';
import styles from './status-bar.module.css';

type RelayWord = 'reserved' | 'connected' | 'connecting' | 'unreachable' | 'none';

const BEST_FIRST: readonly RelayWord[] = ['reserved', 'connected', 'connecting', 'unreachable'];

function relayWord(view: NodeView | undefined): RelayWord {
  return BEST_FIRST.find((word) => view?.network.relays.some((relay) => relay.state === word)) ?? 'none';
}

/** The ground line of every page: how this node stands in the world. */
export function StatusBar({ groupId }: { readonly groupId: string | undefined }) {
  const messages = useMessages();
  const { status } = messages;
  const { view, tab } = useNodeState();
  const group = useGroup(groupId ?? '');
  const online = useOnline();
  const relay = relayWord(view);
  const used = view?.storage.usedBytes;
  return (
    <section className={styles.bar} aria-label={status.label}>
      <ul className={styles.inner}>
        <li className={styles.item}>
          <span className={styles.dot} data-on={online && (view?.network.peers ?? 0) > 0} />
          <span className={styles.strong}>{status.peers({ count: view?.network.peers ?? 0 })}</span>
        </li>
        <li className={styles.item} data-trouble={!online || relay === 'unreachable' || undefined}>
          {online ? status.relay[relay] : status.offline}
        </li>
        <li className={styles.item}>
          {used === undefined ? status.storageUnknown : status.storage({ used: formatBytes(used, messages.locale) })}
          {view?.storage.persisted !== undefined && (
            <span className={styles.faint}>{view.storage.persisted ? status.persisted : status.notPersisted}</span>
          )}
        </li>
        <li className={`${styles.item} ${styles.end}`}>
          {group && <span>{messages.role[group.role]}</span>}
          <span className={styles.faint}>{tab ? status.tab[tab] : status.starting}</span>
        </li>
      </ul>
    </section>
  );
}
