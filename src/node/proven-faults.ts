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
  readonly failed: (error: unknown) => void;
}

/**
 * Faults that signed records prove to anybody: they outlive restarts, with those records (C-26, C-34). Of each kind the first that each has committed is
 * kept: one is proof enough, and nobody fills a disk with more.
 */
export class ProvenFaults {
  readonly #options: ProvenFaultsOptions;
  /** Keys of those that are stored, as far as it is known. */
  readonly #stored = new Set<string>();

  constructor(options: ProvenFaultsOptions) {
    this.#options = options;
  }

  /** Somebody has committed a fault: told on, and kept if it is proved. */
  found(fault: FaultOf, pubkey: string): void {
    const { groupId, mailbox, failed, faultFound } = this.#options;
    faultFound(fault, pubkey);
    const { kind, evidence } = fault;
    const key = keyOf.provenFault(groupId, pubkey, kind);
    if (!evidence || !PROVABLE.has(kind) || this.#stored.has(key)) return;
    this.#stored.add(key);
    mailbox
      .run(() => this.#store(key, pubkey, kind, evidence))
      .catch((error: unknown) => {
        this.#stored.delete(key);
        failed(error);
      });
  }

  async #store(key: string, pubkey: string, kind: string, records: readonly Uint8Array[]): Promise<void> {
    const { store, clock } = this.#options.ports;
    if (await store.get('log', key)) return;
    const row: ProvenFaultRow = { Pubkey: pubkey, Kind: kind, FoundAt: clock.nowNs(), Records: records };
    await store.write([{ table: 'log', key, value: ProvenFaultRow.encode(row) }], 'strict');
  }

  /** By key of who has committed them, then by kind. */
  async list(): Promise<ProvenFault[]> {
    const { groupId, ports } = this.#options;
    const rows = await ports.store.range('log', startingWith(keyOf.provenFaults(groupId)));
    return rows.map(({ value }) => {
      const { Pubkey: pubkey, Kind: kind, FoundAt: foundAtNs, Records: records } = ProvenFaultRow.decode(value);
      return { pubkey, kind, foundAtNs, records };
    });
  }
}
