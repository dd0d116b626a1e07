/** The only file that touches `navigator` and the page's life cycle: everything else gets these as small interfaces. */
import { channelLine, type Line } from '../worker/index.ts';
import type { LeaderLock } from './leadership.ts';

/** What of a tab's surroundings the client needs; tests bring their own. */
export interface Surroundings {
  /** Origin of the page. */
  readonly origin: string;
  lock(name: string): LeaderLock;
  channel(name: string): Line;
  /** Calls back every `periodMs` (later while the page is hidden); returns a function that cancels. */
  every(periodMs: number, callback: () => void): () => void;
  /** Calls back once after `delayMs`; returns a function that cancels. */
  after(delayMs: number, callback: () => void): () => void;
  /** Milliseconds from an arbitrary start; never goes back. */
  nowMs(): number;
  /** A UUID. */
  uuid(): string;
  /** A number from 0 to 1, for spreading what many tabs would do at once. */
  chance(): number;
  /** Tells when this page is about to be frozen or put away, and when it comes back. */
  onPause(pause: () => void, resume: () => void): void;
  /** Asks the browser not to evict this origin's storage under pressure. */
  keepStorage(): Promise<void>;
}

export const browserSurroundings: Surroundings = {
  origin: globalThis.location?.origin,
  lock: webLock,
  channel: (name) => channelLine(new BroadcastChannel(name)),
  every(periodMs, callback) {
    const timer = setInterval(callback, periodMs);
    return () => clearInterval(timer);
  },
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  nowMs: () => performance.now(),
  uuid: () => crypto.randomUUID(),
  chance: () => Math.random(),
  onPause(pause, resume) {
    // `pagehide` comes before the page is closed or put into the back/forward cache, `freeze` before a background tab is frozen.
    addEventListener('pagehide', pause);
    addEventListener('pageshow', (event) => {
      if (event.persisted) resume();
    });
    document.addEventListener('freeze', pause);
    document.addEventListener('resume', resume);
  },
  async keepStorage() {
    const storage = navigator.storage;
    if (!(await storage.persisted())) await storage.persist();
  },
};

/** Undefined where there are none: private windows of some browsers, pages that are not secure. */
export function serviceWorkers(): ServiceWorkerContainer | undefined {
  return 'serviceWorker' in navigator ? navigator.serviceWorker : undefined;
}

function webLock(name: string): LeaderLock {
  return {
    async hold({ steal, signal }, held) {
      let isHeld = false;
      const withLock = () => {
        isHeld = true;
        return held();
      };
      try {
        // The browser takes either of the two options.
        await navigator.locks.request(name, steal ? { steal: true } : { signal }, withLock);
        return 'released';
      } catch (error) {
        // A lock that was granted and then stolen rejects like one that was never granted.
        if (isHeld && error instanceof DOMException && error.name === 'AbortError') return 'lost';
        throw error;
      }
    },
    async isHeld() {
      const { held } = await navigator.locks.query();
      return held?.some((lock) => lock.name === name) ?? false;
    },
  };
}
