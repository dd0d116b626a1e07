import { initCrypto, initThreshold } from '../../src/crypto/index.ts';
import { hashRate, signatureRate } from '../calibration.ts';
import { EngineGroup, type GroupOptions } from './group.ts';

/** Runs where there is `performance`: in Node.js and in a browser's worker. */

export const PRODUCER_COUNTS: readonly number[] = [4, 7, 10, 16];

export interface EngineRow {
  readonly engine: 'hbbft' | 'pbft';
  readonly producers: number;
  readonly encryption: 'never' | 'always';
  /** `schedule`: a real coin in each third round; `always`: in every round. */
  readonly coin: 'schedule' | 'always';
  readonly trx_per_s: number;
  /** Of all engines together. */
  readonly ms_per_epoch: number;
  readonly cpu_ms_per_node_epoch: number;
  readonly messages_per_epoch: number;
  readonly kb_per_node_epoch: number;
  /** Of the node that sends most: a leader sends every body to everybody. */
  readonly kb_most_per_epoch: number;
  /** Messages one after the other until all have decided. */
  readonly message_delays: number;
  /** Epochs measured. */
  readonly epochs: number;
}

export interface EngineReport {
  readonly rows: readonly EngineRow[];
  readonly calibration: { readonly sha256_mb_per_s: number; readonly secp256k1_verify_per_s: number };
}

/** Until the compiler has done its work. */
const WARM_UP_MS = 1_000;
const WARM_UP_EPOCHS = 6;
/** The best of so many batches counts: other work on the machine makes a batch slower, never faster. */
const BATCHES = 5;
const BATCH_MS = 400;
const BATCH_EPOCHS = 3;

export interface MeasureOptions {
  readonly producers: readonly number[];
  /** Milliseconds of processor time of this process with all its threads, or of wall time where that is not to be had. */
  readonly cpuMs: () => number;
  readonly progress: (line: string) => void;
}

export async function measureEngine({ producers, cpuMs, progress }: MeasureOptions): Promise<EngineReport> {
  await Promise.all([initCrypto(), initThreshold()]);
  const calibration = { sha256_mb_per_s: 0, secp256k1_verify_per_s: 0 };
  const kinds = [
    { engine: 'hbbft', encrypted: false, alwaysTossCoin: false },
    { engine: 'hbbft', encrypted: true, alwaysTossCoin: false },
    { engine: 'hbbft', encrypted: false, alwaysTossCoin: true },
    { engine: 'pbft', encrypted: false, alwaysTossCoin: false },
  ] as const;
  const rows: EngineRow[] = [];
  for (const kind of kinds) {
    // The best of several, as of the batches: on a busy machine one moment says nothing about another.
    calibration.sha256_mb_per_s = Math.max(calibration.sha256_mb_per_s, hashRate(cpuMs));
    calibration.secp256k1_verify_per_s = Math.max(calibration.secp256k1_verify_per_s, await signatureRate(cpuMs));
    for (const count of producers) {
      const row = measureRow({ ...kind, producers: count }, cpuMs);
      rows.push(row);
      progress(`${nameOf(row)}: ${Math.round(row.trx_per_s).toLocaleString('en')} trx/s`);
    }
  }
  return { rows, calibration };
}

/** What tells a row from the others. */
export const nameOf = ({ engine, producers, encryption, coin }: EngineRow): string =>
  `${producers} producers, ${engine === 'pbft' ? 'PBFT' : `encryption ${encryption}, coin by ${coin}`}`;

interface Batch {
  /** Wall time, or the processor time of the whole process where that is less: then other work on the machine took the rest. */
  takenMs: number;
  cpuMs: number;
  epochs: number;
  trxs: number;
}

function measureRow(options: GroupOptions, cpuMs: () => number): EngineRow {
  const { producers } = options;
  const group = new EngineGroup(options);
  runBatch(group, WARM_UP_MS, WARM_UP_EPOCHS, cpuMs);
  const { messages, sentBytes } = group.traffic;
  const sentBy = [...group.traffic.sentBy];
  const batches = Array.from({ length: BATCHES }, () => runBatch(group, BATCH_MS, BATCH_EPOCHS, cpuMs));
  const epochs = batches.reduce((sum, batch) => sum + batch.epochs, 0);
  const best = batches.reduce((fastest, batch) =>
    batch.trxs / batch.takenMs > fastest.trxs / fastest.takenMs ? batch : fastest,
  );
  return {
    engine: options.engine,
    producers,
    encryption: options.encrypted ? 'always' : 'never',
    coin: options.alwaysTossCoin ? 'always' : 'schedule',
    trx_per_s: (1_000 * best.trxs) / best.takenMs,
    ms_per_epoch: best.takenMs / best.epochs,
    cpu_ms_per_node_epoch: Math.min(...batches.map((batch) => batch.cpuMs / batch.epochs)) / producers,
    messages_per_epoch: (group.traffic.messages - messages) / epochs,
    kb_per_node_epoch: (group.traffic.sentBytes - sentBytes) / 1024 / epochs / producers,
    kb_most_per_epoch: Math.max(...group.traffic.sentBy.map((bytes, index) => bytes - (sentBy[index] ?? 0))) / 1024 / epochs,
    message_delays: group.traffic.delays,
    epochs,
  };
}

/** Epochs until they have taken so long, and so many at least. Making trxs and comparing outputs is not counted. */
function runBatch(group: EngineGroup, leastMs: number, leastEpochs: number, cpuMs: () => number): Batch {
  const batch: Batch = { takenMs: 0, cpuMs: 0, epochs: 0, trxs: 0 };
  let wallMs = 0;
  while (batch.takenMs < leastMs || batch.epochs < leastEpochs) {
    group.prepare();
    const cpuBefore = cpuMs();
    const start = performance.now();
    group.run();
    wallMs += performance.now() - start;
    batch.cpuMs += cpuMs() - cpuBefore;
    batch.takenMs = Math.min(wallMs, batch.cpuMs);
    batch.epochs++;
    batch.trxs += group.compare();
  }
  return batch;
}
