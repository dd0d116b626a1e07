export { type IndexedDbStoreOptions, openIndexedDbStore } from './indexeddb.ts';
export { loadOrMakePeerKey } from './peer-key.ts';
export { openBrowserVault } from './vault.ts';
