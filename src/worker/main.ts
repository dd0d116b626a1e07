/** Entry point of the node worker. */
import { startNodeWorker } from './node-worker.ts';

startNodeWorker();
