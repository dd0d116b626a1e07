export type { Finding } from './findings.ts';
export { type Inspection, inspectRecord } from './inspect.ts';
