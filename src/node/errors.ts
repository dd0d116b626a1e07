import { StoreError } from './ports.ts';
import { NodeError } from './service.ts';
import type { Notice } from './view.ts';

/** What an error of this machine means to a person. */
export function errorNotice(error: unknown): Notice {
  if (error instanceof StoreError) {
    switch (error.code) {
      case 'full':
        return {
          code: 'storage-full',
          message: 'The storage of this browser is full. Nothing is lost; free some space and the group goes on by itself.',
        };
      case 'fenced':
        return { code: 'fenced', message: 'Another tab of this profile has taken over.' };
      case 'closed':
      case 'failed':
        return {
          code: 'storage-failed',
          message: `The storage of this browser does not answer (${error.message}). Trying again.`,
        };
    }
  }
  const detail = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message: `Something went wrong inside this node: ${detail}. Trying again.` };
}

/** The same for the caller of the node's service. NodeErrors stay what they are. */
export function asNodeError(error: unknown): NodeError {
  if (error instanceof NodeError) return error;
  const notice = errorNotice(error);
  const code = notice.code === 'storage-full' || notice.code === 'fenced' ? notice.code : 'internal';
  return new NodeError(code, notice.message, {}, { cause: error });
}
