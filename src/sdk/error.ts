/** A refusal. `code` is stable (see the list of codes); `message` says what happened and what to do. */
export class SettError extends Error {
  /** HTTP status; 0: no node was reached. */
  readonly status: number;
  readonly code: string;
  readonly params: Readonly<Record<string, string | number>>;

  constructor(
    status: number,
    refusal: { readonly code: string; readonly message: string; readonly params?: Readonly<Record<string, string | number>> },
    options?: ErrorOptions,
  ) {
    super(refusal.message, options);
    this.name = 'SettError';
    this.status = status;
    this.code = refusal.code;
    this.params = refusal.params ?? {};
  }
}
