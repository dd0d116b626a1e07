import { describe, expect, it } from 'vitest';
import { bootstrapsInTurns } from './named-addresses.ts';

describe('bootstrapsInTurns', () => {
  it('takes the first of each group before the second of any, however many a seed lists', () => {
    const hostile = Array.from({ length: 8 }, (_, index) => `https://hostile-${index}.example`);
    const order = bootstrapsInTurns([hostile, ['https://a.example', 'https://spare.example'], [], ['https://b.example']]);
    expect(order.slice(0, 5)).toEqual([
      hostile[0],
      'https://a.example',
      'https://b.example',
      hostile[1],
      'https://spare.example',
    ]);
    expect(order).toHaveLength(11);
  });

  it('names each once', () => {
    expect(bootstrapsInTurns([['a', 'b'], ['b', 'a'], ['a']])).toEqual(['a', 'b']);
    expect(bootstrapsInTurns([])).toEqual([]);
  });
});
