export { SimulatedClock, SimulatedTime } from './clock.ts';
export { type DealtGroup, dealtGroup } from './dealt-group.ts';
export { Author, paperGroup } from './ledger-fixture.ts';
export { type SimulatedHost, SimulatedNetwork } from './network.ts';
export { type OneProducerResult, runOneProducer, Violation } from './one-producer.ts';
export { SeededRandom } from './random.ts';
export { memoryStore, SimulatedStore, type SimulatedStoreOptions } from './store.ts';
export type { StreamDelivery } from './streams.ts';
export { SimulatedMachine, World } from './world.ts';
