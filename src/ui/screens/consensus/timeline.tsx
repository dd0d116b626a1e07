import type { GroupView } from '../../../node/view.ts';
import { PersonMark } from '../../components/marks.tsx';
import { useBlocks } from '../../hooks/use-blocks.ts';
import { barHeight, type TimelineBlock, timelineOf } from '../../logic/block-timeline.ts';
import { paths } from '../../logic/route.ts';
import { displayName, shortKey } from '../../logic/text.ts';
import { useMessages } from '../../messages/index.ts';
import { SectionHead } from './section-head.tsx';
import styles from './timeline.module.css';

/** The newest blocks as bars, and below each who of the producers has sealed it. */
export function Timeline({ group }: { readonly group: GroupView }) {
  const { consensus: words, blocks: blockWords } = useMessages();
  const loaded = useBlocks(group.groupId, group.head.blockId);
  const blocks = timelineOf((loaded.value ?? []).flatMap(({ block }) => block ?? []));
  const [first] = blocks;
  const last = blocks.at(-1);
  const isOne = group.consensus.producers.length === 1;
  const fullest = Math.max(...blocks.map(({ trxs }) => trxs));
  const empty = blocks.reduce((sum, { emptyEpochs }) => sum + emptyEpochs, 0);
  return (
    <section aria-label={words.timeline}>
      <SectionHead
        title={words.timeline}
        note={first && last ? words.timelineEpochs({ from: first.epoch, to: last.epoch }) : undefined}
        text={isOne ? words.timelineOne : words.timelineText}
      />
      {!first || !last ? (
        <p className={styles.range}>{blockWords.loading}</p>
      ) : (
        <>
          <div className={styles.chart}>
            <span className={styles.corner} aria-hidden="true" />
            <ol className={styles.bars} aria-label={words.timeline}>
              {blocks.map((block) => (
                <Bar key={block.blockId} block={block} fullest={fullest} groupId={group.groupId} />
              ))}
            </ol>
            {!isOne && group.producers.map((pubkey) => <SealRow key={pubkey} pubkey={pubkey} blocks={blocks} />)}
          </div>
          <p className={styles.range}>
            <span>{words.timelineBlocks({ from: first.blockId, to: last.blockId })}</span>
            <span>{words.timelineRate({ blocks: blocks.length, empty })}</span>
          </p>
        </>
      )}
    </section>
  );
}

function Bar({ block, fullest, groupId }: { readonly block: TimelineBlock; readonly fullest: number; readonly groupId: string }) {
  const { consensus: words } = useMessages();
  const { blockId, epoch, trxs, sealers, changesConsensus } = block;
  const text = words.timelineBlock({ block: blockId, epoch, trxs, seals: sealers.length });
  const label = changesConsensus ? `${text}, ${words.timelineChange}` : text;
  return (
    <li className={styles.cell} data-gap={block.emptyEpochs > 0 || undefined}>
      <a className={styles.column} href={paths.block(groupId, blockId)} aria-label={label} title={label}>
        <span
          className={styles.bar}
          data-change={changesConsensus || undefined}
          style={{ height: `${Math.round(8 + 92 * barHeight(trxs, fullest))}%` }}
        />
      </a>
    </li>
  );
}

/** Which of the blocks one producer has sealed: dots for the eye, a sentence for the ear. */
function SealRow({ pubkey, blocks }: { readonly pubkey: string; readonly blocks: readonly TimelineBlock[] }) {
  const { consensus: words } = useMessages();
  const sealed = blocks.filter(({ sealers }) => sealers.includes(pubkey)).length;
  const name = shortKey(displayName(pubkey));
  return (
    <>
      <span className={styles.name} title={name}>
        <PersonMark pubkey={pubkey} size={20} />
        <span className="visually-hidden">
          {name}: {words.sealed({ sealed, of: blocks.length })}
        </span>
      </span>
      <span className={styles.bars} aria-hidden="true">
        {blocks.map((block) => (
          <span key={block.blockId} className={styles.cell} data-gap={block.emptyEpochs > 0 || undefined}>
            <span className={styles.seal} data-sealed={block.sealers.includes(pubkey)} />
          </span>
        ))}
      </span>
    </>
  );
}
