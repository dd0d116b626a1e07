import { useCallback, useRef, useState } from 'react';
import type { Notice } from '../../node/view.ts';
import { asNotice } from '../client/api.ts';

export interface Task<Args extends readonly unknown[]> {
  readonly busy: boolean;
  /** Why the last run failed; gone when the next begins. */
  readonly problem: Notice | undefined;
  /** True if it went through. A call while one runs is not made. */
  readonly run: (...args: Args) => Promise<boolean>;
  readonly setProblem: (problem: Notice | undefined) => void;
}

/** An action of the user's that takes a while and can fail. */
export function useTask<Args extends readonly unknown[]>(action: (...args: Args) => Promise<void>): Task<Args> {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Notice>();
  const running = useRef(false);
  const latest = useRef(action);
  latest.current = action;
  const run = useCallback(async (...args: Args): Promise<boolean> => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setProblem(undefined);
    try {
      await latest.current(...args);
      return true;
    } catch (error) {
      setProblem(asNotice(error));
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }, []);
  return { busy, problem, run, setProblem };
}
