export { readProfile } from '../worker/index.ts';
export { type ClientEvent, openClient, type SettClient, type TabEvent } from './client.ts';
export { installGlobal } from './global.ts';
export type { TabRole } from './leadership.ts';
export { type AppUpdates, installService } from './service.ts';
