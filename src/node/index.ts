export { type NodeOptions, openNode, SettNode } from './node.ts';
export * from './ports.ts';
export type { TrustedDealer } from './producers/make-engine.ts';
export * from './service.ts';
export * from './view.ts';
