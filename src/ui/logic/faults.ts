import type { GroupView } from '../../node/view.ts';
import type { ProvenFaultJson } from '../client/records.ts';

/** One kind of misbehaviour of one member. */
export interface FaultRow {
  readonly kind: string;
  /** How often it was seen since the node began to produce; 0 if that was before. */
  readonly count: number;
  /** The first time that signed records proved it. */
  readonly proof?: ProvenFaultJson;
}

export interface FaultyMember {
  readonly pubkey: string;
  readonly rows: readonly FaultRow[];
}

type Counts = Readonly<Record<string, number>>;

/** Of each producer, in epochs and in the newest change of consensus together, and of the owner as one who asks. */
export function seenFaults({ consensus, change, ownerPubkey }: GroupView): ReadonlyMap<string, Counts> {
  const sums = new Map<string, Record<string, number>>();
  const asked = [...(change?.producers ?? []), { pubkey: ownerPubkey, faults: change?.ownerFaults ?? {} }];
  for (const { pubkey, faults } of [...consensus.producers, ...asked]) {
    const sum = sums.get(pubkey) ?? {};
    for (const [kind, count] of Object.entries(faults)) sum[kind] = (sum[kind] ?? 0) + count;
    sums.set(pubkey, sum);
  }
  return sums;
}

/** What was seen and what is proved, by member; only those who have any. */
export function faultyMembers(seen: ReadonlyMap<string, Counts>, proven: readonly ProvenFaultJson[]): FaultyMember[] {
  const pubkeys = new Set([...seen.keys(), ...proven.map(({ pubkey }) => pubkey)]);
  return [...pubkeys].flatMap((pubkey) => {
    const counts = seen.get(pubkey) ?? {};
    const proofs = new Map(proven.filter((fault) => fault.pubkey === pubkey).map((fault) => [fault.kind, fault]));
    const rows = [...new Set([...Object.keys(counts), ...proofs.keys()])].map((kind): FaultRow => {
      const proof = proofs.get(kind);
      return { kind, count: counts[kind] ?? 0, ...(proof && { proof }) };
    });
    return rows.length > 0 ? [{ pubkey, rows }] : [];
  });
}
