/** Makes people the producers of a group as its owner does: by the agreement of all who are asked, through the REST interface of their own tabs. */
import { expect } from '@playwright/test';
import type { Person } from './person.ts';

const CHANGE_TIMEOUT_MS = 180_000;

export interface Wanted {
  /** After the current epoch. */
  readonly startFromEpoch?: number;
  readonly epochTickMs?: number;
  readonly tickMs?: number;
  readonly tickCount?: number;
  /** `ConsensusContract.Encryption`; undefined: as it is. Every proposal is encrypted where this is left out. */
  readonly encryption?: number | undefined;
  /** Left out: as it is. */
  readonly engine?: 'hbbft' | 'pbft';
  /** Without those who produce now. */
  readonly recovery?: boolean;
}

const USUAL: Wanted = {
  startFromEpoch: 1_000,
  epochTickMs: 1_000,
  tickMs: 20_000,
  tickCount: 10,
  // Every proposal, so that real threshold cryptography is at work in each epoch.
  encryption: 0,
};

export interface Requested {
  readonly reqId: string;
  /** Once this trx is final the change has succeeded. */
  readonly trxId: string;
}

/** What is said of somebody in a group, under which they post and produce. */
export async function pubkeyOf(person: Person, groupId: string): Promise<string> {
  const { groups } = (await person.api('/api/v1/groups')).body;
  return groups.find((group: { group_id: string }) => group.group_id === groupId).user_pubkey;
}

export const pubkeysOf = (people: readonly Person[], groupId: string): Promise<string[]> =>
  Promise.all(people.map((person) => pubkeyOf(person, groupId)));

async function hasTrx(person: Person, groupId: string, trxId: string): Promise<boolean> {
  return (await person.api(`/api/v1/trx/${groupId}/${trxId}/status`)).body.status === 'Committed';
}

/** These announce themselves as producers; resolves when the owner's node has it from a block. */
export async function announceProducers(owner: Person, groupId: string, candidates: readonly Person[]): Promise<void> {
  for (const candidate of candidates) {
    const announcement = { group_id: groupId, action: 'add', type: 'producer', memo: '' };
    const { status, body } = await candidate.api('/api/v1/group/announce', announcement);
    expect(status, JSON.stringify(body)).toBe(200);
    await expect.poll(() => hasTrx(owner, groupId, body.trx_id)).toBe(true);
  }
}

/** The owner asks for the producers with these keys; what comes of it is for the caller to look at. */
export async function askForProducers(
  owner: Person,
  groupId: string,
  pubkeys: readonly string[],
  wanted: Wanted = {},
): Promise<Requested> {
  const { startFromEpoch, epochTickMs, tickMs, tickCount, encryption, engine, recovery } = { ...USUAL, ...wanted };
  const { status, body } = await owner.api('/api/v1/group/updconsensus', {
    group_id: groupId,
    producer_pubkey: pubkeys,
    start_from_epoch: startFromEpoch,
    trx_epoch_tick: epochTickMs,
    agreement_tick_length: tickMs,
    agreement_tick_count: tickCount,
    ...(encryption !== undefined && { encryption }),
    ...(engine && { engine }),
    ...(recovery && { recovery }),
  });
  expect(status, JSON.stringify(body)).toBe(200);
  return { reqId: body.req_id, trxId: body.trx_id };
}

/** Resolves when all of these people's nodes are under the change. */
export async function changeIsFinal(people: readonly Person[], groupId: string, { trxId }: Requested): Promise<void> {
  for (const person of people) await expect.poll(() => hasTrx(person, groupId, trxId), { timeout: CHANGE_TIMEOUT_MS }).toBe(true);
}

/** All of it: these people, the owner among them or not, make the blocks from now on, and `everybody` knows. */
export async function appoint(
  owner: Person,
  groupId: string,
  producers: readonly Person[],
  everybody: readonly Person[],
  wanted: Wanted = {},
): Promise<Requested> {
  await announceProducers(
    owner,
    groupId,
    producers.filter((person) => person !== owner),
  );
  const requested = await askForProducers(owner, groupId, await pubkeysOf(producers, groupId), wanted);
  await changeIsFinal(everybody, groupId, requested);
  return requested;
}
