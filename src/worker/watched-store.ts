import { type Store, StoreError } from '../node/ports.ts';

/** The same store, that also tells when a newer writer has taken over: from then on this worker only does harm. */
export function watchStore(store: Store, onFenced: () => void): Store {
  async function watched<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof StoreError && error.code === 'fenced') onFenced();
      throw error;
    }
  }
  return {
    get: (table, key) => watched(store.get(table, key)),
    getMany: (table, keys) => watched(store.getMany(table, keys)),
    range: (table, query) => watched(store.range(table, query)),
    write: (writes, durability) => watched(store.write(writes, durability)),
    usage: () => watched(store.usage()),
    close: () => store.close(),
  };
}
