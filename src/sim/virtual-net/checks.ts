import { type Decision, decodeMessage, type Fault, type Message } from '../../consensus/index.ts';
import { concatBytes, faultyLimit, sha256, toHex } from '../../records/index.ts';
import { Violation } from '../one-producer.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Of what a decision says, everything. */
export function digestOf({ epoch, proposals }: Decision): string {
  const text = proposals.map((proposal) =>
    proposal ? `${proposal.timeNs}:${proposal.trxs.map(({ TrxId }) => TrxId).join(',')}` : '-',
  );
  return toHex(sha256(utf8(`${epoch}|${text.join('|')}`)));
}

/** The part of a message that an honest producer says once and never otherwise, under a key of what it speaks of; undefined: it may change. */
function fixedPart(message: Message, to: number): [key: string, content: Uint8Array] | undefined {
  const { kind, epoch } = message;
  switch (kind) {
    case 'value':
      return [`${kind}/${epoch}/${to}`, concatBytes(message.root, message.shard)];
    case 'echo':
    case 'echo-hash':
      return [`echo/${epoch}/${message.proposer}`, message.root];
    case 'ready':
      return [`${kind}/${epoch}/${message.proposer}`, message.root];
    case 'aux':
      return [`${kind}/${epoch}/${message.proposer}/${message.round}`, Uint8Array.of(message.value ? 1 : 0)];
    case 'conf':
      return [`${kind}/${epoch}/${message.proposer}/${message.round}`, Uint8Array.of(message.values)];
    case 'coin':
      return [`${kind}/${epoch}/${message.proposer}/${message.round}`, message.share];
    case 'term':
      return [`${kind}/${epoch}/${message.proposer}`, Uint8Array.of(message.value ? 1 : 0)];
    case 'decryption':
      return [`${kind}/${epoch}/${message.proposer}`, message.share];
    case 'done':
      return [`${kind}/${epoch}/${message.signer}`, concatBytes(message.blockHash, utf8(message.blockId.toString()))];
    default:
      return undefined;
  }
}

/** What must hold after every step (consensus.md, "Proof against faults"). Throws {@link Violation}. */
export class Checks {
  readonly #isHonest: (producer: number) => boolean;
  readonly #size: number;
  readonly #decisions = new Map<number, string>();
  readonly #blocks = new Map<number, string>();
  readonly #said = new Map<string, string>();
  /** Kinds of faults that were found, of faulty producers. */
  readonly found = new Set<Fault['kind']>();

  constructor(size: number, isHonest: (producer: number) => boolean) {
    this.#size = size;
    this.#isHonest = isHonest;
  }

  decided(producer: number, decision: Decision): void {
    const digest = digestOf(decision);
    const known = this.#decisions.get(decision.epoch);
    if (known !== undefined && known !== digest)
      throw new Violation(`producer ${producer} decides epoch ${decision.epoch} otherwise`);
    this.#decisions.set(decision.epoch, digest);
    const proposers = decision.proposals.filter((proposal) => proposal).length;
    if (proposers < this.#size - 2 * faultyLimit(this.#size))
      throw new Violation(`epoch ${decision.epoch} decides on ${proposers} readable proposals only`);
  }

  block(producer: number, blockId: number, blockHash: Uint8Array): void {
    const hash = toHex(blockHash);
    const known = this.#blocks.get(blockId);
    if (known !== undefined && known !== hash) throw new Violation(`producer ${producer} has another block ${blockId}`);
    this.#blocks.set(blockId, hash);
  }

  blamed(reporter: number, { producer, kind }: Fault): void {
    if (this.#isHonest(producer)) throw new Violation(`producer ${reporter} blames the honest ${producer}: ${kind}`);
    this.found.add(kind);
  }

  /** Nothing is said twice with different content, restarts included. */
  sent(producer: number, to: number, data: Uint8Array): void {
    const message = decodeMessage(data, this.#size);
    if (!message) throw new Violation(`producer ${producer} sends what is no message`);
    const fixed = fixedPart(message, to);
    if (!fixed) return;
    const [key, content] = fixed;
    // What it gives back to another is that one's word.
    if (message.kind === 'done' && message.signer !== producer) return;
    const full = `${producer}/${key}`;
    const text = toHex(content);
    const known = this.#said.get(full);
    if (known !== undefined && known !== text) throw new Violation(`producer ${producer} contradicts itself: ${key}`);
    this.#said.set(full, text);
  }
}
