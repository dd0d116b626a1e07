import { describe, expect, it } from 'vitest';
import type { ProvenFaultJson } from '../client/records.ts';
import { faultyMembers } from './faults.ts';

const proof = (pubkey: string, kind: string): ProvenFaultJson => ({ pubkey, kind, found_at: 1, records: ['AA=='] });

describe('faultyMembers', () => {
  it('leaves out who has done nothing wrong', () => {
    expect(faultyMembers(new Map([['a', {}]]), [])).toEqual([]);
  });

  it('puts what is proved beside what was seen, and keeps it when that was before the node began to produce', () => {
    const seen = new Map<string, Record<string, number>>([
      ['a', { 'bad-shard': 2, 'conflicting-done': 1 }],
      ['b', {}],
    ]);
    const proven = [proof('a', 'conflicting-done'), proof('b', 'conflicting-request'), proof('c', 'bad-dealing')];
    expect(faultyMembers(seen, proven)).toEqual([
      {
        pubkey: 'a',
        rows: [
          { kind: 'bad-shard', count: 2 },
          { kind: 'conflicting-done', count: 1, proof: proven[0] },
        ],
      },
      { pubkey: 'b', rows: [{ kind: 'conflicting-request', count: 0, proof: proven[1] }] },
      { pubkey: 'c', rows: [{ kind: 'bad-dealing', count: 0, proof: proven[2] }] },
    ]);
  });
});
