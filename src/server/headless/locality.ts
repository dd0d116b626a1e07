/**
 * Which calls come from this machine, and may do everything. A web page that posts to the loopback port is no such call: the browser runs on this machine,
 * its pages come from elsewhere. What tells them apart is what a page cannot choose: the origin that its browser adds, the host that it asked for, and the
 * type of a body that it cannot send without being asked first (CORS).
 */
import { isJsonType } from '../../api/index.ts';
import { isLoopback } from '../../network/index.ts';
import { isLoopbackAddress } from '../guard/address.ts';

export interface CallFacts {
  readonly method: string;
  /** The address at the other end of the socket. */
  readonly remoteAddress: string | undefined;
  /** The address that the call is counted for: behind a proxy of this machine, the one that the proxy names. */
  readonly callerAddress: string;
  readonly header: (name: string) => string | undefined;
}

/** Headers of proxies: whoever is behind one is not on this machine. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];
/** Methods that come without a body; what one of them brings all the same is thrown away. */
export const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

export function isLocalCall(facts: Omit<CallFacts, 'callerAddress'>): boolean {
  const { method, remoteAddress, header } = facts;
  if (!isLoopbackAddress(remoteAddress)) return false;
  const host = hostOf(header('host'));
  // A name that leads here and is not ours is an attacker's (DNS rebinding).
  if (host === undefined || !isLoopback(host.hostname)) return false;
  const origin = header('origin');
  if (origin !== undefined && origin !== host.origin) return false;
  const site = header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  if (FORWARDED.some((name) => header(name) !== undefined)) return false;
  return BODILESS.has(method) || isJsonType(header('content-type'));
}

function hostOf(header: string | undefined): URL | undefined {
  const url = `http://${header ?? ''}`;
  if (header === undefined || /[/?#@\\\s]/.test(header) || !URL.canParse(url)) return undefined;
  return new URL(url);
}
