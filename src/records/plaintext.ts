import { type JsonBounds, type JsonValue, parseExact } from './json.ts';
import { LIMITS } from './limits.ts';

/**
 * What a post holds. Any member can encrypt any bytes, so it is a value within bounds, or else text to look at: never text that may become a part of other text.
 */
export type Plaintext = { readonly value: JsonValue } | { readonly text: string };

const POST_BOUNDS: JsonBounds = { depth: LIMITS.postDepth, members: LIMITS.postMembers };

// A byte order mark is a character like any: dropped here and kept there, one post would be two.
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const displayDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The value of a post's JSON. Throws SyntaxError for what is no JSON within the bounds of a post, see {@link parseExact}. */
export function parsePost(text: string): JsonValue {
  return parseExact(text, POST_BOUNDS);
}

/** Total: what is no post as {@link parsePost} takes it, or no UTF-8, is text, with replacement characters for bytes that are none. */
export function readPlaintext(bytes: Uint8Array): Plaintext {
  try {
    return { value: parsePost(strictDecoder.decode(bytes)) };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    return { text: displayDecoder.decode(bytes) };
  }
}
