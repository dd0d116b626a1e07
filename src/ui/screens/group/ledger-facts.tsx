import type { GroupView } from '../../../node/view.ts';
import { Facts } from '../../components/facts.tsx';
import { Key } from '../../components/name.tsx';
import { SideSection } from '../../components/side-section.tsx';
import { SyncWord } from '../../components/sync-word.tsx';
import { paths } from '../../logic/route.ts';
import { displayName } from '../../logic/text.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './ledger-facts.module.css';

/** Where the ledger stands on this node. */
export function LedgerFacts({ group }: { readonly group: GroupView }) {
  const messages = useMessages();
  const labels = messages.group;
  const numbers = new Intl.NumberFormat(messages.locale);
  return (
    <SideSection title={labels.aboutTitle} note={messages.start.block({ block: group.head.blockId })}>
      <p className={styles.sync}>
        <SyncWord group={group} />
      </p>
      <Facts
        facts={[
          {
            term: labels.head,
            value: <a href={paths.block(group.groupId, group.head.blockId)}>{numbers.format(group.head.blockId)}</a>,
          },
          { term: labels.epoch, value: numbers.format(group.epoch) },
          { term: labels.posts, value: numbers.format(group.posts) },
          { term: labels.producers, value: numbers.format(group.producers.length) },
          { term: labels.owner, value: <Key pubkey={group.ownerPubkey} /> },
          { term: labels.appKey, value: <bdi>{displayName(group.appKey)}</bdi> },
        ]}
      />
      <p className={styles.producing}>{labels.producing[group.producing]}</p>
    </SideSection>
  );
}
