import type { CDPSession, Page } from '@playwright/test';

interface Heap {
  /** Bytes in use after a collection, of the page and of each of its workers. */
  readonly page: number;
  readonly workers: number;
}

interface Attached {
  readonly sessionId: string;
  readonly targetInfo: { readonly type: string };
}

interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** Weighs the heap of a tab, its node's worker included, which is a target of its own to DevTools. */
export class HeapScale {
  readonly #session: CDPSession;
  readonly #workers = new Set<string>();
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  private constructor(session: CDPSession) {
    this.#session = session;
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }: Attached) => {
      if (targetInfo.type === 'worker') this.#workers.add(sessionId);
    });
    session.on('Target.detachedFromTarget', ({ sessionId }) => this.#workers.delete(sessionId));
    session.on('Target.receivedMessageFromTarget', ({ message }) => {
      const answer = JSON.parse(message) as Answer;
      if (answer.id === undefined) return;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  static async of(page: Page): Promise<HeapScale> {
    const session = await page.context().newCDPSession(page);
    const scale = new HeapScale(session);
    // Not flattened: sessions of workers are not to be had from Playwright otherwise.
    await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
    return scale;
  }

  get workers(): number {
    return this.#workers.size;
  }

  async #ask<T>(sessionId: string, method: string): Promise<T> {
    const id = ++this.#lastId;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    await this.#session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) });
    const { result, error } = await answered;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result as T;
  }

  async weigh(): Promise<Heap> {
    if (this.#workers.size === 0) throw new Error('This tab has no worker: its node runs elsewhere.');
    await this.#session.send('HeapProfiler.collectGarbage');
    const { usedSize: page } = await this.#session.send('Runtime.getHeapUsage');
    let workers = 0;
    for (const sessionId of this.#workers) {
      await this.#ask(sessionId, 'HeapProfiler.collectGarbage');
      workers += (await this.#ask<{ usedSize: number }>(sessionId, 'Runtime.getHeapUsage')).usedSize;
    }
    return { page, workers };
  }
}
