/** Whom a network address stands for, where strangers are counted. */
import type { IncomingMessage } from 'node:http';
import { isIP, isIPv4, isIPv6 } from 'node:net';

/** A provider gives each customer a /64 of IPv6: whoever has one address there has 2^64. */
const IPV6_PREFIX_GROUPS = 4;

/** `::ffff:192.0.2.1` (IPv4 on an IPv6 socket) as `192.0.2.1`. */
export function bareAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** What an address is counted as: an IPv4 address by itself, an IPv6 address by its /64. Text that is no address counts as itself. */
export function addressKey(address: string | undefined): string {
  const bare = bareAddress(address ?? '').replace(/%.*$/, '');
  if (!isIPv6(bare)) return bare;
  const [head = '', tail] = bare.toLowerCase().split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = tail === undefined ? first : [...first, ...Array<string>(8 - first.length - last.length).fill('0'), ...last];
  return `${groups
    .slice(0, IPV6_PREFIX_GROUPS)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** Whether the other end of a socket is on this machine. */
export function isLoopbackAddress(address: string | undefined): boolean {
  const bare = bareAddress(address ?? '');
  return bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}

/**
 * The address that a request counts for. Behind a proxy on this machine (`behindProxy`) that is the last one that the proxy added to
 * `X-Forwarded-For`; without a proxy the header is the client's own invention.
 */
export function clientAddress(request: IncomingMessage, behindProxy: boolean): string {
  const direct = bareAddress(request.socket.remoteAddress ?? '');
  if (!behindProxy || !isLoopbackAddress(direct)) return direct;
  const forwarded = String(request.headers['x-forwarded-for'] ?? '')
    .split(',')
    .at(-1)
    ?.trim();
  return forwarded === undefined || isIP(forwarded) === 0 ? direct : forwarded;
}
