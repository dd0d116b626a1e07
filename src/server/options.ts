/** The command line of the relay. */
import { parseArgs } from 'node:util';
import { multiaddr } from '@multiformats/multiaddr';
import type { IceServer } from '../network/index.ts';

export interface ServerOptions {
  readonly port: number;
  readonly host: string;
  /** Directory of the relay's identity. */
  readonly dataDirectory: string;
  /** Directory of the built app. */
  readonly appDirectory: string;
  /** Origin under which people reach this server; undefined: that of each request. */
  readonly publicOrigin: string | undefined;
  /** Multiaddrs (without peer id) to give out in place of the derived one. */
  readonly announce: readonly string[];
  readonly iceServers: readonly IceServer[];
}

/** What is wrong with the command line, in words for who typed it. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';
}

export const HELP = `Sett: serves the app and relays between its tabs.

  npm start -- [options]

  --port PORT          port of everything: app, bootstrap.json, relay (8000; 0: any free one)
  --host ADDRESS       address to listen on (127.0.0.1; 0.0.0.0 or :: for other machines)
  --data DIRECTORY     where the relay keeps its identity (.sett/relay)
  --app DIRECTORY      the built app (dist)
  --public-url URL     under which people reach this server, if it stands behind a TLS proxy,
                       for example https://sett.example.org
  --announce MULTIADDR relay address to give out instead of the one of --public-url; repeatable,
                       for example /dns4/relay.example.org/tcp/443/wss
  --stun URL           STUN server for WebRTC through routers, for example stun:stun.example.org:3478; repeatable
  --turn URL,USER,PASSWORD
                       TURN server, for example turn:turn.example.org:3478,sett,secret; repeatable
  --help               this text

See docs/relay.md.`;

/** Reads the arguments after the script's name; undefined means that help is asked for. Throws {@link OptionsError}. */
export function readOptions(args: readonly string[]): ServerOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  return {
    port: readPort(values.port),
    host: values.host,
    dataDirectory: values.data,
    appDirectory: values.app,
    publicOrigin: values['public-url'] === undefined ? undefined : readOrigin(values['public-url']),
    announce: values.announce.map(readAnnounce),
    iceServers: [...values.stun.map(readStun), ...values.turn.map(readTurn)],
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '8000' },
        host: { type: 'string', default: '127.0.0.1' },
        data: { type: 'string', default: '.sett/relay' },
        app: { type: 'string', default: 'dist' },
        'public-url': { type: 'string' },
        announce: { type: 'string', multiple: true, default: [] },
        stun: { type: 'string', multiple: true, default: [] },
        turn: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (cause) {
    throw new OptionsError(`${(cause as Error).message}. "npm start -- --help" lists the options.`, { cause });
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new OptionsError(`--port takes a number from 0 to 65535, not "${text}".`);
  return port;
}

function readOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.pathname !== '/' ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== ''
  ) {
    throw new OptionsError(`--public-url takes an origin such as https://sett.example.org, not "${text}".`);
  }
  return url.origin;
}

function readAnnounce(text: string): string {
  const bare = text.replace(/\/p2p\/[^/]+$/, '');
  let names: string[] = [];
  try {
    names = multiaddr(bare)
      .getComponents()
      .map((component) => component.name);
  } catch {
    // Told below, with an example.
  }
  if (!/^(ip4|ip6|dns|dns4|dns6)\/tcp\/(ws|wss|tls\/ws|tls\/sni\/ws)$/.test(names.join('/'))) {
    throw new OptionsError(`--announce takes a WebSocket multiaddr such as /dns4/relay.example.org/tcp/443/wss, not "${text}".`);
  }
  return bare;
}

function readStun(text: string): IceServer {
  if (!/^stuns?:[^\s,]+$/.test(text))
    throw new OptionsError(`--stun takes a URL such as stun:stun.example.org:3478, not "${text}".`);
  return { urls: text };
}

function readTurn(text: string): IceServer {
  const [, urls, username, credential] = /^(turns?:[^\s,]+),([^,]+),(.+)$/.exec(text) ?? [];
  if (urls === undefined || username === undefined || credential === undefined) {
    throw new OptionsError('--turn takes URL,USER,PASSWORD, for example turn:turn.example.org:3478,sett,secret.');
  }
  return { urls, username, credential };
}
