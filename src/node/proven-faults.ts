import { type FaultOf, PROVABLE } from '../consensus/index.ts';
import type { Mailbox } from './mailbox.ts';
import type { Ports } from './ports.ts';
import { keyOf, ProvenFaultRow, startingWith } from './rows.ts';
import type { ProvenFault } from './service.ts';

export interface ProvenFaultsOptions {
  readonly groupId: string;
  readonly ports: Pick<Ports, 'store' | 'clock'>;
  readonly mailbox: Mailbox;
  readonly faultFound: (fault: FaultOf, pubkey: string) => void;
  readonly changed: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Faults that signed records prove to anybody: they outlive restarts, with those records (C-26, C-34). Of each kind the first that each has committed is
 * kept: one is proof enough, and nobody fills a disk with more.
 */
export class ProvenFaults {
  readonly #options: ProvenFaultsOptions;
  /** Keys of those that are stored, or on the way there. */
  readonly #kept = new Set<string>();
  #count = 0;

  constructor(options: ProvenFaultsOptions) {
    this.#options = options;
  }

  /** How many are stored. */
  get count(): number {
    return this.#count;
  }

  /** In the mailbox. */
  async load(): Promise<void> {
    const rows = await this.#rows();
    for (const { key } of rows) this.#kept.add(key);
    this.#count = rows.length;
  }

  /** Somebody has committed a fault: told on, and kept if it is proved. */
  found(fault: FaultOf, pubkey: string): void {
    const { groupId, mailbox, failed, faultFound } = this.#options;
    faultFound(fault, pubkey);
    const { kind, evidence } = fault;
    const key = keyOf.provenFault(groupId, pubkey, kind);
    if (!evidence || !PROVABLE.has(kind) || this.#kept.has(key)) return;
    this.#kept.add(key);
    mailbox
      .run(() => this.#store(key, pubkey, kind, evidence))
      .catch((error: unknown) => {
        this.#kept.delete(key);
        failed(error);
      });
  }

  async #store(key: string, pubkey: string, kind: string, records: readonly Uint8Array[]): Promise<void> {
    const { ports, changed } = this.#options;
    const { store, clock } = ports;
    const row: ProvenFaultRow = { Pubkey: pubkey, Kind: kind, FoundAt: clock.nowNs(), Records: records };
    await store.write([{ table: 'log', key, value: ProvenFaultRow.encode(row) }], 'strict');
    this.#count++;
    changed();
  }

  /** By key of who has committed them, then by kind. */
  async list(): Promise<ProvenFault[]> {
    const rows = await this.#rows();
    return rows.map(({ value }) => {
      const { Pubkey: pubkey, Kind: kind, FoundAt: foundAtNs, Records: records } = ProvenFaultRow.decode(value);
      return { pubkey, kind, foundAtNs, records };
    });
  }

  #rows() {
    const { groupId, ports } = this.#options;
    return ports.store.range('log', startingWith(keyOf.provenFaults(groupId)));
  }
}
