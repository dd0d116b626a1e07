export { type ApiAnswer, CALL_LIMIT_MS, Calls, refusal } from './calls.ts';
export { channelLine, type Line, ownBuffer, portLine } from './line.ts';
export {
  type Call,
  databaseName,
  type FromClient,
  readFromClient,
  readReport,
  readToClient,
  SEAM_VERSION,
  type StartMessage,
  seamName,
  type ToClient,
  type WorkerReport,
} from './messages.ts';
export {
  type FromHost,
  NETWORK_SEAM,
  readToHost,
  type StreamMessage,
  seamCost,
  type ToHost,
} from './network-messages.ts';
export { Pending } from './pending.ts';
export { DEFAULT_PROFILE, isProfileName, readProfile } from './profile.ts';
export { refusalText } from './refusal.ts';
export { createRemoteNetwork, type RemoteNetwork } from './remote-network.ts';
export { readRequest, toApiRequest, toResponse } from './request.ts';
