import { describe, expect, it } from 'vitest';
import { Backoff, Timers } from './timers.ts';

function clock() {
  const time = { monotonicMs: 1_000, wallMs: 1_000_000 };
  const timers = new Timers(
    () => time.monotonicMs,
    () => time.wallMs,
  );
  const advance = (byMs: number) => {
    time.monotonicMs += byMs;
    time.wallMs += byMs;
    return timers.tick();
  };
  return { time, timers, advance };
}

describe('Timers', () => {
  it('calls back once, at the first tick that is late enough', () => {
    const { timers, advance } = clock();
    let calls = 0;
    timers.after(1_500, () => calls++);
    advance(1_000);
    expect(calls).toBe(0);
    advance(1_000);
    advance(1_000);
    expect(calls).toBe(1);
  });

  it('does not call back what was cancelled, not even by an earlier callback of the same tick', () => {
    const { timers, advance } = clock();
    const calls: string[] = [];
    const cancels: (() => void)[] = [];
    timers.after(10, () => {
      calls.push('first');
      for (const cancel of cancels) cancel();
    });
    cancels.push(timers.after(10, () => calls.push('second')));
    advance(10);
    expect(calls).toEqual(['first']);
  });

  it('takes a gap over 5 s between ticks for sleep, on either clock', () => {
    const { time, timers, advance } = clock();
    expect(advance(1_000)).toBe(false);
    expect(advance(5_001)).toBe(true);
    expect(advance(1_000)).toBe(false);
    // Linux: the monotonic clock stands still during sleep.
    time.wallMs += 60_000;
    time.monotonicMs += 100;
    expect(timers.tick()).toBe(true);
    // The time of day set back is no sleep.
    time.wallMs -= 3_600_000;
    expect(advance(1_000)).toBe(false);
  });

  it('ends work that takes too long, even if it does not heed the signal', async () => {
    const { timers, advance } = clock();
    let aborted = false;
    const work = timers.within(
      1_000,
      (signal) => {
        signal.addEventListener('abort', () => {
          aborted = true;
        });
        return new Promise(() => {});
      },
      () => new Error('too long'),
    );
    advance(1_000);
    await expect(work).rejects.toThrow('too long');
    expect(aborted).toBe(true);
  });

  it('passes on what work gives in time, and leaves no timer behind', async () => {
    const { timers, advance } = clock();
    await expect(
      timers.within(
        1_000,
        async () => 7,
        () => new Error('too long'),
      ),
    ).resolves.toBe(7);
    expect(advance(2_000)).toBe(false);
  });
});

describe('Backoff', () => {
  it('doubles up to the cap, minus at most a quarter, and starts again after a reset', () => {
    const backoff = new Backoff(1_000, 4_000);
    expect(backoff.due(0)).toBe(true);
    for (const waitMs of [1_000, 2_000, 4_000, 4_000]) {
      backoff.failed(0);
      expect(backoff.due(waitMs * 0.75 - 1)).toBe(false);
      expect(backoff.due(waitMs)).toBe(true);
    }
    expect(backoff.attempts).toBe(4);
    backoff.reset();
    expect(backoff.due(0)).toBe(true);
    expect(backoff.attempts).toBe(0);
  });
});
