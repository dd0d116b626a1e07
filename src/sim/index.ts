export { SeededRandom } from './random.ts';
export { memoryStore, SimulatedStore, type SimulatedStoreOptions } from './store.ts';
