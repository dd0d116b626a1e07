import { useMemo, useSyncExternalStore } from 'react';
import { parseRoute, type Route } from '../logic/route.ts';

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  window.addEventListener('popstate', listener);
  return () => {
    window.removeEventListener('hashchange', listener);
    window.removeEventListener('popstate', listener);
  };
}

const readHash = (): string => window.location.hash;

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, readHash);
  return useMemo(() => parseRoute(hash), [hash]);
}

/** Goes to a path of `paths`. With `replace` the present address leaves the history: for addresses that hold a secret or are over. */
export function navigate(path: string, replace = false): void {
  if (!replace) {
    window.location.hash = path;
    return;
  }
  window.history.replaceState(null, '', path);
  // replaceState tells nobody.
  window.dispatchEvent(new PopStateEvent('popstate'));
}
