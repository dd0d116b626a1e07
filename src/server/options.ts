/** The options of the relay. */
import type { IceServer } from '../network/index.ts';
import { originOf, parseOptions, readPort, webSocketAddress } from './arguments.ts';
import { UsageError } from './commands/command.ts';

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

export const RELAY_HELP = `Sett: serves the app and relays between its tabs.

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

/** Reads the arguments after the command's name. Throws {@link UsageError}. */
export function readOptions(args: readonly string[]): ServerOptions {
  const values = parseOptions(args, {
    port: { type: 'string', default: '8000' },
    host: { type: 'string', default: '127.0.0.1' },
    data: { type: 'string', default: '.sett/relay' },
    app: { type: 'string', default: 'dist' },
    'public-url': { type: 'string' },
    announce: { type: 'string', multiple: true, default: [] },
    stun: { type: 'string', multiple: true, default: [] },
    turn: { type: 'string', multiple: true, default: [] },
  });
  return {
    port: readPort(values.port),
    host: values.host,
    dataDirectory: values.data,
    appDirectory: values.app,
    publicOrigin: values['public-url'] === undefined ? undefined : readPublicUrl(values['public-url']),
    announce: values.announce.map(readAnnounce),
    iceServers: [...values.stun.map(readStun), ...values.turn.map(readTurn)],
  };
}

function readPublicUrl(text: string): string {
  const origin = originOf(text);
  if (origin === undefined) throw new UsageError(`--public-url takes an origin such as https://sett.example.org, not "${text}".`);
  return origin;
}

function readAnnounce(text: string): string {
  const address = webSocketAddress(text);
  if (address === undefined) {
    throw new UsageError(`--announce takes a WebSocket multiaddr such as /dns4/relay.example.org/tcp/443/wss, not "${text}".`);
  }
  return address;
}

function readStun(text: string): IceServer {
  if (!/^stuns?:[^\s,]+$/.test(text))
    throw new UsageError(`--stun takes a URL such as stun:stun.example.org:3478, not "${text}".`);
  return { urls: text };
}

function readTurn(text: string): IceServer {
  const [, urls, username, credential] = /^(turns?:[^\s,]+),([^,]+),(.+)$/.exec(text) ?? [];
  if (urls === undefined || username === undefined || credential === undefined) {
    throw new UsageError('--turn takes URL,USER,PASSWORD, for example turn:turn.example.org:3478,sett,secret.');
  }
  return { urls, username, credential };
}
