/** The app on the node of `worker.ts`. Besides, it tells the test what only a test may know: this profile's signing key. */
import { openSecrets } from '../../../src/node/index.ts';
import { browserSurroundings } from '../../../src/page/browser.ts';
import { createClient } from '../../../src/page/client.ts';
import { readProfile } from '../../../src/page/index.ts';
import { nodeStarter } from '../../../src/page/leader.ts';
import { openBrowserVault, openIndexedDbStore } from '../../../src/store/index.ts';
import { openApp } from '../../../src/ui/open-app.tsx';
import { databaseName } from '../../../src/worker/index.ts';
import workerUrl from './worker.ts?worker&url';

openApp(({ profile }) => createClient(profile, browserSurroundings, nodeStarter(workerUrl)));

/** The secret key that this profile signs with in a group. */
async function signSecret(groupId: string): Promise<number[]> {
  const database = databaseName(readProfile(location.search));
  const store = await openIndexedDbStore({ name: database, fence: false });
  try {
    const secrets = await openSecrets(groupId, store, await openBrowserVault(database));
    if (!secrets) throw new Error(`This profile has no keys for ${groupId}.`);
    return [...secrets.signSecret];
  } finally {
    await store.close();
  }
}

const dealt = { signSecret };
window.dealt = dealt;

declare global {
  interface Window {
    dealt: typeof dealt;
  }
}
