import { serviceWorkers } from './browser.ts';
import { trustedScriptUrl } from './trusted.ts';

/** Where the build puts the service worker: its scope is what lies below. */
const SERVICE_URL = '/service.js';
/** A tab may be open for weeks; browsers look for a new version when a page is loaded. */
const LOOK_MS = 60 * 60_000;

/** The installed app's version, which a newer one may wait to replace. */
export interface AppUpdates {
  /** Told, now and later, whether a newer version waits. Returns a function that ends it. */
  subscribe(listener: (isWaiting: boolean) => void): () => void;
  /** Lets the newer version in: every tab of the app is loaded again. */
  apply(): void;
}

/** Installs the service worker (offline start, REST interface for any page of the origin) and watches for newer versions. */
export function installService(): AppUpdates {
  const listeners = new Set<(isWaiting: boolean) => void>();
  let waiting: ServiceWorker | null = null;
  const container = serviceWorkers();

  function setWaiting(worker: ServiceWorker | null): void {
    waiting = worker;
    for (const listener of listeners) listener(worker !== null);
  }

  function watch(registration: ServiceWorkerRegistration, isServed: boolean): void {
    // Without one that is active the new one is the first: it takes over by itself.
    const look = (): void => setWaiting(registration.active ? registration.waiting : null);
    registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', look));
    look();
    // Loaded past the service worker, as by a hard reload: calls of this page are to reach the node all the same.
    if (!isServed) registration.active?.postMessage('claim');
    setInterval(() => registration.update().catch(() => {}), LOOK_MS);
  }

  async function install(serviceWorkers: ServiceWorkerContainer): Promise<void> {
    let served = serviceWorkers.controller;
    const wasServed = served !== null;
    // A newer version has taken over, let in here or in another tab: this page belongs to the old one. The first one is no newer version.
    serviceWorkers.addEventListener('controllerchange', () => {
      if (served !== null) location.reload();
      served = serviceWorkers.controller;
    });
    watch(await serviceWorkers.register(trustedScriptUrl(SERVICE_URL)), wasServed);
  }

  if (container !== undefined && import.meta.env.PROD) {
    install(container).catch((error: unknown) => console.warn('sett: the app cannot be installed for offline use', error));
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      listener(waiting !== null);
      return () => listeners.delete(listener);
    },
    apply: () => waiting?.postMessage('update'),
  };
}
