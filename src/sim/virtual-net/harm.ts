import type { CoinMessage, Message } from '../../consensus/index.ts';

/** Coin of a round, as far as the adversary knows it. */
export type KnownCoin = (place: Pick<CoinMessage, 'epoch' | 'proposer' | 'round'>) => boolean | undefined;

/**
 * How much the adversary likes a message to arrive now: it keeps the producers of opposite opinion (half of them hear of true first, the
 * others of false), lets votes come that go against the coin where it knows that, and late what would end something.
 */
export function harmOf(message: Message, to: number, coinOf: KnownCoin): number {
  switch (message.kind) {
    case 'bval':
    case 'aux': {
      const liked = (to + message.proposer) % 2 === 0;
      const coin = message.round % 3 === 2 ? coinOf(message) : message.round % 3 === 0;
      const isAgainstCoin = message.kind === 'aux' && coin !== undefined && message.value !== coin;
      return (message.value === liked ? 6 : 2) + (isAgainstCoin ? 2 : 0);
    }
    case 'conf':
      return message.values === 3 ? 6 : 3;
    case 'term':
    case 'done':
      return 0;
    case 'ready':
    case 'value':
      return message.proposer % 2 === to % 2 ? 4 : 1;
    default:
      return 3;
  }
}
