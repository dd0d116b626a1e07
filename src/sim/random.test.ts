import { describe, expect, it } from 'vitest';
import { SeededRandom } from './random.ts';

describe('SeededRandom', () => {
  it('repeats itself from the same seed and label, and only then', () => {
    expect(new SeededRandom(7).bytes(64)).toEqual(new SeededRandom(7).bytes(64));
    expect(new SeededRandom(7).bytes(64)).not.toEqual(new SeededRandom(8).bytes(64));
    expect(new SeededRandom(7).fork('a').bytes(64)).not.toEqual(new SeededRandom(7).fork('b').bytes(64));
  });

  it('forks alike however much was drawn before', () => {
    const drawn = new SeededRandom(3);
    drawn.bytes(1000);
    expect(drawn.fork('network').fork('1').bytes(32)).toEqual(new SeededRandom(3).fork('network').fork('1').bytes(32));
  });

  it('gives bytes of every length', () => {
    for (const length of [0, 1, 3, 4, 5, 33]) expect(new SeededRandom(1).bytes(length)).toHaveLength(length);
  });

  it('draws integers evenly and in range', () => {
    const random = new SeededRandom(11);
    const counts = new Array<number>(6).fill(0);
    for (let draw = 0; draw < 60_000; draw++) {
      const value = random.int(6);
      counts[value] = (counts[value] ?? Number.NaN) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    expect(random.int(1)).toBe(0);
    expect(random.int(2 ** 32)).toBeLessThan(2 ** 32);
    expect(() => random.int(0)).toThrow(RangeError);
    expect(() => random.int(1.5)).toThrow(RangeError);
  });

  it('draws fractions evenly', () => {
    const random = new SeededRandom(5);
    let sum = 0;
    let hits = 0;
    for (let draw = 0; draw < 20_000; draw++) {
      const value = random.float();
      expect(value >= 0 && value < 1).toBe(true);
      sum += value;
      if (random.chance(0.25)) hits++;
    }
    expect(sum / 20_000).toBeCloseTo(0.5, 1);
    expect(hits / 20_000).toBeCloseTo(0.25, 1);
    expect(random.chance(0)).toBe(false);
    expect(random.chance(1)).toBe(true);
  });

  it('picks and shuffles without losing anything', () => {
    const random = new SeededRandom(9);
    const items = Array.from({ length: 50 }, (_, index) => index);
    const shuffled = random.shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
    expect(new Set(Array.from({ length: 2000 }, () => random.pick(items))).size).toBe(50);
    expect(() => random.pick([])).toThrow(RangeError);
  });
});
