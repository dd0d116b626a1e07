/** The one lock of a profile, as {@link startLeadership} needs it. */
export interface LeaderLock {
  /**
   * Waits for the lock, calls `held` with it, and keeps it until `held` settles. With `steal` it is taken from whoever has it.
   * Resolves with `released` when `held` has settled, and with `lost` as soon as another has stolen it. Rejects with the signal's reason
   * if that is aborted while waiting.
   */
  hold(
    options: { readonly steal: boolean; readonly signal: AbortSignal },
    held: () => Promise<void>,
  ): Promise<'released' | 'lost'>;
  /** Whether somebody holds it right now. */
  isHeld(): Promise<boolean>;
}

export type TabRole = 'leader' | 'window' | 'electing';

export interface Leadership {
  /** The leader has gone silent: take the lock from it. The fence of the store keeps it from writing, should it wake up. */
  takeOver(): void;
  /** Gives up the lead or the place in the queue for it. */
  stop(): void;
}

/**
 * Takes part in the election of the one tab that runs the profile's node: waits for the lock, leads while it is held. `changed` is told
 * every new role, in order; a leader that is no longer told to lead must stop its node at once.
 */
export function startLeadership(lock: LeaderLock, changed: (role: TabRole) => void): Leadership {
  let isStopped = false;
  let role: TabRole | undefined;
  let waiting = new AbortController();
  let isStealing = false;
  let giveUp: (() => void) | undefined;

  function become(next: TabRole): void {
    if (isStopped || role === next) return;
    role = next;
    changed(next);
  }

  async function lead(): Promise<void> {
    isStealing = false;
    // The lock may be granted in the moment that it is given up.
    if (isStopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    giveUp = resolve;
    become('leader');
    await promise;
  }

  async function takePart(): Promise<void> {
    while (!isStopped) {
      become(role === undefined ? 'electing' : 'window');
      const { signal } = waiting;
      try {
        const request = lock.hold({ steal: isStealing, signal }, lead);
        if (!isStealing && role === 'electing' && (await lock.isHeld()) && giveUp === undefined) become('window');
        await request;
      } catch (error) {
        // Only a wait that was ended by `takeOver` or `stop` is expected here.
        if (!signal.aborted) throw error;
      }
      giveUp = undefined;
    }
  }

  takePart().catch((error: unknown) => {
    // A browser that cannot lock cannot keep two tabs from one database: stay a window.
    console.error('sett: the election of the leading tab failed', error);
    become('window');
  });

  return {
    takeOver() {
      if (isStopped || role === 'leader') return;
      isStealing = true;
      waiting.abort();
      waiting = new AbortController();
    },
    stop() {
      isStopped = true;
      waiting.abort();
      giveUp?.();
    },
  };
}
