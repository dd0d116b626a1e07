import { memo, useId, useMemo, useState } from 'react';
import { Button } from '../../components/button.tsx';
import type { PostContent } from '../../logic/post-content.ts';
import { clampText, linkify, TITLE_CLAMP, withoutStacks } from '../../logic/text.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './post-body.module.css';

/** What somebody wrote: text and nothing but text, in a direction of its own, long ones folded. */
export const PostBody = memo(function PostBody({ content }: { readonly content: PostContent }) {
  const { feed } = useMessages();
  if (content.kind === 'unknown') return <Raw text={content.json} caption={feed.unknownShape} />;
  if (content.kind === 'unreadable') return <Raw text={content.text} caption={feed.unreadable} />;
  return (
    <>
      {content.title !== undefined && <Folding text={content.title} as="title" />}
      {content.text === '' ? <p className={styles.none}>{feed.emptyPost}</p> : <Folding text={content.text} as="text" />}
    </>
  );
});

function Raw({ text, caption }: { readonly text: string; readonly caption: string }) {
  return (
    <figure className={styles.unknown}>
      <figcaption>{caption}</figcaption>
      {text !== '' && <Folding text={text} as="code" />}
    </figure>
  );
}

function Folding({ text, as }: { readonly text: string; readonly as: 'title' | 'text' | 'code' }) {
  const { feed } = useMessages();
  const [open, setOpen] = useState(false);
  const id = useId();
  const whole = useMemo(() => withoutStacks(text), [text]);
  const clamped = useMemo(() => clampText(whole, as === 'title' ? TITLE_CLAMP : undefined), [whole, as]);
  const shown = open ? whole : (clamped ?? whole);
  const Tag = as === 'code' ? 'pre' : 'p';
  return (
    <>
      <Tag id={id} className={styles[as]} dir={as === 'code' ? 'ltr' : 'auto'}>
        {as === 'text' ? <Linked text={shown} /> : shown}
        {shown !== whole && '…'}
      </Tag>
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
