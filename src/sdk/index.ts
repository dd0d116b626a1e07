/** The client library: a node's REST interface with types, for pages and Node.js (`docs/client.md`). */
export type { CallAnswer, CallInput } from '../api/index.ts';
export { type CallOptions, type Calls, type ClientOptions, createSettClient, type SettClient } from './client.ts';
export { SettError } from './error.ts';
export type { SettEvent } from './events.ts';
export type { CallId } from './routes.ts';
