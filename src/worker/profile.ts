/** A profile is a database with its keys and groups; a tab belongs to one, named in its address: `?profile=NAME`. */
export const DEFAULT_PROFILE = 'default';

/** Names go into the names of a database, a lock and a channel. */
const PROFILE_NAME = /^[a-z0-9-]{1,32}$/;

export function isProfileName(name: string): boolean {
  return PROFILE_NAME.test(name);
}

/** The profile of an address's query. May be no name of one: `openClient` then says so. */
export function readProfile(search: string): string {
  return new URLSearchParams(search).get('profile') ?? DEFAULT_PROFILE;
}
