import { NodeError } from './service.ts';

/** Runs tasks one after another: everything that changes a group goes through its mailbox, so that no two changes interleave. */
export class Mailbox {
  readonly #afterFailure: () => Promise<void>;
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @param afterFailure clears up what a task that failed has begun, before the next one runs */
  constructor(afterFailure: () => Promise<void> = async () => {}) {
    this.#afterFailure = afterFailure;
  }

  /** Resolves or rejects as the task does. After {@link close} tasks are refused. */
  run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new NodeError('stopped', 'This node is being closed. Try again when it runs again.'));
    const result = this.#tail.then(task);
    this.#tail = result.catch(() => this.#afterFailure().catch(() => {}));
    return result;
  }

  /** Lets the tasks that were handed in finish and refuses further ones. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#tail;
  }
}
