import { StoreError } from '../node/ports.ts';
import { putIfAbsent, withConnection } from './connection.ts';
import { PEER_OBJECT_STORE } from './migrations.ts';
import { openBrowserVault } from './vault.ts';

const KEY_NAME = 'libp2p';

/**
 * The profile's libp2p key, sealed by the browser's vault. It lives in the page, because WebRTC exists only there, and lies apart
 * from the tables of the node: reading it while the worker has the database open takes no fence and blocks no write.
 * `make` is called if there is none yet; two tabs that make one at the same moment both get the one that was stored first.
 * Rejects with {@link StoreError}.
 */
export async function loadOrMakePeerKey(databaseName: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
  const vault = await openBrowserVault(databaseName);
  const sealed = await withConnection<Uint8Array>(databaseName, async (connection) => {
    const stored = await connection.use((database) => database.get(PEER_OBJECT_STORE, KEY_NAME));
    return stored ?? putIfAbsent(connection, PEER_OBJECT_STORE, KEY_NAME, await vault.seal(await make()));
  });
  try {
    return await vault.open(sealed);
  } catch (error) {
    throw new StoreError(
      'failed',
      'This profile’s peer key does not open with this browser’s key. Restore the profile from a backup.',
      {
        cause: error,
      },
    );
  }
}
