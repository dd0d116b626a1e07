/** `bootstrap.json` as this server gives it out: where its relay is, seen from who asks. */
import { BOOTSTRAP_VERSION, type IceServer } from '../network/index.ts';

export interface BootstrapOptions {
  readonly publicOrigin: string | undefined;
  readonly announce: readonly string[];
  readonly iceServers: readonly IceServer[];
}

/**
 * The document's text.
 * @param peerId the relay's peer id
 * @param hostHeader the request's `Host`, used if the operator named no address; undefined or odd values fall back to `listening`
 * @param listening where the server listens, as a `host:port`
 */
export function bootstrapDocument(
  options: BootstrapOptions,
  peerId: string,
  hostHeader: string | undefined,
  listening: string,
): string {
  return JSON.stringify({
    relays: relayAddresses(options, hostHeader, listening).map((address) => `${address}/p2p/${peerId}`),
    ice_servers: options.iceServers.map((server) => (server.username === undefined ? server.urls : server)),
    version: BOOTSTRAP_VERSION,
    ...(options.publicOrigin !== undefined && { public_url: options.publicOrigin }),
  });
}

/** Multiaddrs of the relay, without its peer id. */
export function relayAddresses(
  options: Pick<BootstrapOptions, 'announce' | 'publicOrigin'>,
  hostHeader: string | undefined,
  listening: string,
): string[] {
  if (options.announce.length > 0) return [...options.announce];
  if (options.publicOrigin !== undefined) {
    const url = new URL(options.publicOrigin);
    const secure = url.protocol === 'https:';
    const address = hostAddress(url.port === '' ? `${url.hostname}:${secure ? 443 : 80}` : url.host, secure);
    if (address !== undefined) return [address];
  }
  const address = (hostHeader === undefined ? undefined : hostAddress(hostHeader, false)) ?? hostAddress(listening, false);
  return address === undefined ? [] : [address];
}

/**
 * The multiaddr of a WebSocket at `host:port` (`host` alone means port 80, or 443 if secure), or undefined if it is no plain host name or address:
 * the `Host` header is what the client makes it, and goes into a document.
 */
export function hostAddress(hostAndPort: string, secure: boolean): string | undefined {
  const match = /^(?:\[(?<ip6>[0-9a-f:.]{2,45})\]|(?<name>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?))(?::(?<port>\d{1,5}))?$/i.exec(
    hostAndPort,
  );
  if (match?.groups === undefined) return undefined;
  const { ip6, name } = match.groups;
  const port = Number(match.groups.port ?? (secure ? 443 : 80));
  if (port < 1 || port > 65_535) return undefined;
  const transport = secure ? 'wss' : 'ws';
  if (ip6 !== undefined) return URL.canParse(`http://[${ip6}]/`) ? `/ip6/${ip6}/tcp/${port}/${transport}` : undefined;
  if (name === undefined || name.includes('..')) return undefined;
  if (/^[\d.]+$/.test(name)) return isIp4(name) ? `/ip4/${name}/tcp/${port}/${transport}` : undefined;
  return `/dns4/${name.toLowerCase()}/tcp/${port}/${transport}`;
}

function isIp4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
}
