/** The engine measured where a node runs: in a dedicated worker. A browser tells no processor time, so wall time stands for it. */
import { type EngineReport, measureEngine } from '../../../bench/engine/measure.ts';

/** What this worker says to its page. */
export type WorkerWord = { readonly line: string } | { readonly report: EngineReport };

const say = (word: WorkerWord): void => self.postMessage(word);

self.onmessage = async ({ data: producers }: MessageEvent<readonly number[]>) => {
  const report = await measureEngine({ producers, cpuMs: () => performance.now(), progress: (line) => say({ line }) });
  say({ report });
};
