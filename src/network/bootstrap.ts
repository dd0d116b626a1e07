/**
 * `bootstrap.json`: where a group's relays are. The URLs come from seeds and are hostile: only the origin of such a URL is ever used, nothing of it
 * is sent on, and what comes back is read up to a limit and checked before a single address of it is dialled.
 */
import { multiaddr } from '@multiformats/multiaddr';
import { LIMITS } from '../records/limits.ts';

/** A STUN or TURN server, in the form that `RTCPeerConnection` takes. */
export interface IceServer {
  readonly urls: string;
  readonly username?: string;
  readonly credential?: string;
}

/** The path at which every origin serves its document. */
export const BOOTSTRAP_PATH = '/bootstrap.json';
/** The form of the document that this code reads and writes. */
export const BOOTSTRAP_VERSION = 1;

export interface Bootstrap {
  /** Multiaddrs `/ip4|ip6|dns…/…/tcp/…/ws|wss|tls/ws/p2p/<peer id>`. */
  readonly relays: readonly string[];
  readonly iceServers: readonly IceServer[];
  /** The origin that others reach this bootstrap at, if its operator named one: it goes into seeds. */
  readonly publicOrigin: string | undefined;
}

/** Relays taken from one document: an operator needs a few at most. */
const RELAYS_PER_DOCUMENT = 4;
/** STUN and TURN servers taken from one document: browsers slow down with more than a handful. */
const ICE_SERVERS_PER_DOCUMENT = 4;
const ADDRESS_CHARS = 512;

export class BootstrapError extends Error {
  override readonly name = 'BootstrapError';
}

/** Whether a host name stands for this machine. */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
  );
}

/**
 * The origin that a bootstrap URL (of a seed, or typed) stands for; a missing scheme means `https://`. Undefined if it may not be used:
 * https anywhere, http on this machine and on trusted origins only.
 */
export function bootstrapOrigin(text: string, trusted: readonly string[]): string | undefined {
  const withScheme = text.includes('://') ? text : `https://${text}`;
  if (!URL.canParse(withScheme)) return undefined;
  const url = new URL(withScheme);
  if (trusted.includes(url.origin) || url.protocol === 'https:') return url.origin;
  return url.protocol === 'http:' && isLoopback(url.hostname) ? url.origin : undefined;
}

/**
 * Fetches and checks the document of `origin` (as {@link bootstrapOrigin} returned it). Sends no credentials, no referrer, follows no redirect, and stops
 * reading past `LIMITS.bootstrapBytes`. Rejects with {@link BootstrapError}, or with the signal's reason.
 */
export async function fetchBootstrap(origin: string, trusted: readonly string[], signal: AbortSignal): Promise<Bootstrap> {
  let response: Response;
  try {
    response = await fetch(`${origin}${BOOTSTRAP_PATH}`, {
      signal,
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      cache: 'no-cache',
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw new BootstrapError(`${origin} could not be reached.`, { cause });
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new BootstrapError(`${origin} answered ${response.status} for ${BOOTSTRAP_PATH}.`);
  }
  return parseBootstrap(await readCapped(response), origin, trusted);
}

/** How long making a group waits for its bootstrap to say where others reach it. */
const PUBLIC_ORIGIN_TIMEOUT_MS = 5_000;

/** The origin under which others reach the bootstrap of a trusted `origin`: what its operator named, else `origin` itself. Never rejects. */
export async function publicOrigin(origin: string): Promise<string> {
  try {
    const { publicOrigin: named } = await fetchBootstrap(origin, [origin], AbortSignal.timeout(PUBLIC_ORIGIN_TIMEOUT_MS));
    return named ?? origin;
  } catch {
    return origin;
  }
}

async function readCapped(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) throw new BootstrapError('The bootstrap document is empty.');
  const decoder = new TextDecoder();
  let text = '';
  let sizeBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    sizeBytes += value.byteLength;
    if (sizeBytes > LIMITS.bootstrapBytes) {
      await reader.cancel();
      throw new BootstrapError(`The bootstrap document is larger than ${LIMITS.bootstrapBytes} bytes.`);
    }
    text += decoder.decode(value, { stream: true });
  }
}

/**
 * Reads a document. Addresses that this origin may not name are left out; a document of the wrong shape, or without a usable relay, throws
 * {@link BootstrapError}.
 */
export function parseBootstrap(text: string, origin: string, trusted: readonly string[]): Bootstrap {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new BootstrapError('The bootstrap document is not JSON.', { cause });
  }
  if (typeof document !== 'object' || document === null) throw new BootstrapError('The bootstrap document is not an object.');
  const { relays, ice_servers: iceServers, version, public_url: publicUrl } = document as Record<string, unknown>;
  if (version !== BOOTSTRAP_VERSION)
    throw new BootstrapError(`The bootstrap document has version ${JSON.stringify(version)}, not ${BOOTSTRAP_VERSION}.`);
  if (!Array.isArray(relays)) throw new BootstrapError('The bootstrap document lists no relays.');
  const usable = relays
    .filter((address) => typeof address === 'string' && mayDial(address, origin, trusted))
    .slice(0, RELAYS_PER_DOCUMENT);
  if (usable.length === 0) throw new BootstrapError('The bootstrap document names no relay that may be dialled from here.');
  return {
    relays: usable as string[],
    iceServers: Array.isArray(iceServers) ? iceServers.flatMap(readIceServer).slice(0, ICE_SERVERS_PER_DOCUMENT) : [],
    publicOrigin: typeof publicUrl === 'string' && URL.canParse(publicUrl) ? bootstrapOrigin(publicUrl, trusted) : undefined,
  };
}

/**
 * Whether a document of `origin` may send us to this relay. A document from the internet must not point a page at plain-text services of the
 * user's own machine or network: it may name wss only. A trusted origin may name any relay; one on this machine, relays on this machine.
 */
function mayDial(address: string, origin: string, trusted: readonly string[]): boolean {
  const relay = readRelayAddress(address);
  if (relay === undefined) return false;
  return relay.secure || trusted.includes(origin) || (isLoopback(new URL(origin).hostname) && isLoopback(relay.host));
}

/** What a relay's multiaddr says, or undefined if it is not one: host, TCP port, WebSocket with or without TLS, peer id, and nothing else. */
export function readRelayAddress(address: string): { host: string; secure: boolean; peerId: string } | undefined {
  if (address.length > ADDRESS_CHARS) return undefined;
  let components: { name: string; value?: string }[];
  try {
    components = multiaddr(address).getComponents();
  } catch {
    return undefined;
  }
  const [host, port, ...rest] = components;
  const peer = rest.pop();
  const transport = rest.map((component) => component.name).join('/');
  if (host?.value === undefined || !/^(ip4|ip6|dns|dns4|dns6)$/.test(host.name) || port?.name !== 'tcp') return undefined;
  if (peer?.name !== 'p2p' || peer.value === undefined || !/^(ws|wss|tls\/ws|tls\/sni\/ws)$/.test(transport)) return undefined;
  return { host: host.value, secure: transport !== 'ws', peerId: peer.value };
}

function readIceServer(value: unknown): IceServer[] {
  const { urls, username, credential } = (typeof value === 'string' ? { urls: value } : (value ?? {})) as Record<string, unknown>;
  if (typeof urls !== 'string' || urls.length > ADDRESS_CHARS || !/^(stuns?|turns?):[^\s]+$/.test(urls)) return [];
  const isTurn = urls.startsWith('turn');
  // Browsers throw on a TURN server without credentials, and would then make no connection at all.
  if (isTurn && (typeof username !== 'string' || typeof credential !== 'string')) return [];
  return [isTurn ? { urls, username: username as string, credential: credential as string } : { urls }];
}
