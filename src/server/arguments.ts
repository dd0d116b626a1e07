/** What the commands' options have in common. All of it throws {@link UsageError} in words. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { multiaddr } from '@multiformats/multiaddr';
import { UsageError } from './commands/command.ts';

/** As `parseArgs` of Node.js, that a command line it does not like is told in words. */
export function parseOptions<const T extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: T) {
  return inWords(() => parseArgs({ args: [...args], options }).values);
}

/** {@link parseOptions} for commands that take more than options. */
export function parseArguments<const T extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: T) {
  return inWords(() => parseArgs({ args: [...args], options, allowPositionals: true }));
}

function inWords<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new UsageError(`${(cause as Error).message}.`, { cause });
  }
}

export function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError(`--port takes a number from 0 to 65535, not "${text}".`);
  return port;
}

/** The origin that an `http:` or `https:` URL of nothing but an origin stands for; undefined for anything else. */
export function originOf(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined;
  return url.pathname === '/' && url.search === '' && url.hash === '' ? url.origin : undefined;
}

/** A WebSocket multiaddr, without the peer id that it may end with; undefined if it is something else. */
export function webSocketAddress(text: string): string | undefined {
  const bare = text.replace(/\/p2p\/[^/]+$/, '');
  try {
    const names = multiaddr(bare)
      .getComponents()
      .map((component) => component.name);
    return /^(ip4|ip6|dns|dns4|dns6)\/tcp\/(ws|wss|tls\/ws|tls\/sni\/ws)$/.test(names.join('/')) ? bare : undefined;
  } catch {
    return undefined;
  }
}
