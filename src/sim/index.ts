export { AnnouncedGroup } from './announced-group.ts';
export { SimulatedClock, SimulatedTime } from './clock.ts';
export { Dealer, type DealtChange } from './dealer.ts';
export { type DealtChangeOptions, dealtChange } from './dealt-change.ts';
export { byKey, type DealtGroup, dealtGroup, producersOf } from './dealt-group.ts';
export { idealSignatures } from './ideal-signatures.ts';
export { IdealKeys, IdealSignatures, idealDealer, idealKeys } from './ideal-threshold.ts';
export { Author, paperGroup } from './ledger-fixture.ts';
export { liarIn } from './liar.ts';
export { type SimulatedHost, SimulatedNetwork } from './network.ts';
export { type OneProducerResult, runOneProducer, Violation } from './one-producer.ts';
export { altered, common, goneOn, recovered, recoveredLater } from './paper-branches.ts';
export { PaperChain } from './paper-chain.ts';
export { SeededRandom } from './random.ts';
export { memoryStore, SimulatedStore, type SimulatedStoreOptions } from './store.ts';
export type { StreamDelivery } from './streams.ts';
export {
  type EngineName,
  FAULT_NAMES,
  ORDERS,
  type Order,
  runTrial,
  TRIAL_ENGINES,
  type TrialOptions,
  type TrialResult,
} from './trial/index.ts';
export { pbftChaos } from './virtual-net/pbft/chaos.ts';
export { type MachineTwist, openVault, SimulatedMachine, World } from './world.ts';
