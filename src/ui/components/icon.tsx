/** Line icons of our own on a 20 × 20 grid; decoration beside words, hidden from screen readers. */
const PATHS = {
  plus: 'M10 4v12M4 10h12',
  arrowIn: 'M11 4h5v12h-5M3.5 10h8M8.5 6.8 11.7 10l-3.2 3.2',
  share: 'M10 12V3.5M6.8 6.4 10 3.2l3.2 3.2M4 10.5v6h12v-6',
  copy: 'M7.5 7.5h9v9h-9zM12.5 7.5v-4h-9v9h4',
  check: 'M4 10.6 8.2 14.8 16 6',
  close: 'M5 5l10 10M15 5 5 15',
  back: 'M12 4 6 10l6 6',
  forward: 'M8 4l6 6-6 6',
  down: 'M4 8l6 6 6-6',
  up: 'M4 12l6-6 6 6',
  warn: 'M10 3 18 16.5H2zM10 8.2v3.6M10 14.2v.1',
  clock: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6.5V10l2.5 1.8',
  sun: 'M10 6.6a3.4 3.4 0 1 0 0 6.8 3.4 3.4 0 0 0 0-6.8zM10 2v1.6M10 16.4V18M2 10h1.6M16.4 10H18M4.3 4.3l1.2 1.2M14.5 14.5l1.2 1.2M15.7 4.3l-1.2 1.2M5.5 14.5l-1.2 1.2',
  moon: 'M16 11.6A6.6 6.6 0 0 1 8.4 4a6.6 6.6 0 1 0 7.6 7.6z',
  half: 'M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14z',
  lock: 'M5 9h10v7.5H5zM7 9V6.5a3 3 0 0 1 6 0V9',
  globe: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM3 10h14M10 3c2.6 2.4 2.6 11.6 0 14M10 3c-2.6 2.4-2.6 11.6 0 14',
  people:
    'M7.5 9.5a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM2.5 16.2c.4-2.9 2.2-4.5 5-4.5s4.600 1.600 5 4.500M13 9.300a2.500 2.500 0 1 0-.8-4.900M14.400 12c1.800.4 2.900 1.800 3.200 4.200',
  layers: 'M10 3.500 17 7l-7 3.500L3 7zM3 10.500 10 14l7-3.500M3 14l7 3.500L17 14',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" width={size} height={size} aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" />
      {name === 'half' && <path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor" />}
    </svg>
  );
}
