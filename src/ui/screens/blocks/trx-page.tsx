import { useCallback } from 'react';
import type { GroupView } from '../../../node/view.ts';
import { useApi } from '../../client/context.ts';
import { base64Bytes, trxTypeName } from '../../client/records.ts';
import { Alert } from '../../components/alert.tsx';
import { Button } from '../../components/button.tsx';
import { Facts } from '../../components/facts.tsx';
import { Hash } from '../../components/hash.tsx';
import { ExactTime } from '../../components/time.tsx';
import { useLoaded } from '../../hooks/use-loaded.ts';
import { useTask } from '../../hooks/use-task.ts';
import { formatBytes } from '../../logic/bytes.ts';
import { nsToMs } from '../../logic/feed-model.ts';
import { downloadJson } from '../../logic/files.ts';
import { listing } from '../../logic/post-content.ts';
import { paths } from '../../logic/route.ts';
import { clampText, withoutStacks } from '../../logic/text.ts';
import { problemText, useMessages } from '../../messages/index.ts';
import styles from './detail.module.css';

/** One transaction: who, what, when, where, and its content where this node can read it. */
export function TrxPage({ group, trxId }: { readonly group: GroupView; readonly trxId: string }) {
  const messages = useMessages();
  const { trx: words, blocks } = messages;
  const api = useApi();
  const { groupId } = group;
  const load = useCallback(async () => {
    const [trx, status, item] = await Promise.all([
      api.trx(groupId, trxId),
      api.trxStatus(groupId, trxId).catch(() => undefined),
      api.content(groupId, trxId).catch(() => undefined),
    ]);
    return {
      trx,
      status,
      blockId: status?.block_id,
      content: item && { ...item, text: item.Unreadable ? String(item.Content) : listing(item.Content) },
    };
  }, [api, groupId, trxId]);
  const loaded = useLoaded(load);
  const download = useTask(async () => downloadJson(`sett-receipt-${trxId}.json`, await api.receipt(groupId, trxId)));
  if (loaded.state === 'loading') return <p className={styles.quiet}>{blocks.loading}</p>;
  if (loaded.state === 'failed') return <Alert>{problemText(messages, loaded.problem)}</Alert>;
  const { trx, status, blockId, content } = loaded.value;
  const type = trxTypeName(trx.Type);
  return (
    <section className={styles.page}>
      <div>
        <p className={styles.crumb}>
          <a href={paths.blocks(groupId)}>{blocks.title}</a>
        </p>
        <h2>{words.title}</h2>
      </div>
      <Facts
        wide
        facts={[
          { term: words.type, value: words.types[type] ?? type },
          {
            term: words.block,
            value:
              blockId === undefined ? (
                blocks.none
              ) : (
                <a href={paths.block(groupId, blockId)}>{blocks.blockTitle({ block: blockId })}</a>
              ),
          },
          ...(status?.result ? [{ term: words.result, value: status.reason?.message ?? words.applied }] : []),
          ...(status?.state_root
            ? [{ term: words.stateRoot, value: <Hash value={status.state_root} what={words.stateRoot} /> }]
            : []),
          { term: words.time, value: <ExactTime timeMs={nsToMs(trx.TimeStamp)} /> },
          { term: words.id, value: <Hash value={trx.TrxId} what={words.id} /> },
          { term: words.sender, value: <Hash value={trx.SenderPubkey} what={words.sender} /> },
          { term: words.size, value: formatBytes(base64Bytes(trx.Data), messages.locale) },
          { term: words.signature, value: trx.SenderSign ? <Hash value={trx.SenderSign} what={words.signature} /> : blocks.none },
        ]}
      />
      {blockId !== undefined && (
        <div className={styles.part}>
          <h3>{words.receiptTitle}</h3>
          <p className={styles.quiet}>
            {words.receiptText} <a href={paths.verify}>{words.receiptVerify}</a>
          </p>
          <div>
            <Button
              icon="down"
              label={download.busy ? words.receiptBusy : words.receipt}
              disabled={download.busy}
              onClick={() => void download.run()}
            />
          </div>
          {download.problem && <Alert>{problemText(messages, download.problem)}</Alert>}
        </div>
      )}
      <div className={styles.part}>
        <h3>{words.content}</h3>
        {content?.Unreadable && <p className={styles.quiet}>{messages.feed.unreadable}</p>}
        {content === undefined ? <p className={styles.quiet}>{words.contentNone}</p> : <Content text={content.text} />}
      </div>
    </section>
  );
}

function Content({ text }: { readonly text: string }) {
  const whole = withoutStacks(text);
  return (
    <pre className={styles.content} dir="ltr">
      {clampText(whole) ?? whole}
    </pre>
  );
}
