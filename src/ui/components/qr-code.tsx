import { useMemo } from 'react';
import { encode } from 'uqr';
import { qrPath } from '../logic/qr-path.ts';
import styles from './qr-code.module.css';

interface QrCodeProps {
  readonly text: string;
  readonly label: string;
  /** Shown instead where the text is more than a code can hold (about 2,900 bytes). */
  readonly tooLong: string;
}

const QUIET_MODULES = 3;

/** A QR code, dark on light in both schemes: many readers do not take inverted ones. */
export function QrCode({ text, label, tooLong }: QrCodeProps) {
  const code = useMemo(() => {
    try {
      const { data } = encode(text, { ecc: 'L', border: QUIET_MODULES });
      return { path: qrPath(data), size: data.length };
    } catch {
      return undefined;
    }
  }, [text]);
  if (!code) return <p className={styles.tooLong}>{tooLong}</p>;
  return (
    <svg
      className={styles.code}
      viewBox={`0 0 ${code.size} ${code.size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect width={code.size} height={code.size} className={styles.light} />
      <path d={code.path} className={styles.dark} />
    </svg>
  );
}
