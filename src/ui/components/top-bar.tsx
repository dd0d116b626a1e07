import { type Theme, useTheme } from '../hooks/use-theme.ts';
import { paths } from '../logic/route.ts';
import { useMessages } from '../messages/index.ts';
import { Button } from './button.tsx';
import type { IconName } from './icon.tsx';
import { Logo } from './logo.tsx';
import styles from './top-bar.module.css';

const THEME_ICONS: Readonly<Record<Theme, IconName>> = { system: 'half', light: 'sun', dark: 'moon' };

/** `atHome`: this is the page of all groups, which needs no link to itself. */
export function TopBar({ atHome }: { readonly atHome: boolean }) {
  const messages = useMessages();
  const { theme, next } = useTheme();
  return (
    <header className={styles.bar}>
      <a className={styles.brand} href={paths.start} aria-label={messages.app.home}>
        <Logo />
        <span className={styles.word}>{messages.app.name}</span>
      </a>
      <div className={styles.end}>
        {!atHome && (
          <a className={styles.back} href={paths.start}>
            {messages.app.back}
          </a>
        )}
        <Button
          kind="quiet"
          icon={THEME_ICONS[theme]}
          iconOnly
          label={messages.theme.label({ current: messages.theme[theme] })}
          onClick={next}
        />
      </div>
    </header>
  );
}
