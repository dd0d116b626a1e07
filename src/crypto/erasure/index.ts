export { encodeShards, joinShards, reconstruct, shardBytesOf } from './reed-solomon.ts';
