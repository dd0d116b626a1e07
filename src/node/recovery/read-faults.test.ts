import { beforeAll, describe, expect, it } from 'vitest';
import { initCrypto, initThreshold } from '../../crypto/index.ts';
import type { Trx } from '../../records/index.ts';
import { goneOn, recovered } from '../../sim/index.ts';
import { type Store, StoreError } from '../ports.ts';
import { contentOf, memberOf } from '../testing/member-of.ts';
import { PaperMember } from '../testing/paper-member.ts';

beforeAll(async () => {
  await initCrypto();
  await initThreshold();
});

describe('a store that cannot be read for a moment', () => {
  /** Fails the read with this number, and no other. */
  function failingAt(store: Store, failAt: number): { readonly store: Store; arm(): void } {
    let reads = Number.NEGATIVE_INFINITY;
    const isRead = (name: string | symbol): boolean => name === 'get' || name === 'getMany' || name === 'range';
    const failing = new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          if (isRead(name) && ++reads === failAt) throw new StoreError('failed', 'The disk did not answer.');
          return value.apply(target, args);
        };
      },
    });
    const arm = () => {
      reads = 0;
    };
    return { store: failing, arm };
  }

  it('leaves the chain as it is, in memory and on the disk, whichever read of a switch fails (C-38, S-6)', async () => {
    const { paper, posts } = goneOn();
    const [kept] = posts as [Trx];
    const other = recovered([kept]);
    const straight = await memberOf(other.paper, other.paper.alice, other.paper.blocks);
    const next = paper.add([paper.alice.post('goes on', paper.timeNs)], [paper.owner, paper.alice]);
    let failures = 0;
    for (let failAt = 1; ; failAt++) {
      const { member, store } = await memberOf(paper, paper.alice, paper.blocks.slice(0, -1));
      const content = await contentOf(store);
      const broken = failingAt(store, failAt);
      const again = await memberOf(paper, paper.alice, [], { store });
      const { chain, recovering, outbox } = new PaperMember({
        ...again.options,
        ports: { ...again.options.ports, store: broken.store },
      });
      await chain.reload();
      broken.arm();
      const { head, configuration } = chain;
      const taken = await recovering.take([other.first]).catch((error: unknown) => error);
      if (!(taken instanceof StoreError)) {
        expect(taken).toEqual([other.first]);
        expect(chain.head).toEqual(straight.member.chain.head);
        expect(outbox.posts()).toHaveLength(1);
        break;
      }
      failures += 1;
      expect(await contentOf(store)).toEqual(content);
      expect([chain.head, chain.tip, chain.configuration, chain.hasStaged]).toEqual([head, head, configuration, false]);
      expect(outbox.posts()).toEqual([]);
      // What comes next is written by itself, with nothing of the switch.
      const examined = await chain.examine(next);
      if ('refusal' in examined) throw new Error(examined.refusal);
      await chain.stage(next, examined.execution);
      await chain.flush('relaxed');
      expect(await member.chain.reload()).toEqual({ sound: true });
      expect(member.chain.head).toMatchObject({ blockId: next.BlockId, hash: next.BlockHash });
    }
    expect(failures).toBeGreaterThan(10);
  });
});
