/** What a command of `npm run sett` is, and how it says what went wrong. */

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The whole text of `--help`. */
  readonly help: string;
  /**
   * Does it, and resolves with the exit code; standard output may still be on its way then. `args` are those after the command's name,
   * without `--help`, which is answered before. Rejects with {@link UsageError} or {@link OperatorError}; anything else is a defect.
   */
  run(args: readonly string[]): Promise<number>;
}

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
/** The command line was wrong: nothing has been done. */
export const EXIT_USAGE = 2;

/** What whoever runs the command has to mend, in words: a port in use, a file that cannot be read. */
export class OperatorError extends Error {
  override readonly name: string = 'OperatorError';
}

/** What is wrong with the command line, in words for who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
