export { type ClientEvent, openClient, type SettClient, type TabEvent } from './client.ts';
export { installGlobal } from './global.ts';
export type { TabRole } from './leadership.ts';
export { DEFAULT_PROFILE, readProfile } from './profile.ts';
