import type { ProducerView } from '../../node/view.ts';
import { AGREEMENT_LIMITS, LIMITS } from '../../records/limits.ts';
import { faultyLimit, quorum } from '../../records/quorum.ts';
import type { ChangeRequest } from '../client/api.ts';

/** What the owner writes into the form; numbers as they stand in their fields. */
export interface ChangeForm {
  readonly producers: readonly string[];
  readonly interval: string;
  readonly encryption: 'always' | 'never' | 'some';
  readonly encryptionEvery: string;
  readonly engine: string;
  readonly tick: string;
  readonly ticks: string;
  /** Empty: as soon as the change is through. */
  readonly start: string;
  readonly memo: string;
}

export type ChangeField = 'producers' | 'interval' | 'encryption' | 'tick' | 'ticks' | 'start';

export interface ChangeProblem {
  readonly field: ChangeField;
  readonly code: 'empty' | 'tooMany' | 'interval' | 'encryption' | 'tick' | 'ticks' | 'start';
}

/** Slow tabs on slow lines make it in one attempt, and all ten take less than two minutes. */
const DEFAULT_TICK_MS = 10_000;
/** Epochs that may pass between the form and the agreement's start. */
const START_MARGIN_EPOCHS = 5;
const NEVER = 1;

/** The form as it opens: everything as it is now. */
export function changeFormOf(now: {
  readonly producers: readonly string[];
  readonly intervalMs: number;
  readonly encryption: number;
  readonly engine: string;
}): ChangeForm {
  const { encryption } = now;
  return {
    producers: now.producers,
    interval: String(now.intervalMs),
    encryption: encryption === 0 ? 'always' : encryption === NEVER ? 'never' : 'some',
    encryptionEvery: String(Math.max(encryption, 2)),
    engine: now.engine,
    tick: String(DEFAULT_TICK_MS),
    ticks: String(AGREEMENT_LIMITS.ticksMin),
    start: '',
    memo: '',
  };
}

/** Whom the form opens with: those who produce now, as far as they can be chosen. */
export function producersToAsk(
  now: readonly Pick<ProducerView, 'pubkey' | 'link' | 'hasLostLog'>[],
  choosable: ReadonlySet<string>,
  recovery: boolean,
): string[] {
  // A recovery is for those who are still here; who has lost its log is, though no producer has a stream to it.
  const isGone = ({ link, hasLostLog }: (typeof now)[number]): boolean => link === 'away' && !hasLostLog;
  return now.filter((producer) => choosable.has(producer.pubkey) && !(recovery && isGone(producer))).map(({ pubkey }) => pubkey);
}

const whole = (text: string): number => (/^\s*\d{1,15}\s*$/.test(text) ? Number(text) : Number.NaN);
const isBetween = (value: number, min: number, max = Number.MAX_SAFE_INTEGER): boolean => value >= min && value <= max;

/** The first thing that is wrong with the form, in the order of its fields. `epoch`: the one that the group is in. */
export function changeProblem(form: ChangeForm, epoch: number): ChangeProblem | undefined {
  const { tickMinMs, tickMaxMs, ticksMin, ticksMax, epochTickMinMs, epochTickMaxMs } = AGREEMENT_LIMITS;
  if (form.producers.length === 0) return { field: 'producers', code: 'empty' };
  if (form.producers.length > LIMITS.producers) return { field: 'producers', code: 'tooMany' };
  if (!isBetween(whole(form.interval), epochTickMinMs, epochTickMaxMs)) return { field: 'interval', code: 'interval' };
  if (form.encryption === 'some' && !isBetween(whole(form.encryptionEvery), 2, 0xffff_ffff)) {
    return { field: 'encryption', code: 'encryption' };
  }
  if (!isBetween(whole(form.tick), tickMinMs, tickMaxMs)) return { field: 'tick', code: 'tick' };
  if (!isBetween(whole(form.ticks), ticksMin, ticksMax)) return { field: 'ticks', code: 'ticks' };
  if (form.start.trim() !== '' && !isBetween(whole(form.start), epoch + 1)) return { field: 'start', code: 'start' };
  return undefined;
}

/** The request that a form without problems stands for. */
export function changeRequestOf(form: ChangeForm, epoch: number, recovery: boolean): ChangeRequest {
  const encryption = { always: 0, never: NEVER, some: whole(form.encryptionEvery) }[form.encryption];
  return {
    producers: form.producers,
    startFromEpoch: form.start.trim() === '' ? epoch + START_MARGIN_EPOCHS : whole(form.start),
    intervalMs: whole(form.interval),
    tickMs: whole(form.tick),
    ticks: whole(form.ticks),
    memo: form.memo.trim(),
    engine: form.engine,
    encryption,
    recovery,
  };
}

/** What a choice of producers means. */
export interface ChangeMeaning {
  readonly producers: number;
  /** How many may fail. */
  readonly faulty: number;
  readonly needed: number;
  readonly added: readonly string[];
  readonly leftOut: readonly string[];
  /** Chosen and not here. */
  readonly missing: readonly string[];
  readonly isOwnerOut: boolean;
  /** All attempts together; NaN while the fields hold no numbers. */
  readonly agreementMs: number;
}

export function changeMeaning(
  form: ChangeForm,
  now: { readonly producers: readonly string[]; readonly ownerPubkey: string; readonly isHere: (pubkey: string) => boolean },
): ChangeMeaning {
  const chosen = new Set(form.producers);
  const count = chosen.size;
  return {
    producers: count,
    faulty: count === 0 ? 0 : faultyLimit(count),
    needed: count === 0 ? 0 : quorum(count),
    added: form.producers.filter((pubkey) => !now.producers.includes(pubkey)),
    leftOut: now.producers.filter((pubkey) => !chosen.has(pubkey)),
    missing: form.producers.filter((pubkey) => !now.isHere(pubkey)),
    isOwnerOut: count > 0 && !chosen.has(now.ownerPubkey),
    agreementMs: whole(form.tick) * whole(form.ticks),
  };
}
