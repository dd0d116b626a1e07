/** What `bench/engine.ts` opens: starts the worker and hands its report over. */
import type { EngineReport } from '../../../bench/engine/measure.ts';
import type { WorkerWord } from './worker.ts';

export interface EngineWindow extends Window {
  /** Here at the end. */
  engineReport?: EngineReport;
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }: MessageEvent<WorkerWord>) => {
  if ('line' in data) console.log(data.line);
  else (window as EngineWindow).engineReport = data.report;
};
worker.onerror = ({ message }) => console.error(message);
worker.postMessage(new URLSearchParams(location.search).get('producers')?.split(',').map(Number));
