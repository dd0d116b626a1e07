export { tokenOfCall } from './caller-token.ts';
export { openApiDocument } from './description.ts';
export { jsonResponse } from './endpoint.ts';
export type { GuardedVariables } from './event-routes.ts';
export { EVENTS_PATH, eventJson } from './events.ts';
export type { CallAnswer, CallInput, Interface } from './interface.ts';
export { isJsonType } from './media-type.ts';
export { createRouter, longestBodyBytes, type RouterOptions } from './router.ts';
export { type NewToken, ROLES, type Role, type TokenIssuer } from './tokens.ts';
