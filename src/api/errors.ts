import { HTTPException } from 'hono/http-exception';
import { NodeError, type NodeErrorCode } from '../node/service.ts';
import type { z } from './endpoint.ts';

const STATUS_OF_CODE: Readonly<Record<NodeErrorCode, number>> = {
  'bad-seed': 400,
  'bad-input': 400,
  'bad-backup': 400,
  'unknown-group': 404,
  'unknown-block': 404,
  'unknown-trx': 404,
  'unknown-proof': 404,
  'unknown-account': 404,
  'unknown-key': 404,
  'still-joined': 409,
  'too-large': 413,
  'not-allowed': 403,
  'storage-full': 507,
  fenced: 503,
  stopped: 409,
  'request-open': 409,
  'not-announced': 422,
  rejected: 422,
  unreachable: 502,
  unsupported: 422,
  internal: 500,
};

/** Of the statuses that the framework raises itself; everything else that it raises is a bad request. */
const CODE_OF_STATUS: Readonly<Record<number, string>> = { 413: 'too-large', 415: 'unsupported-media-type' };

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly params?: Readonly<Record<string, string | number>>;
  /** True if nobody foresaw it: the operator's log should have it. */
  readonly unexpected: boolean;
}

/** Maps whatever a handler threw to what the caller is told. Nothing of an unforeseen error's text goes out. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof NodeError) {
    return {
      status: STATUS_OF_CODE[error.code],
      code: error.code,
      message: error.message,
      ...(Object.keys(error.params).length > 0 && { params: error.params }),
      unexpected: error.code === 'internal',
    };
  }
  if (error instanceof HTTPException) {
    const code = CODE_OF_STATUS[error.status] ?? 'bad-input';
    const message =
      error.status === 415 ? 'The body must be JSON, with the header Content-Type: application/json.' : error.message;
    return { status: error.status, code, message, unexpected: false };
  }
  return {
    status: 500,
    code: 'internal',
    message: 'Something went wrong inside the node. Nothing acknowledged is lost; try again, and reload the page if it stays so.',
    unexpected: true,
  };
}

/** One sentence that names each field and what is wrong with it. */
export function describeIssues(error: z.ZodError): string {
  const parts = error.issues.map((issue) => {
    const field = issue.path.map(String).join('.') || 'body';
    return `${field}: ${issue.code === 'invalid_type' && issue.input === undefined && / received undefined$/.test(issue.message) ? 'is missing' : issue.message}`;
  });
  return parts.join('; ');
}
