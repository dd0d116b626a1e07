// Proof that tsconfig.core.json really hides all IO: each name below must be unknown there. If a dependency's types bring one
// of them in, its line stops being an error, and that is an error.

// @ts-expect-error
export type NoDocument = typeof document;
// @ts-expect-error
export type NoWindow = typeof window;
// @ts-expect-error
export type NoFetch = typeof fetch;
// @ts-expect-error
export type NoTimers = typeof setTimeout;
// @ts-expect-error
export type NoConsole = typeof console;
// @ts-expect-error
export type NoWebCrypto = typeof crypto;
// @ts-expect-error
export type NoIndexedDb = typeof indexedDB;
// @ts-expect-error
export type NoProcess = typeof process;
// @ts-expect-error
export type NoBuffer = typeof Buffer;
// @ts-expect-error
export type NoNode = typeof import('node:fs');
