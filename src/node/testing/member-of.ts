import { type Block, toHex } from '../../records/index.ts';
import {
  type Author,
  type PaperChain,
  SeededRandom,
  SimulatedClock,
  SimulatedNetwork,
  SimulatedStore,
  SimulatedTime,
} from '../../sim/index.ts';
import type { ReadPost } from '../chain-head.ts';
import { type Store, TABLES, type Write } from '../ports.ts';
import { PaperMember, type PaperMemberOptions } from './paper-member.ts';

export interface Written {
  readonly member: PaperMember;
  readonly options: PaperMemberOptions;
  readonly store: Store;
  /** Transactions so far. */
  readonly writes: (readonly Write[])[];
}

/** A member with these blocks on a disk of its own, or on one that is given. */
export async function memberOf(
  paper: PaperChain,
  user: Author,
  blocks: readonly Block[],
  { store, readPost }: { readonly store?: Store; readonly readPost?: ReadPost } = {},
): Promise<Written> {
  const writes: (readonly Write[])[] = [];
  const disk = new SimulatedStore({ random: new SeededRandom(1, 'disk') });
  disk.watch = (written) => writes.push(written);
  const opened = store ?? disk.open();
  const time = new SimulatedTime();
  const random = new SeededRandom(1, 'member');
  const options: PaperMemberOptions = {
    identity: paper.identity,
    genesis: paper.genesis,
    userPubkey: user.pubkey,
    ...(readPost && { readPost }),
    ports: {
      store: opened,
      clock: new SimulatedClock(time),
      network: new SimulatedNetwork(time, random).connect('peer-member'),
      random,
    },
  };
  const member = new PaperMember(options);
  await member.load();
  await member.apply(blocks);
  return { member, options, store: opened, writes };
}

/** Everything of the chain that is stored. */
export async function contentOf(store: Store): Promise<string[]> {
  const tables = TABLES.filter((table) => table !== 'log' && table !== 'outbox');
  const rows = await Promise.all(tables.map(async (table) => ({ table, rows: await store.range(table, {}) })));
  return rows.flatMap(({ table, rows: all }) => all.map(({ key, value }) => `${table} ${key} ${toHex(value)}`));
}
