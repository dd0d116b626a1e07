import { useCallback, useEffect, useState } from 'react';
import type { Notice } from '../../node/view.ts';
import { asNotice } from '../client/api.ts';

export type Loaded<T> =
  | { readonly state: 'loading'; readonly value: T | undefined }
  | { readonly state: 'ready'; readonly value: T }
  | { readonly state: 'failed'; readonly value: T | undefined; readonly problem: Notice };

/**
 * Loads something whenever `load` changes (wrap it in useCallback). The last value stays while a new one is on its way if `keep`
 * is set; an answer that was overtaken is dropped.
 */
export function useLoaded<T>(load: () => Promise<T>, keep = false): Loaded<T> & { readonly reload: () => void } {
  const [result, setResult] = useState<Loaded<T>>({ state: 'loading', value: undefined });
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round loads the same thing again
  useEffect(() => {
    let overtaken = false;
    setResult((before) =>
      keep && before.value !== undefined ? { state: 'ready', value: before.value } : { state: 'loading', value: undefined },
    );
    load().then(
      (value) => {
        if (!overtaken) setResult({ state: 'ready', value });
      },
      (error: unknown) => {
        if (!overtaken) setResult((before) => ({ state: 'failed', value: before.value, problem: asNotice(error) }));
      },
    );
    return () => {
      overtaken = true;
    };
  }, [load, keep, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  return { ...result, reload };
}
