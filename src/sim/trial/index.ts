export { BYZANTINE, type EngineName, IN_CHANGES, TRIAL_ENGINES } from './byzantine/strategies.ts';
export { FAULT_NAMES } from './fault-names.ts';
export { FAULTS } from './faults/index.ts';
export { ORDERS, type Order } from './orders.ts';
export { runTrial, type TrialOptions, type TrialResult } from './trial.ts';
