import { memo, useId, useMemo, useState } from 'react';
import { Button } from '../../components/button.tsx';
import type { PostContent } from '../../logic/post-content.ts';
import { clampText, linkify } from '../../logic/text.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './post-body.module.css';

/** What somebody wrote: text and nothing but text, in a direction of its own, long ones folded. */
export const PostBody = memo(function PostBody({ content }: { readonly content: PostContent }) {
  const { feed } = useMessages();
  if (content.kind === 'unknown') {
    return (
      <figure className={styles.unknown}>
        <figcaption>{feed.unknownShape}</figcaption>
        <Folding text={content.json} code />
      </figure>
    );
  }
  return (
    <>
      {content.title !== undefined && (
        <p className={styles.title} dir="auto">
          {content.title}
        </p>
      )}
      {content.text === '' ? <p className={styles.none}>{feed.emptyPost}</p> : <Folding text={content.text} />}
    </>
  );
});

function Folding({ text, code = false }: { readonly text: string; readonly code?: boolean }) {
  const { feed } = useMessages();
  const [open, setOpen] = useState(false);
  const id = useId();
  const clamped = useMemo(() => clampText(text), [text]);
  const shown = open || clamped === undefined ? text : clamped;
  return (
    <>
      {code ? (
        <pre id={id} className={styles.code} dir="ltr">
          {shown}
          {shown !== text && '…'}
        </pre>
      ) : (
        <p id={id} className={styles.text} dir="auto">
          <Linked text={shown} />
          {shown !== text && '…'}
        </p>
      )}
      {clamped !== undefined && (
        <Button
          kind="quiet"
          size="small"
          className={styles.fold}
          label={open ? feed.less : feed.more}
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen(!open)}
        />
      )}
    </>
  );
}

function Linked({ text }: { readonly text: string }) {
  const parts = useMemo(() => linkify(text), [text]);
  return parts.map((part, index) =>
    part.href === undefined ? (
      part.text
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, never moved
      <a key={index} href={part.href} target="_blank" rel="noopener noreferrer nofollow ugc">
        <bdi>{part.text}</bdi>
      </a>
    ),
  );
}
