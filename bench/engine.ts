import { chromium } from '@playwright/test';
import type { EngineWindow } from '../e2e/pages/engine/main.ts';
import { CHROMIUM_ARGS, ensureChromium } from '../e2e/support/chromium.ts';
import { servePage } from '../e2e/support/serve-page.ts';
import type { Benchmark, Figure } from './benchmark.ts';
import { type EngineReport, measureEngine, nameOf, PRODUCER_COUNTS } from './engine/measure.ts';

/** The same measurement in a worker of a page in Chromium. */
async function measureInBrowser(producers: readonly number[], progress: (line: string) => void): Promise<EngineReport> {
  const served = await servePage('engine');
  try {
    const browser = await chromium.launch({ executablePath: await ensureChromium(), args: [...CHROMIUM_ARGS] });
    try {
      const page = await browser.newPage();
      page.on('console', (line) => progress(`Chromium: ${line.text()}`));
      await page.goto(`${served.origin}/?producers=${producers.join()}`);
      const report = await page.waitForFunction(() => (window as EngineWindow).engineReport, undefined, {
        timeout: BROWSER_LIMIT_MS,
      });
      return (await report.jsonValue()) as EngineReport;
    } finally {
      await browser.close();
    }
  } finally {
    await served.close();
  }
}

const BROWSER_LIMIT_MS = 5 * 60_000;

const figuresOf = ({ rows }: EngineReport, place: string): Figure[] =>
  rows.flatMap((row) => {
    const name = `${place}, ${nameOf(row)}`;
    return [
      { name, value: row.trx_per_s, unit: 'trx/s' },
      { name: `${name}: until all have decided`, value: row.message_delays, unit: 'message delays' },
      { name: `${name}: sent by a node in an epoch, on average`, value: row.kb_per_node_epoch, unit: 'KiB' },
      { name: `${name}: sent by the node that sends most`, value: row.kb_most_per_epoch, unit: 'KiB' },
    ];
  });

/** What other implementations reach with the same work on one core of a machine of the kind that CI uses (trx/s). */
const KNOWN: readonly Figure[] = [
  ['Go, no coin, no encryption', [56_000, 26_000, 15_000, 6_000]] as const,
  ['Rust, encryption never', [80_000, 42_000, 26_000, 13_000]] as const,
  ['Rust, encryption always', [5_250, 1_287, 493, 138]] as const,
].flatMap(([name, values]) =>
  values.map((value, place) => ({ name: `${name}, ${PRODUCER_COUNTS[place]} producers`, value, unit: 'trx/s' })),
);

export const engine: Benchmark = {
  name: 'engine',
  sentence:
    'N engines in one thread with one queue between them, every message encoded and decoded, 1,000 trxs of 250 bytes an epoch; the best of five ' +
    'batches of epochs, by wall time or the whole process’s processor time, whichever is less. Trx signatures are not checked, the log is counted and not written. Reference: what other implementations reach.',
  async run({ progress, producers = PRODUCER_COUNTS, browser }) {
    const cpuMs = (): number => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    };
    const node = await measureEngine({ producers, cpuMs, progress });
    const chromiumReport = browser ? await measureInBrowser(producers, progress) : undefined;
    return {
      figures: [...figuresOf(node, 'Node.js'), ...(chromiumReport ? figuresOf(chromiumReport, 'Chromium') : [])],
      reference: KNOWN,
      json: chromiumReport ? { ...node, browser: chromiumReport } : node,
    };
  },
};
