import { decodeMessage, pbftMessages } from '../../../consensus/index.ts';
import { signHash, type ThresholdKeys } from '../../../crypto/index.ts';
import {
  type Gossip,
  type MessageStream,
  type Network,
  type NetworkHandlers,
  type NetworkState,
  openGossip,
  type PeerId,
  type PrivateCipher,
  ProducerFrame,
  ProducerHello,
  purposeOf,
  type SealNotice,
} from '../../../node/index.ts';
import { decodeOrNothing, equalBytes, SyncResponse } from '../../../records/index.ts';
import type { SimulatedHost } from '../../network.ts';
import type { SeededRandom } from '../../random.ts';
import type { PbftStrategy } from '../../virtual-net/pbft/strategies.ts';
import type { Strategy, StrategyContext } from '../../virtual-net/strategies.ts';
import type { MachineTwist } from '../../world.ts';

/** What a faulty producer does with what its node would say; what is left out is as its node says it. */
export interface NodeStrategy extends Partial<Strategy> {
  /** Under PBFT; `tamper` is under HoneyBadgerBFT. */
  readonly pbft?: PbftStrategy;
  seals?(to: number, seals: readonly SealNotice[]): readonly SealNotice[];
  /** What goes out in place of a whole frame. */
  frame?(to: number, data: Uint8Array): readonly Uint8Array[];
  /** What goes out on the group's topic in place of a gossip message. */
  gossip?(gossip: Gossip, data: Uint8Array): readonly Uint8Array[];
  /** What goes out in an agreement on a change, in place of a message of its. */
  change?(data: Uint8Array): readonly Uint8Array[];
  /** What it encrypts to somebody, and what it takes for decrypted; undefined: not decryptable. */
  encrypted?(plain: Uint8Array): Uint8Array;
  decrypted?(plain: Uint8Array): Uint8Array | undefined;
  /** Its answer to a request for blocks or a trx; undefined: none. */
  answer?(answer: SyncResponse): Uint8Array | undefined;
}

/** What a faulty producer of whole nodes knows besides. */
export interface NodeContext extends StrategyContext {
  /** The group's, which every member has. */
  readonly cipherKey: Uint8Array;
}

export type NodeStrategyMaker = (context: NodeContext) => NodeStrategy;

export interface TwistPlace {
  readonly random: SeededRandom;
  readonly self: number;
  readonly configuration: StrategyContext['configuration'];
  readonly cipherKey: Uint8Array;
  readonly signSecret: Uint8Array;
  /** Index of the producer at a peer. */
  readonly indexOf: (peer: PeerId) => number | undefined;
}

/** A whole node whose words are changed on their way out. Until {@link begin} it is an honest one. */
export class Twist implements MachineTwist {
  readonly #maker: NodeStrategyMaker;
  /** By nonce: its part in a configuration. */
  readonly #parts = new Map<number, { readonly strategy: NodeStrategy; readonly place: TwistPlace }>();
  /** In the newest one that it has a part in. */
  #newest: { readonly strategy: NodeStrategy; readonly place: TwistPlace } | undefined;
  /** How often it has done otherwise than its node would: a strategy that never does proves nothing. */
  deviations = 0;

  constructor(maker: NodeStrategyMaker) {
    this.#maker = maker;
  }

  /** It is a producer of this configuration. */
  begin(place: TwistPlace): void {
    const { random, self, configuration, cipherKey, signSecret } = place;
    const strategy = this.#maker({
      random,
      self,
      configuration,
      cipherKey,
      size: configuration.producers.length,
      signatures: { sign: (_producer, hash) => signHash(hash, signSecret) },
    });
    this.#newest = { strategy, place };
    this.#parts.set(configuration.nonce, this.#newest);
  }

  network(host: SimulatedHost): Network {
    return new TwistedNetwork(host, this);
  }

  keys(own: ThresholdKeys, nonce: number): ThresholdKeys {
    const made = new Map<NodeStrategy, ThresholdKeys>();
    const current = (): ThresholdKeys => {
      const strategy = this.#parts.get(nonce)?.strategy;
      if (!strategy?.keys) return own;
      const known = made.get(strategy) ?? strategy.keys(own);
      made.set(strategy, known);
      return known;
    };
    return new Proxy(own, {
      get: (_, name) => {
        const keys = current();
        const value: unknown = Reflect.get(keys, name);
        if (name === 'encrypt' && keys !== own) this.deviations += 1;
        return typeof value === 'function' ? value.bind(keys) : value;
      },
    });
  }

  cipher(own: PrivateCipher): PrivateCipher {
    return {
      encrypt: (plain, recipients) => {
        const said = this.#newest?.strategy.encrypted?.(plain) ?? plain;
        this.#counted(plain, [said]);
        return own.encrypt(said, recipients);
      },
      decrypt: async (sealed, identity) => {
        const plain = await own.decrypt(sealed, identity);
        const strategy = this.#newest?.strategy;
        const taken = strategy?.decrypted ? strategy.decrypted(plain) : plain;
        this.#counted(plain, taken ? [taken] : []);
        if (!taken) throw new Error('taken for not decryptable');
        return taken;
      },
    };
  }

  /** What goes out to a peer in place of a message on a stream in an agreement. */
  agreeing(data: Uint8Array): readonly Uint8Array[] {
    const change = this.#newest?.strategy.change;
    const frame = change && decodeOrNothing(ProducerFrame, data);
    if (!change || !frame || frame.Change.length === 0) return [data];
    const messages = frame.Change.flatMap((bytes) => [...change(bytes)]);
    return this.#counted(data, messages.length > 0 ? [ProducerFrame.encode({ ...frame, Change: messages })] : []);
  }

  /** What goes out to a peer in place of a message on a stream under a configuration. */
  outgoing(peer: PeerId, data: Uint8Array, nonce: number): readonly Uint8Array[] {
    return this.#counted(data, this.#outgoing(peer, data, nonce));
  }

  #counted(own: Uint8Array, said: readonly Uint8Array[]): readonly Uint8Array[] {
    const [first] = said;
    if (said.length !== 1 || !first || !equalBytes(first, own)) this.deviations += 1;
    return said;
  }

  #outgoing(peer: PeerId, data: Uint8Array, nonce: number): readonly Uint8Array[] {
    const { strategy, place } = this.#parts.get(nonce) ?? {};
    const to = place?.indexOf(peer);
    const frame = strategy && to !== undefined ? decodeOrNothing(ProducerFrame, data) : undefined;
    if (!strategy || to === undefined || !frame) return [data];
    const size = place?.configuration.producers.length ?? 0;
    const isPbft = place?.configuration.engine === 'pbft';
    const tampered = isPbft ? tamperedPbft : tamperedHoneyBadger;
    const messages = frame.Engine.flatMap((bytes) => tampered(strategy, to, bytes, size));
    const seals = isPbft && strategy.pbft?.isSilent ? [] : (strategy.seals?.(to, frame.Seals) ?? frame.Seals);
    if (messages.length === 0 && seals.length === 0 && frame.Change.length === 0) return [];
    const twisted = ProducerFrame.encode({ ...frame, Engine: messages, Seals: seals });
    return strategy.frame?.(to, twisted) ?? [twisted];
  }

  /** What goes out in place of a gossip message. */
  gossip(data: Uint8Array): readonly Uint8Array[] {
    const { strategy, place } = this.#newest ?? {};
    const gossip = strategy?.gossip && place ? openGossip(place.cipherKey, data) : undefined;
    return gossip ? this.#counted(data, strategy?.gossip?.(gossip, data) ?? [data]) : [data];
  }

  async answered(data: Uint8Array): Promise<Uint8Array> {
    const strategy = this.#newest?.strategy;
    if (!strategy?.answer) return data;
    const answer = strategy.answer(SyncResponse.decode(data));
    this.#counted(data, answer ? [answer] : []);
    return answer ?? new Promise(() => {});
  }
}

function tamperedHoneyBadger({ tamper }: NodeStrategy, to: number, bytes: Uint8Array, size: number): readonly Uint8Array[] {
  const message = tamper && decodeMessage(bytes, size);
  return message ? tamper(to, message, bytes) : [bytes];
}

function tamperedPbft({ pbft }: NodeStrategy, to: number, bytes: Uint8Array, size: number): readonly Uint8Array[] {
  const message = pbft && pbftMessages.decodeMessage(bytes, size);
  return message ? pbft.tamper(to, message, bytes) : [bytes];
}

class TwistedNetwork implements Network {
  readonly #host: SimulatedHost;
  readonly #twist: Twist;

  constructor(host: SimulatedHost, twist: Twist) {
    this.#host = host;
    this.#twist = twist;
  }

  listen(handlers: NetworkHandlers): void {
    this.#host.listen({
      ...handlers,
      request: async (data, from) => this.#twist.answered(await handlers.request(data, from)),
      stream: (stream) => handlers.stream(this.#twisted(stream)),
    });
  }

  async openStream(peer: PeerId): Promise<MessageStream> {
    return this.#twisted(await this.#host.openStream(peer));
  }

  #twisted(stream: MessageStream): MessageStream {
    let hello: ProducerHello | undefined;
    return {
      peer: stream.peer,
      send: (data) => {
        // Its first word says which configuration all others on this stream are of.
        if (!hello) {
          hello = decodeOrNothing(ProducerHello, data);
          return stream.send(data);
        }
        const isOfProducers = purposeOf(hello) === 'producers';
        const said = isOfProducers ? this.#twist.outgoing(stream.peer, data, hello.ConfigNonce) : this.#twist.agreeing(data);
        return said.every((twisted) => stream.send(twisted));
      },
      receive: (handlers) => stream.receive(handlers),
      close: () => stream.close(),
    };
  }

  subscribe(topic: string): void {
    this.#host.subscribe(topic);
  }
  unsubscribe(topic: string): void {
    this.#host.unsubscribe(topic);
  }
  async publish(topic: string, data: Uint8Array): Promise<number> {
    const receivers = await Promise.all(this.#twist.gossip(data).map((twisted) => this.#host.publish(topic, twisted)));
    return Math.max(0, ...receivers);
  }
  request(peer: PeerId, data: Uint8Array, options: { timeoutMs: number; maxBytes: number }): Promise<Uint8Array> {
    return this.#host.request(peer, data, options);
  }
  setBootstraps(): void {}
  dial(address: string): Promise<void> {
    return this.#host.dial(address);
  }
  addRelay(address: string): Promise<void> {
    return this.#host.addRelay(address);
  }
  meet(): void {}
  penalize(peer: PeerId, reason: string): void {
    this.#host.penalize(peer, reason);
  }
  state(): NetworkState {
    return this.#host.state();
  }
}
