import styles from './den-picture.module.css';

/** A sett in section: chambers under a hill, joined by tunnels, each with its own light. Tabs that keep one ledger. */
export function DenPicture() {
  return (
    <svg className={styles.picture} viewBox="0 0 420 380" aria-hidden="true" focusable="false">
      <defs>
        <clipPath id="den-frame">
          <rect width="420" height="380" rx="28" />
        </clipPath>
      </defs>
      <g clipPath="url(#den-frame)">
        <rect width="420" height="380" className={styles.sky} />
        <circle cx="322" cy="70" r="27" className={styles.moon} />
        <path className={styles.hill} d="M0 140C60 118 110 92 176 96s116 46 244 34v250H0z" />
        <path className={styles.soil} d="M0 198c80-18 150-8 220 4s130 16 200-2v180H0z" />
        <path className={styles.deep} d="M0 288c70-22 140-16 214-4s140 10 206-10v106H0z" />
        <path
          className={styles.tunnels}
          d="M150 97C146 128 118 146 112 178M112 178C150 204 196 196 232 190M232 190C276 192 300 212 322 240M232 190C232 232 214 262 184 290M184 290C232 312 282 300 322 240M112 178C84 214 96 262 184 290M322 240C352 206 366 168 372 131"
        />
        <ellipse cx="112" cy="180" rx="37" ry="25" className={styles.chamber} />
        <ellipse cx="234" cy="192" rx="41" ry="27" className={styles.chamber} />
        <ellipse cx="322" cy="243" rx="38" ry="26" className={styles.chamber} />
        <ellipse cx="182" cy="293" rx="46" ry="29" className={styles.chamber} />
        <circle cx="112" cy="180" r="7" className={styles.light} />
        <circle cx="322" cy="243" r="7" className={styles.light} />
        <circle cx="182" cy="293" r="7" className={styles.light} />
        <g transform="translate(214 171) scale(1.25)">
          <path
            className={styles.face}
            d="M4 12C4 6 9 3.500 16 3.500S28 6 28 12c0 6-4.500 9-7.200 14.200C19.700 28.300 18.400 29.500 16 29.500s-3.700-1.200-4.800-3.300C8.500 21 4 18 4 12z"
          />
          <path
            className={styles.band}
            d="M13.600 3.700C9 4.300 6.300 6.600 5.400 9.300c1.200 5.200 5.600 9.300 7.300 15.700.2.700 1.200.6 1.300-.1L14.700 4.500c0-.5-.5-.9-1.100-.8zM18.400 3.700c4.600.6 7.300 2.900 8.200 5.600-1.200 5.200-5.600 9.300-7.300 15.700-.2.700-1.200.6-1.300-.1L17.300 4.500c0-.5.500-.9 1.100-.8z"
          />
          <circle cx="11" cy="14" r="1.500" className={styles.light} />
          <circle cx="21" cy="14" r="1.500" className={styles.light} />
          <path
            className={styles.band}
            d="M13.300 26.300c1.700-.9 3.700-.9 5.400 0-.4 2.100-1.300 3.200-2.700 3.200s-2.300-1.100-2.700-3.200z"
          />
        </g>
        <g className={styles.grass}>
          <path d="M58 121l-4-14M66 118l1-15M74 115l6-12M282 128l-5-12M290 129l2-13M298 130l7-11" />
        </g>
      </g>
    </svg>
  );
}
