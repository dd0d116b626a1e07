import type { ButtonHTMLAttributes, Ref } from 'react';
import styles from './button.module.css';
import { Icon, type IconName } from './icon.tsx';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: 'primary' | 'secondary' | 'quiet';
  readonly size?: 'normal' | 'small' | 'large';
  readonly icon?: IconName;
  /** Shows the icon alone; the label stays for screen readers. */
  readonly iconOnly?: boolean;
  readonly label: string;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({ kind = 'secondary', size = 'normal', icon, iconOnly = false, label, className, ...rest }: ButtonProps) {
  const classes = [styles.button, styles[kind], styles[size], iconOnly && styles.iconOnly, className].filter(Boolean).join(' ');
  return (
    <button
      type="button"
      className={classes}
      aria-label={iconOnly ? label : undefined}
      title={iconOnly ? label : undefined}
      {...rest}
    >
      {icon && <Icon name={icon} size={size === 'small' ? 15 : 18} />}
      {!iconOnly && <span>{label}</span>}
    </button>
  );
}

/** Looks like a button, is a link: it goes somewhere. */
export function ButtonLink({
  href,
  label,
  icon,
  kind = 'secondary',
  newTab = false,
}: {
  readonly href: string;
  readonly label: string;
  readonly icon?: IconName;
  readonly kind?: 'primary' | 'secondary' | 'quiet';
  /** For what is no screen of the app: this tab, and the node in it, stay. */
  readonly newTab?: boolean;
}) {
  return (
    <a
      href={href}
      {...(newTab && { target: '_blank', rel: 'noopener' })}
      className={`${styles.button} ${styles[kind]} ${styles.normal}`}
    >
      {icon && <Icon name={icon} />}
      <span>{label}</span>
    </a>
  );
}
