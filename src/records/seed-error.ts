/**
 * What is wrong with a seed.
 * - `not-a-seed`: some other text · `too-long` · `bad-escape`: cut or mangled percent-encoding
 * - `missing-part`, `duplicate-part`: `part` names it
 * - `bad-version`, `unsupported-consensus`: a group that this software cannot take part in
 * - the rest: that part has the wrong form or length
 */
export type SeedErrorCode =
  | 'not-a-seed'
  | 'too-long'
  | 'bad-escape'
  | 'missing-part'
  | 'duplicate-part'
  | 'bad-version'
  | 'bad-encryption'
  | 'unsupported-consensus'
  | 'bad-consensus'
  | 'bad-cipher-key'
  | 'bad-group-id'
  | 'bad-owner-key'
  | 'bad-signature'
  | 'bad-time'
  | 'bad-group-name'
  | 'bad-app-key';

/** A text that is not a usable seed. The message is a sentence for the person who pasted it and holds no secret. */
export class SeedError extends Error {
  readonly code: SeedErrorCode;
  /** The one-letter name of the part, where it is known. */
  readonly part: string | undefined;
  constructor(code: SeedErrorCode, message: string, part?: string) {
    super(message);
    this.name = 'SeedError';
    this.code = code;
    this.part = part;
  }
}
