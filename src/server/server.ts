/** One process on one port: the app, `bootstrap.json` and the relay. */
import { readAppFiles } from './app-files.ts';
import { bootstrapDocument, relayAddresses } from './bootstrap-document.ts';
import { affordableSockets } from './guard/open-files.ts';
import { SocketGuard } from './guard/socket-guard.ts';
import { loadIdentity } from './identity.ts';
import { RELAY_LIMITS } from './limits.ts';
import { joinHost, listen, shownHost } from './listen.ts';
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

/**
 * Starts everything. Rejects with {@link ListenError} if the port cannot be had, or with an OperatorError if the identity cannot be read.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const privateKey = await loadIdentity(options.dataDirectory);
  const files = await readAppFiles(options.appDirectory);
  let bootstrap: (hostHeader: string | undefined) => string = () => '';
  const web = createWebServer({ files, bootstrap: (hostHeader) => bootstrap(hostHeader) });
  const sockets = affordableSockets(RELAY_LIMITS.sockets, 1);
  new SocketGuard({
    ...RELAY_LIMITS,
    sockets,
    headMs: RELAY_LIMITS.httpHeadMs,
    answerMs: RELAY_LIMITS.httpAnswerMs,
    crowdedAnswerMs: RELAY_LIMITS.httpCrowdedAnswerMs,
  }).watchHttp(web);
  // Nobody is answered before the relay runs.
  const early = (_request: unknown, socket: { destroy(): void }) => socket.destroy();
  web.on('upgrade', early);
  const port = await listen(web, { ...options, example: 'npm start' });
  const listening = joinHost(shownHost(options.host), port);
  const relay = await startRelay({
    privateKey,
    announce: relayAddresses(options, undefined, listening),
    behindProxy: options.publicOrigin !== undefined,
    sockets,
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
