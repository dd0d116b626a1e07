import type { SettClient } from './client.ts';

declare global {
  interface Window {
    /** For scripts of the same origin: the REST interface of this tab's node. Without keys, like every answer of it. */
    sett?: Pick<SettClient, 'ready' | 'api'>;
  }
}

export function installGlobal(client: SettClient): void {
  window.sett = { ready: client.ready, api: client.api };
}
