/** A page with a network host and nothing else; the test drives it through `window.tab`. */
import { createHost, type Host } from '../../../src/network/index.ts';
import { type GossipVerdict, NetworkError, type NetworkState } from '../../../src/node/ports.ts';

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
  publish(topic: string, text: string): Promise<number>;
  request(peer: string, requestBytes: number, options: { timeoutMs: number; maxBytes: number }): Promise<Outcome>;
}

declare global {
  interface Window {
    tab: Tab;
  }
}

/** Bytes that show every kind of loss or reordering in their sum. */
function pattern(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}

function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = (sum * 33 + byte) >>> 0;
  return sum;
}

const log: string[] = [];
const host = await createHost({
  privateKey: crypto.getRandomValues(new Uint8Array(32)),
  ownOrigin: location.origin,
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
});
setInterval(() => host.tick(), TICK_MS);
window.tab = tab;
document.title = 'ready';
