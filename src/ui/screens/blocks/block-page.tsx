import { useCallback } from 'react';
import type { GroupView } from '../../../node/view.ts';
import { useApi } from '../../client/context.ts';
import type { BlockJson, TrxJson } from '../../client/records.ts';
import { trxTypeName } from '../../client/records.ts';
import { Alert } from '../../components/alert.tsx';
import { Facts } from '../../components/facts.tsx';
import { Hash } from '../../components/hash.tsx';
import { Key } from '../../components/name.tsx';
import { ExactTime } from '../../components/time.tsx';
import { useLoaded } from '../../hooks/use-loaded.ts';
import { nsToMs } from '../../logic/feed-model.ts';
import { paths } from '../../logic/route.ts';
import { shortKey } from '../../logic/text.ts';
import { problemText, useMessages } from '../../messages/index.ts';
import styles from './detail.module.css';

/** One block, everything in it. */
export function BlockPage({ group, blockId }: { readonly group: GroupView; readonly blockId: number }) {
  const messages = useMessages();
  const { blocks } = messages;
  const api = useApi();
  const { groupId } = group;
  const loaded = useLoaded(useCallback(() => api.block(groupId, blockId), [api, groupId, blockId]));
  return (
    <section className={styles.page}>
      <div className={styles.bar}>
        <div>
          <p className={styles.crumb}>
            <a href={paths.blocks(groupId)}>{blocks.title}</a>
          </p>
          <h2>{blocks.blockTitle({ block: blockId })}</h2>
        </div>
        <nav aria-label={blocks.pages}>
          {blockId > 0 && <a href={paths.block(groupId, blockId - 1)}>{blocks.previous}</a>}
          {blockId < group.head.blockId && <a href={paths.block(groupId, blockId + 1)}>{blocks.next}</a>}
        </nav>
      </div>
      {loaded.state === 'loading' && <p className={styles.quiet}>{blocks.loading}</p>}
      {loaded.state === 'failed' && <Alert>{problemText(messages, loaded.problem)}</Alert>}
      {loaded.state === 'ready' && <BlockDetail block={loaded.value} groupId={groupId} />}
    </section>
  );
}

function BlockDetail({ block, groupId }: { readonly block: BlockJson; readonly groupId: string }) {
  const { blocks, locale } = useMessages();
  const numbers = new Intl.NumberFormat(locale);
  const hash = (term: string, value: string | undefined) => ({
    term,
    value: value ? <Hash value={value} what={term} /> : blocks.none,
  });
  const seals = block.Seals ?? [];
  const trxs = block.Trxs ?? [];
  return (
    <>
      <Facts
        wide
        facts={[
          { term: blocks.number, value: numbers.format(block.BlockId ?? 0) },
          { term: blocks.epoch, value: numbers.format(block.Epoch ?? 0) },
          { term: blocks.time, value: <ExactTime timeMs={nsToMs(block.TimeStamp)} /> },
          hash(blocks.hash, block.BlockHash),
          hash(blocks.prevHash, block.PrevHash),
          hash(blocks.stateRoot, block.StateRoot),
          hash(blocks.producer, block.ProducerPubkey),
          hash(blocks.signature, block.ProducerSign),
        ]}
      />
      <div className={styles.part}>
        <h3>{blocks.trxList}</h3>
        {trxs.length === 0 ? (
          <p className={styles.quiet}>{blocks.noTrxs}</p>
        ) : (
          <ol>
            {trxs.map((trx) => (
              <li key={`${trx.SenderPubkey}/${trx.TrxId}`}>
                <TrxRow trx={trx} groupId={groupId} />
              </li>
            ))}
          </ol>
        )}
      </div>
      <div className={styles.part}>
        <h3>{blocks.seals}</h3>
        {seals.length === 0 ? (
          <p className={styles.quiet}>{blocks.noSeals}</p>
        ) : (
          <ul>
            {seals.map((seal) => (
              <li key={seal.ProducerPubkey}>
                <Hash value={seal.ProducerPubkey} what={blocks.producer} short />
              </li>
            ))}
          </ul>
        )}
      </div>
    </>
  );
}

function TrxRow({ trx, groupId }: { readonly trx: TrxJson; readonly groupId: string }) {
  const { trx: words } = useMessages();
  const type = trxTypeName(trx.Type);
  return (
    <a className={styles.trx} href={paths.trx(groupId, trx.TrxId)}>
      <span>{words.types[type] ?? type}</span>
      <code>{shortKey(trx.TrxId, 8, 4)}</code>
      <span>
        <Key pubkey={trx.SenderPubkey} />
      </span>
    </a>
  );
}
