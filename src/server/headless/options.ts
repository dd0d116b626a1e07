/** The options of a headless node. */
import { readRelayAddress } from '../../network/index.ts';
import { originOf, parseOptions, readPort, webSocketAddress } from '../arguments.ts';
import { UsageError } from '../commands/command.ts';

export interface HeadlessOptions {
  readonly port: number;
  readonly host: string;
  /** Everything that this node keeps. */
  readonly dataDirectory: string;
  /** Web addresses of relays, whose `bootstrap.json` is read. */
  readonly relayOrigins: readonly string[];
  /** Multiaddrs of relays. */
  readonly relayAddresses: readonly string[];
  /** Multiaddrs of nodes to connect to without a relay. */
  readonly peers: readonly string[];
  /** WebSocket multiaddrs to listen on. */
  readonly listen: readonly string[];
  readonly passphraseFile: string | undefined;
  readonly requireToken: boolean;
  readonly corsOrigins: readonly string[];
  readonly isVerbose: boolean;
}

/** As many as the network uses. */
const RELAYS_MAX = 8;

export const NODE_HELP = `Sett without a browser: a whole node in this process, with the REST interface over HTTP.

  npm run node -- [options]

  --port PORT          port of the REST interface (8002; 0: any free one)
  --host ADDRESS       address to listen on (127.0.0.1; others must bring a token)
  --data DIRECTORY     where groups, blocks and keys are kept (.sett/node); one process for each
  --relay URL|MULTIADDR
                       relay through which members find each other: the web address that serves the app,
                       for example https://sett.example.org, or a multiaddr with its peer id; repeatable
  --listen MULTIADDR   take direct connections on a WebSocket, for example /ip4/0.0.0.0/tcp/9002/ws; repeatable
  --peer MULTIADDR     connect to a node that listens there, without a relay: the address that it prints; repeatable
  --passphrase-file FILE
                       the passphrase that the keys are encrypted under, in a file (its first line);
                       else the environment's SETT_PASSPHRASE, else you are asked
  --require-token      callers of this machine need a token too: for a node behind a proxy
  --cors ORIGIN        pages of this origin may call, with a token; repeatable (none)
  --verbose            tell what the network does
  --help               this text

SIGTERM or SIGINT stops it properly. See docs/headless.md.`;

/** Reads the arguments after the command's name. Throws {@link UsageError}. */
export function readHeadlessOptions(args: readonly string[]): HeadlessOptions {
  const values = parseOptions(args, {
    port: { type: 'string', default: '8002' },
    host: { type: 'string', default: '127.0.0.1' },
    data: { type: 'string', default: '.sett/node' },
    relay: { type: 'string', multiple: true, default: [] },
    peer: { type: 'string', multiple: true, default: [] },
    listen: { type: 'string', multiple: true, default: [] },
    'passphrase-file': { type: 'string' },
    'require-token': { type: 'boolean', default: false },
    cors: { type: 'string', multiple: true, default: [] },
    verbose: { type: 'boolean', default: false },
  });
  const relays = values.relay.map(readRelay);
  if (relays.length > RELAYS_MAX) throw new UsageError(`--relay may be given ${RELAYS_MAX} times.`);
  return {
    port: readPort(values.port),
    host: values.host,
    dataDirectory: values.data,
    relayOrigins: [...new Set(relays.flatMap(({ origin }) => origin ?? []))],
    relayAddresses: [...new Set(relays.flatMap(({ address }) => address ?? []))],
    peers: values.peer.map(readPeer),
    listen: values.listen.map(readListen),
    passphraseFile: values['passphrase-file'],
    requireToken: values['require-token'],
    corsOrigins: values.cors.map(readCors),
    isVerbose: values.verbose,
  };
}

function readRelay(text: string): { origin?: string; address?: string } {
  if (text.startsWith('/')) {
    if (readRelayAddress(text) === undefined) {
      throw new UsageError(
        `--relay takes a WebSocket multiaddr with a peer id, such as /dns4/relay.example.org/tcp/443/wss/p2p/12D3Koo…, not "${text}".`,
      );
    }
    return { address: text };
  }
  const origin = originOf(text);
  if (origin === undefined) {
    throw new UsageError(`--relay takes a web address such as https://sett.example.org, or a multiaddr, not "${text}".`);
  }
  return { origin };
}

function readPeer(text: string): string {
  if (readRelayAddress(text) === undefined) {
    throw new UsageError(
      `--peer takes a WebSocket multiaddr with a peer id, such as /ip4/192.0.2.1/tcp/9002/ws/p2p/12D3Koo…, not "${text}".`,
    );
  }
  return text;
}

function readListen(text: string): string {
  const address = webSocketAddress(text);
  if (address === undefined || address !== text || !text.endsWith('/ws')) {
    throw new UsageError(`--listen takes a WebSocket multiaddr such as /ip4/0.0.0.0/tcp/9002/ws, not "${text}".`);
  }
  return address;
}

function readCors(text: string): string {
  const origin = originOf(text);
  if (origin === undefined) throw new UsageError(`--cors takes an origin such as https://app.example.org, not "${text}".`);
  return origin;
}
