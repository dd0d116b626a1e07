import type { GroupView } from '../../../node/view.ts';
import { Key } from '../../components/name.tsx';
import { TimeAgo } from '../../components/time.tsx';
import { type BlockRow, PAGE_BLOCKS, useBlocks } from '../../hooks/use-blocks.ts';
import { nsToMs } from '../../logic/feed-model.ts';
import { paths } from '../../logic/route.ts';
import { shortKey } from '../../logic/text.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './blocks-page.module.css';

/** The chain, newest first. Without `top` the list follows the head. */
export function BlocksPage({ group, top }: { readonly group: GroupView; readonly top: number | undefined }) {
  const { blocks } = useMessages();
  const head = group.head.blockId;
  const first = Math.min(top ?? head, head);
  const last = Math.max(first - PAGE_BLOCKS + 1, 0);
  const rows = useBlocks(group.groupId, first);
  return (
    <section className={styles.page}>
      <div className={styles.title}>
        <h2>{blocks.title}</h2>
        <p>{blocks.lead}</p>
      </div>
      {rows.value === undefined ? (
        <p className={styles.loading}>{blocks.loading}</p>
      ) : (
        <ol className={styles.list} aria-label={blocks.listLabel}>
          {rows.value.map((row) => (
            <li key={row.blockId}>
              <Row row={row} groupId={group.groupId} />
            </li>
          ))}
        </ol>
      )}
      <nav className={styles.pages} aria-label={blocks.pages}>
        <PageLink
          label={blocks.newer}
          path={
            first < head ? paths.blocks(group.groupId, first + PAGE_BLOCKS < head ? first + PAGE_BLOCKS : undefined) : undefined
          }
        />
        <span>{blocks.range({ from: last, to: first })}</span>
        <PageLink label={blocks.older} path={last > 0 ? paths.blocks(group.groupId, last - 1) : undefined} />
      </nav>
    </section>
  );
}

function PageLink({ label, path }: { readonly label: string; readonly path: string | undefined }) {
  return path === undefined ? <span aria-hidden="true" /> : <a href={path}>{label}</a>;
}

function Row({ row, groupId }: { readonly row: BlockRow; readonly groupId: string }) {
  const { blocks, locale } = useMessages();
  const { block, blockId } = row;
  const count = block?.Trxs?.length ?? 0;
  return (
    <a className={styles.row} href={paths.block(groupId, blockId)} data-full={count > 0}>
      <span className={styles.number}>{new Intl.NumberFormat(locale).format(blockId)}</span>
      {block ? (
        <>
          <span className={styles.trxs}>{blockId === 0 ? blocks.genesis : blocks.trxs({ count })}</span>
          <code className={styles.hash}>{shortKey(block.BlockHash ?? '', 10, 6)}</code>
          <span className={styles.producer}>
            <Key pubkey={block.ProducerPubkey ?? ''} />
          </span>
          <span className={styles.time}>
            <TimeAgo timeMs={nsToMs(block.TimeStamp)} />
          </span>
        </>
      ) : (
        <span className={styles.trxs}>{blocks.unreadable}</span>
      )}
    </a>
  );
}
