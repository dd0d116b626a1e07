import { ButtonLink } from '../../components/button.tsx';
import { useScreenTitle } from '../../hooks/use-title.ts';
import { paths } from '../../logic/route.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './start-page.module.css';

export function NotFound() {
  const { app } = useMessages();
  const heading = useScreenTitle<HTMLHeadingElement>(app.notFound);
  return (
    <div className={styles.notFound}>
      <h1 {...heading}>{app.notFound}</h1>
      <ButtonLink href={paths.start} icon="back" label={app.back} />
    </div>
  );
}
