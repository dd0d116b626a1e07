import { memo } from 'react';
import { maskOf, strataOf } from '../logic/mark.ts';
import styles from './marks.module.css';

/** A person's mark, drawn from the public key. Decoration: the key stands beside it. */
export const PersonMark = memo(function PersonMark({ pubkey, size = 36 }: { readonly pubkey: string; readonly size?: number }) {
  const mask = maskOf(pubkey);
  return (
    <svg
      className={`${styles.mark} ${styles[`hue${mask.hue}`]}`}
      viewBox="0 0 40 40"
      width={size}
      height={size}
      aria-hidden="true"
      focusable="false"
    >
      <rect width="40" height="40" className={styles.ground} />
      <path d={mask.ears} className={styles.dark} />
      <path d={mask.head} className={styles[`face${mask.shade}`]} />
      <path d={mask.bands} className={styles.dark} />
      {mask.eyes.map((eye) => (
        <circle key={eye.x} cx={eye.x} cy={eye.y} r="1.3" className={styles.light} />
      ))}
      <path d={mask.nose} className={styles.dark} />
    </svg>
  );
});

/** A group's mark, drawn from its id: layers of earth with a den in them. */
export const GroupMark = memo(function GroupMark({ groupId, size = 44 }: { readonly groupId: string; readonly size?: number }) {
  const strata = strataOf(groupId);
  return (
    <svg
      className={`${styles.mark} ${styles.square} ${styles[`hue${strata.hue}`]}`}
      viewBox="0 0 40 40"
      width={size}
      height={size}
      aria-hidden="true"
      focusable="false"
    >
      <rect width="40" height="40" className={styles.sky} />
      {strata.layers.map((layer) => (
        <path key={layer.tone} d={layer.path} className={styles[`layer${layer.tone}`]} />
      ))}
      <circle cx={strata.den.x} cy={strata.den.y} r={strata.den.r} className={styles.den} />
    </svg>
  );
});
