import { useCallback, useSyncExternalStore } from 'react';
import { keep, readKept } from '../logic/browser-storage.ts';

export type Theme = 'system' | 'light' | 'dark';

const STORAGE_KEY = 'sett.theme';
const ORDER: readonly Theme[] = ['system', 'light', 'dark'];
const listeners = new Set<() => void>();
let current: Theme = 'system';

function stored(): Theme {
  const value = readKept(STORAGE_KEY);
  return value === 'light' || value === 'dark' ? value : 'system';
}

function apply(theme: Theme): void {
  current = theme;
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
}

/** Sets the colours that were chosen earlier; to be called before the first paint. */
export function restoreTheme(): void {
  apply(stored());
}

function subscribe(listener: () => void): () => void {
  const fromOtherTab = (event: StorageEvent): void => {
    if (event.key === STORAGE_KEY) apply(stored());
  };
  listeners.add(listener);
  window.addEventListener('storage', fromOtherTab);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', fromOtherTab);
  };
}

/** The chosen colours, and a step to the next choice that is remembered in this browser. */
export function useTheme(): { theme: Theme; next: () => void } {
  const theme = useSyncExternalStore(subscribe, () => current);
  const next = useCallback(() => {
    const chosen = ORDER[(ORDER.indexOf(current) + 1) % ORDER.length] ?? 'system';
    keep(STORAGE_KEY, chosen === 'system' ? null : chosen);
    apply(chosen);
  }, []);
  return { theme, next };
}
