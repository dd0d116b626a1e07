import { Logo } from '../../components/logo.tsx';
import styles from './gate.module.css';

/** Something is on its way: calm, named, no spinner. */
export function Opening({ title, text }: { readonly title: string; readonly text?: string }) {
  return (
    <div className={styles.opening} aria-busy="true">
      <span className={styles.breathing}>
        <Logo size={40} />
      </span>
      <div>
        <p>{title}</p>
        {text && <p>{text}</p>}
      </div>
    </div>
  );
}
