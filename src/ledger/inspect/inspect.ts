import { verifySeed } from '../../crypto/index.ts';
import {
  fromBase64,
  fromHex,
  isJsonObject,
  type JsonValue,
  parseExact,
  parseSeed,
  RecordError,
  type Seed,
  SeedError,
} from '../../records/index.ts';
import { checkRecord } from './checks.ts';
import { type Finding, Findings } from './findings.ts';
import { kindOfJson, type RecordKind, recognizeBytes, strangeMembers } from './kinds.ts';

/** Any record, in any of its forms, decoded and verified as far as it goes by itself. */
export interface Inspection {
  readonly kind: RecordKind | 'seed' | undefined;
  readonly form: 'seed' | 'JSON' | 'protobuf' | undefined;
  /** In its JSON form. */
  readonly record: JsonValue | undefined;
  /** What was decrypted, by the place where it stands. */
  readonly contents: Readonly<Record<string, JsonValue>>;
  readonly findings: readonly Finding[];
  /** Something signed is there, and all of it verifies. */
  readonly isValid: boolean;
}

const LOOKS_LIKE_SEED = /^(?:rum:|web\+rum:|seed\/?\?|https?:\/\/)/i;
const HEX = /^(?:[0-9a-f]{2})+$/i;

/**
 * Decodes and verifies: a seed URL, JSON, protobuf, or protobuf in hex or base64. Total: whatever the input, it answers.
 * @param seed its group's seed, whose signature holds: with it encrypted contents are checked too, and receipts can be
 */
export function inspectRecord(input: Uint8Array, seed?: Seed): Inspection {
  const text = textOf(input);
  if (text !== undefined && LOOKS_LIKE_SEED.test(text)) return inspectSeed(text);
  if (text !== undefined && /^[[{"]/.test(text)) return inspectJson(text, seed);
  const bytes = (text && ((HEX.test(text) ? fromHex(text) : undefined) ?? fromBase64(text))) || input;
  const found = recognizeBytes(bytes);
  if (!found)
    return nothing(
      'These bytes are no record that is known here: no seed, trx, block, announcement, request, response, bundle or receipt.',
    );
  const findings = new Findings();
  if (!found.isWhole)
    findings.notCovered(
      found.kind,
      'The bytes hold more than the record, or are not in its one encoding; no signature covers the difference.',
    );
  return finish(findings, { kind: found.kind, form: 'protobuf', record: found.message.toJson(found.record) }, found.record, seed);
}

/** The text that some bytes are, without blanks around it; undefined if they are none. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
  } catch {
    return undefined;
  }
}

function nothing(message: string, form?: Inspection['form']): Inspection {
  const findings: Finding[] = [{ state: 'invalid', at: 'input', message }];
  return { kind: undefined, form, record: undefined, contents: {}, findings, isValid: false };
}

function finish(
  findings: Findings,
  what: Pick<Inspection, 'form' | 'record'> & { readonly kind: RecordKind },
  record: object,
  seed: Seed | undefined,
): Inspection {
  const contents: Record<string, JsonValue> = {};
  checkRecord(what.kind, record, { findings, seed, contents });
  return { ...what, contents, findings: findings.all, isValid: findings.isValid };
}

function inspectJson(text: string, seed: Seed | undefined): Inspection {
  let json: unknown;
  try {
    json = parseExact(text);
  } catch {
    return nothing('It begins like JSON, and is none: it was cut or changed.', 'JSON');
  }
  if (typeof json === 'string') return inspectRecord(new TextEncoder().encode(json), seed);
  if (isJsonObject(json) && json.format === 'sett-backup')
    return nothing('This is a backup. It is encrypted under its passphrase: restore it to see what it holds.', 'JSON');
  const found = kindOfJson(json);
  if (!found) return nothing('This JSON is no record that is known here.', 'JSON');
  let record: object;
  try {
    record = found.message.fromJson(json);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    return nothing(`It looks like a ${found.kind}, and is none: ${error.message}.`, 'JSON');
  }
  const findings = new Findings();
  for (const place of strangeMembers(found.message, json, found.kind))
    findings.notCovered(place, 'It is no field of the record; no signature covers it.');
  return finish(findings, { kind: found.kind, form: 'JSON', record: found.message.toJson(record) }, record, seed);
}

/** What the genesis block does not hold, its owner has not signed. */
const UNSIGNED_PARTS: readonly (readonly [part: string, what: string])[] = [
  ['c', 'the cipher key'],
  ['e', 'whether the group is private'],
  ['a', 'its name'],
  ['y', 'its app key'],
  ['u', 'where its members are found'],
];

function inspectSeed(text: string): Inspection {
  const findings = new Findings();
  let seed: Seed;
  try {
    seed = parseSeed(text);
  } catch (error) {
    if (error instanceof SeedError) return nothing(error.message, 'seed');
    throw error;
  }
  findings.check(verifySeed(seed), 'seed', {
    holds: `The genesis block of group ${seed.groupId} is signed by its owner ${seed.ownerPubkey}.`,
    not: 'The signature is not that of the owner over the genesis block: something was changed.',
  });
  for (const [part, what] of UNSIGNED_PARTS) findings.notCovered(`seed.${part}`, `No signature covers ${what}.`);
  const { cipherKey: _secret, signature: _signature, genesisTimeNs, ...rest } = seed;
  const record = { ...rest, genesisTimeNs: genesisTimeNs.toString() };
  return { kind: 'seed', form: 'seed', record, contents: {}, findings: findings.all, isValid: findings.isValid };
}
