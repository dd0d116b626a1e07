/** Questions that were sent over a {@link Line} and have no answer yet, at most `limit` at a time. */
export class Pending<T> {
  readonly #limit: number;
  readonly #open = new Map<number, PromiseWithResolvers<T>>();
  #nextId = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.#open.size >= this.#limit;
  }

  /** Opens a question. The caller has asked {@link isFull} first. */
  open(): { readonly id: number; readonly answer: Promise<T> } {
    const id = this.#nextId++;
    const question = Promise.withResolvers<T>();
    this.#open.set(id, question);
    return { id, answer: question.promise };
  }

  /** An id that is not open (any more) is ignored: its answer came too late. Tells whether it was open. */
  resolve(id: number, value: T): boolean {
    const question = this.#take(id);
    question?.resolve(value);
    return question !== undefined;
  }

  reject(id: number, error: Error): void {
    this.#take(id)?.reject(error);
  }

  rejectAll(error: Error): void {
    for (const id of [...this.#open.keys()]) this.reject(id, error);
  }

  #take(id: number): PromiseWithResolvers<T> | undefined {
    const question = this.#open.get(id);
    this.#open.delete(id);
    return question;
  }
}
