export { BYZANTINE, IN_CHANGES } from './byzantine/strategies.ts';
export { FAULTS } from './faults/index.ts';
export { ORDERS, type Order } from './orders.ts';
export { runTrial, type TrialOptions, type TrialResult } from './trial.ts';
