import { useCallback, useEffect, useId, useRef, useState } from 'react';
import type { GroupView } from '../../../node/view.ts';
import { useApi } from '../../client/context.ts';
import { Alert } from '../../components/alert.tsx';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { QrCode } from '../../components/qr-code.tsx';
import { useLoaded } from '../../hooks/use-loaded.ts';
import { isLoopback, joinLink } from '../../logic/seed-preview.ts';
import { problemText, useMessages } from '../../messages/index.ts';
import styles from './share-panel.module.css';

/**
 * The button that invites, and its dialog. Not modal: the page behind stays usable, and a click there or Escape closes it, so
 * that one can go on writing while the seed is on show.
 */
export function SharePanel({ group }: { readonly group: GroupView }) {
  const { share, app } = useMessages();
  const panel = useRef<HTMLDivElement>(null);
  const panelId = useId();
  const titleId = useId();
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const element = panel.current;
    const follow = (event: ToggleEvent): void => setOpen(event.newState === 'open');
    element?.addEventListener('toggle', follow);
    return () => element?.removeEventListener('toggle', follow);
  }, []);
  return (
    <>
      <Button
        kind="primary"
        icon="share"
        label={share.open}
        popoverTarget={panelId}
        aria-haspopup="dialog"
        aria-expanded={open}
        className={styles.opener}
      />
      <div ref={panel} id={panelId} popover="auto" role="dialog" aria-labelledby={titleId} className={styles.panel}>
        <header className={styles.header}>
          <h2 id={titleId}>{share.title}</h2>
          <Button kind="quiet" icon="close" iconOnly label={app.close} popoverTarget={panelId} popoverTargetAction="hide" />
        </header>
        {open && <ShareContent group={group} />}
      </div>
    </>
  );
}

function ShareContent({ group }: { readonly group: GroupView }) {
  const messages = useMessages();
  const { share } = messages;
  const api = useApi();
  const seed = useLoaded(useCallback(() => api.seed(group.groupId), [api, group.groupId]));
  if (seed.state === 'failed') return <Alert>{problemText(messages, seed.problem)}</Alert>;
  if (seed.state === 'loading') return <p aria-busy="true">{share.loading}</p>;
  const link = joinLink(window.location.href, seed.value.seed);
  return (
    <div className={styles.content}>
      <p className={styles.warning}>{group.encryption === 'private' ? share.warningPrivate : share.warning}</p>
      <section aria-label={share.seed}>
        {/* A box that scrolls can be reached by keyboard. */}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
        <code className={styles.secret} tabIndex={0}>
          {seed.value.seed}
        </code>
        <CopyButton text={seed.value.seed} label={share.copySeed} kind="primary" />
      </section>
      <section aria-label={share.link}>
        <QrCode text={link} label={share.qr} tooLong={share.qrTooLong} />
        <code className={styles.link}>{link}</code>
        <CopyButton text={link} label={share.copyLink} />
      </section>
      {isLoopback(window.location.hostname) && <p className={styles.note}>{share.localOnly}</p>}
    </div>
  );
}
