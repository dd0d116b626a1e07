export { sealTrxs } from './envelope.ts';
export { makeTrx, newUuid } from './genesis.ts';
export { openSecrets } from './keystore.ts';
export { type NodeOptions, openNode, SettNode } from './node.ts';
export * from './ports.ts';
export type { TrustedDealer } from './producers/make-engine.ts';
export type { Secrets } from './secrets.ts';
export * from './service.ts';
export * from './view.ts';
