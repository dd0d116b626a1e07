export { Chain, readPublicPost } from './chain.ts';
export { type NodeOptions, openNode, SettNode } from './node.ts';
export * from './ports.ts';
export * from './service.ts';
export * from './view.ts';
