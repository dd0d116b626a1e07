/**
 * Service worker: the app's files, so that it starts offline, and the node's REST interface for any page of the origin. It holds no state: blocks and keys
 * are the node worker's, calls are passed on to the leading tab. A new version waits until the user lets it in (`update` in the page).
 */
import { cleanupOutdatedCaches, type PrecacheEntry, precacheAndRoute } from 'workbox-precaching';
import { channelLine, isProfileName, readProfile, refusal, toResponse } from '../worker/index.ts';
import { NodeCalls, type ServiceSurroundings } from './node-calls.ts';
import { isNodePath } from './paths.ts';
import { readServiceMessage } from './service-message.ts';

/** The app's files with their revisions; the build puts them here. */
declare const SETT_FILES: readonly PrecacheEntry[];

/** What of a service worker's scope is used here: TypeScript's DOM library, which the rest needs, does not know it. */
interface ServiceScope {
  readonly clients: {
    claim(): Promise<void>;
    get(id: string): Promise<{ readonly url: string } | undefined>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'activate' | 'message' | 'fetch', listener: (event: ServiceEvent) => void): void;
}
interface ServiceEvent extends ExtendableMessage {
  readonly request: Request;
  readonly clientId: string;
  respondWith(response: Promise<Response>): void;
}
interface ExtendableMessage extends MessageEvent<unknown> {
  waitUntil(promise: Promise<unknown>): void;
}

const scope = globalThis as unknown as ServiceScope;

const surroundings: ServiceSurroundings = {
  channel: (name) => channelLine(new BroadcastChannel(name)),
  async isLockWanted(name) {
    const { held = [], pending = [] } = await navigator.locks.query();
    return [...held, ...pending].some((lock) => lock.name === name);
  },
  every(periodMs, callback) {
    const timer = setInterval(callback, periodMs);
    return () => clearInterval(timer);
  },
  nowMs: () => performance.now(),
  uuid: () => crypto.randomUUID(),
};

const nodes = new Map<string, NodeCalls>();

/** The node of the profile that the calling page's address names. */
async function answer({ request, clientId }: ServiceEvent): Promise<Response> {
  // A link of another site may lead here, and so may a form of it, which could do something.
  if (request.mode === 'navigate' && request.method !== 'GET') {
    return toResponse(refusal(405, 'wrong-method', 'The REST interface is called by scripts; an address bar can only read.'));
  }
  const page = clientId === '' ? undefined : await scope.clients.get(clientId);
  const profile = readProfile(new URL(page?.url ?? request.url).search);
  if (!isProfileName(profile)) {
    return toResponse(refusal(400, 'bad-profile', 'A profile’s name has 1 to 32 small letters, digits or hyphens.'));
  }
  const node = nodes.get(profile) ?? new NodeCalls(profile, surroundings);
  nodes.set(profile, node);
  return node.answer(request);
}

scope.addEventListener('fetch', (event) => {
  if (isNodePath(new URL(event.request.url), location.origin)) event.respondWith(answer(event));
});
scope.addEventListener('activate', (event) => {
  // Pages that were open before this worker was there.
  event.waitUntil(scope.clients.claim());
});
scope.addEventListener('message', (event) => {
  const message = readServiceMessage(event.data);
  if (message === 'update') event.waitUntil(scope.skipWaiting());
  // A page that was loaded past the service worker (a hard reload) asks to be served by it all the same.
  if (message === 'claim') event.waitUntil(scope.clients.claim());
});

cleanupOutdatedCaches();
// A profile in the address is no other page.
precacheAndRoute([...SETT_FILES], { ignoreURLParametersMatching: [/^profile$/], cleanURLs: false });
