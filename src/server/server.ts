/** One process on one port: the app, `bootstrap.json` and the relay. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readAppFiles } from './app-files.ts';
import { bootstrapDocument, relayAddresses } from './bootstrap-document.ts';
import { loadIdentity } from './identity.ts';
import type { ServerOptions } from './options.ts';
import { startRelay } from './relay/relay.ts';
import { createWebServer } from './web.ts';

export interface RunningServer {
  /** Where the app is, with a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly relayPeerId: string;
  stop(): Promise<void>;
}

/** The port cannot be had. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/**
 * Starts everything. Rejects with {@link ListenError} if the port cannot be had, or with an Error in words if the identity cannot be read.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const privateKey = await loadIdentity(options.dataDirectory);
  const files = await readAppFiles(options.appDirectory);
  let bootstrap: (hostHeader: string | undefined) => string = () => '';
  const web = createWebServer({ files, bootstrap: (hostHeader) => bootstrap(hostHeader) });
  // Nobody is answered before the relay runs.
  const early = (_request: unknown, socket: { destroy(): void }) => socket.destroy();
  web.on('upgrade', early);
  const port = await listen(web, options);
  const listening = joinHost(shownHost(options.host), port);
  const relay = await startRelay({
    privateKey,
    announce: relayAddresses(options, undefined, listening),
    behindProxy: options.publicOrigin !== undefined,
  });
  bootstrap = (hostHeader) => bootstrapDocument(options, relay.peerId, hostHeader, listening);
  web.off('upgrade', early);
  web.on('upgrade', (request, socket, head) => relay.upgrade(request, socket, head));
  return {
    url: `${options.publicOrigin ?? `http://${listening}`}/`,
    port,
    relayPeerId: relay.peerId,
    stop: async () => {
      const closed = new Promise((resolve) => web.close(resolve));
      await relay.stop();
      web.closeAllConnections();
      await closed;
    },
  };
}

async function listen(web: Server, { port, host }: ServerOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    web.once('error', (error: NodeJS.ErrnoException) => reject(new ListenError(explain(error, port, host), { cause: error })));
    web.listen(port, host, resolve);
  });
  return (web.address() as AddressInfo).port;
}

function explain(error: NodeJS.ErrnoException, port: number, host: string): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use. Stop the other program (is Sett running already?), or choose another port: npm start -- --port ${port + 1}`;
    case 'EACCES':
      return `Port ${port} on ${host} needs special rights. Choose one above 1023: npm start -- --port 8000`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine. Use --host 127.0.0.1, or --host 0.0.0.0 for all its addresses.`;
    default:
      return `Port ${port} on ${host} cannot be opened: ${error.message}`;
  }
}

/** An address to put into a URL for one that means "all of them". */
function shownHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

function joinHost(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
