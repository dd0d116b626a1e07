import { useCallback, useEffect, useState } from 'react';
import { paths, type Route } from '../logic/route.ts';
import { navigate } from './use-route.ts';

/**
 * The seed that a link brought. It holds the group's key, so it moves from the address into memory at once: neither the address
 * bar nor the history keeps it.
 */
export function useJoinSeed(route: Route): { readonly seed: string; readonly forget: () => void } {
  const [held, setHeld] = useState('');
  const arriving = route.screen === 'join' ? route.seed : '';
  useEffect(() => {
    if (arriving === '') return;
    setHeld(arriving);
    navigate(paths.join, true);
  }, [arriving]);
  const forget = useCallback(() => setHeld(''), []);
  return { seed: arriving || held, forget };
}
