import styles from './section-head.module.css';

/** A part's name, a word beside it, and a sentence that says what one sees. */
export function SectionHead({
  title,
  note,
  text,
}: {
  readonly title: string;
  readonly note?: string | undefined;
  readonly text?: string;
}) {
  return (
    <div className={styles.head}>
      <h2>
        {title}
        {note && <span className={styles.note}>{note}</span>}
      </h2>
      {text && <p>{text}</p>}
    </div>
  );
}
