/** A page with a network host and nothing else; the test drives it through `window.tab`. */
import { createHost, type Host } from '../../../src/network/index.ts';
import { type GossipVerdict, type MessageStream, NetworkError, type NetworkState } from '../../../src/node/ports.ts';

const TICK_MS = 250;

export interface Heard {
  readonly topic: string;
  readonly text: string;
  readonly origin: string;
}

export interface Outcome {
  readonly sizeBytes?: number;
  readonly sum?: number;
  readonly code?: string;
}

export interface Tab {
  readonly host: Host;
  readonly peerId: string;
  readonly heard: Heard[];
  readonly states: NetworkState[];
  readonly neighbours: string[];
  readonly requests: number[];
  readonly log: string[];
  /** What to answer to gossip that begins with this character. */
  readonly verdicts: Record<string, GossipVerdict>;
  /** Bytes in every answer. */
  answerBytes: number;
  /** Streams that peers opened to us and that we opened to them, as they came. */
  readonly streams: HeardStream[];
  /** What {@link HeardStream.standsStill} begins with. */
  newStreamsStandStill: boolean;
  publish(topic: string, text: string): Promise<number>;
  /** Opens a stream; its place in `streams`, or why there is none. */
  openStream(peer: string): Promise<number | { readonly code: string }>;
  pattern(sizeBytes: number, number?: number): Uint8Array;
  checksum(bytes: Uint8Array): number;
  request(peer: string, requestBytes: number, options: { timeoutMs: number; maxBytes: number }): Promise<Outcome>;
}

/** A stream and what came on it. */
export interface HeardStream {
  readonly stream: MessageStream;
  /** Size and checksum of each message. */
  readonly messages: { readonly sizeBytes: number; readonly sum: number }[];
  closed: boolean;
  /** While it is set, no message is handled to its end. */
  standsStill: boolean;
}

declare global {
  interface Window {
    tab: Tab;
  }
}

/** Bytes that show every kind of loss or reordering in their sum. */
function pattern(sizeBytes: number, number = 0): Uint8Array {
  return new Uint8Array(sizeBytes).map((_, index) => index * 31 + (index >> 8) + number);
}

function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = (sum * 33 + byte) >>> 0;
  return sum;
}

function hear(stream: MessageStream): HeardStream {
  const heard: HeardStream = { stream, messages: [], closed: false, standsStill: tab.newStreamsStandStill };
  stream.receive({
    message: (data) => {
      heard.messages.push({ sizeBytes: data.byteLength, sum: checksum(data) });
      return heard.standsStill ? new Promise(() => {}) : Promise.resolve();
    },
    closed: () => {
      heard.closed = true;
    },
  });
  return heard;
}

const log: string[] = [];
const host = await createHost({
  privateKey: crypto.getRandomValues(new Uint8Array(32)),
  trustedOrigins: [location.origin],
  log: (line) => void log.push(line),
});

const tab: Tab = {
  host,
  peerId: host.state().peerId ?? '',
  heard: [],
  states: [],
  neighbours: [],
  requests: [],
  log,
  verdicts: {},
  answerBytes: 5_000_000,
  streams: [],
  newStreamsStandStill: false,
  openStream: async (peer) => {
    try {
      return tab.streams.push(hear(await host.openStream(peer))) - 1;
    } catch (error) {
      return { code: error instanceof NetworkError ? error.code : String(error) };
    }
  },
  pattern,
  checksum,
  publish: (topic, text) => host.publish(topic, new TextEncoder().encode(text)),
  request: async (peer, requestBytes, options) => {
    try {
      const answer = await host.request(peer, pattern(requestBytes), options);
      return { sizeBytes: answer.byteLength, sum: checksum(answer) };
    } catch (error) {
      return { code: error instanceof NetworkError ? error.code : String(error) };
    }
  },
};
host.listen({
  gossip: (topic, data, origin) => {
    const text = new TextDecoder().decode(data);
    tab.heard.push({ topic, text, origin });
    return tab.verdicts[text.charAt(0)] ?? 'accept';
  },
  request: async (data) => {
    tab.requests.push(data.byteLength);
    if (data.byteLength === 13) throw new Error('The node does not answer this.');
    return pattern(tab.answerBytes);
  },
  state: (state) => void tab.states.push(state),
  neighbours: (topic) => void tab.neighbours.push(topic),
  stream: (stream) => void tab.streams.push(hear(stream)),
});
setInterval(() => host.tick(), TICK_MS);
// As the app does.
addEventListener('pagehide', () => void host.stop());
window.tab = tab;
document.title = 'ready';
