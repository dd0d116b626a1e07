import { useScreenTitle } from '../../hooks/use-title.ts';
import { paths } from '../../logic/route.ts';
import { useMessages } from '../../messages/index.ts';
import { BackupForm } from './backup-form.tsx';
import styles from './files.module.css';
import { RestoreForm } from './restore-form.tsx';

/** Every key and seed of this browser into one file, and back. */
export function BackupPage() {
  const { backup: words, app } = useMessages();
  const heading = useScreenTitle<HTMLHeadingElement>(words.title);
  return (
    <div className={styles.page}>
      <header>
        <p>
          <a href={paths.start}>{app.back}</a>
        </p>
        <h1 {...heading}>{words.title}</h1>
        <p className={styles.lead}>{words.lead}</p>
      </header>
      <BackupForm />
      <RestoreForm />
    </div>
  );
}
