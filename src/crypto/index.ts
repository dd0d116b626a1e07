export * from './age.ts';
export * from './bundle.ts';
export * from './cipher.ts';
export * from './erasure/index.ts';
export * from './keys.ts';
export * from './merkle.ts';
export * from './signed.ts';
export * from './topic.ts';
