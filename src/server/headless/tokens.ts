/** The tokens of a headless node: JSON Web Tokens under HMAC-SHA-256 with a key of this node's own. */
import { sign, verify } from 'hono/jwt';
import { type NewToken, ROLES, type Role, type TokenIssuer } from '../../api/index.ts';
import { NodeError } from '../../node/index.ts';
import { HTTP_LIMITS } from './limits.ts';

const ALGORITHM = 'HS256';
const TOKEN_CHARS_MAX = 8 * 1024;

/** Who calls by a token, and what for. */
export interface TokenClaims {
  readonly name: string;
  readonly role: Role;
  /** Of the role `node`: the groups that it may touch. */
  readonly allowGroups: readonly string[];
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** What is kept of tokens: until when those of a name are worth nothing, in seconds since 1970, with fractions. */
export interface Revocations {
  /** Undefined: no token of this name was revoked. */
  untilOf(name: string): number | undefined;
  /** Resolves once it is kept for good. */
  set(name: string, untilSeconds: number): Promise<void>;
}

export class Tokens implements TokenIssuer {
  readonly #key: string;
  readonly #nowMs: () => number;
  readonly #revocations: Revocations;

  constructor(key: Uint8Array, nowMs: () => number, revocations: Revocations) {
    // The library takes a text as the key's bytes.
    this.#key = Buffer.from(key).toString('base64url');
    this.#nowMs = nowMs;
    this.#revocations = revocations;
  }

  async create(token: NewToken): Promise<string> {
    const nowMs = this.#nowMs();
    if (token.expiresAtMs <= nowMs) throw new NodeError('bad-input', 'expires_at: lies in the past', { field: 'expires_at' });
    if (token.expiresAtMs > nowMs + HTTP_LIMITS.tokenMs) {
      throw new NodeError('bad-input', 'expires_at: more than ten years from now', { field: 'expires_at' });
    }
    const { name, role, allowGroups } = token;
    // In milliseconds, of which times in tokens may have fractions (RFC 7519, NumericDate). One that is made in the moment of a revocation comes after it.
    const iat = Math.max(nowMs, this.#revokedUntilMs(name) + 1) / 1_000;
    return sign({ name, role, allowGroups, iat, exp: seconds(token.expiresAtMs) }, this.#key, ALGORITHM);
  }

  revoke(name: string): Promise<void> {
    // Later than the revocation before: a token that was made in between, in the same moment, ends too.
    return this.#revocations.set(name, Math.max(this.#nowMs(), this.#revokedUntilMs(name) + 1) / 1_000);
  }

  async refresh(token: string | undefined): Promise<string> {
    const claims = token === undefined ? undefined : await this.read(token);
    if (claims === undefined) {
      throw new NodeError('bad-input', 'Send the token that is to be made anew: Authorization: Bearer, or ?jwt=.');
    }
    return this.create({ ...claims, expiresAtMs: this.#nowMs() + claims.expiresAtMs - claims.issuedAtMs });
  }

  /** What a token says, or undefined if it is not one of this node's, or was revoked, or is not valid any more. */
  async read(token: string): Promise<TokenClaims | undefined> {
    if (token.length > TOKEN_CHARS_MAX || !isCanonical(token)) return undefined;
    let payload: Record<string, unknown>;
    try {
      // Times are checked below, on our own clock.
      payload = await verify(token, this.#key, { alg: ALGORITHM, exp: false, iat: false, nbf: false });
    } catch {
      return undefined;
    }
    const { name, role, allowGroups, iat, exp } = payload;
    // Signed by us, so of this form; a later version's may differ.
    if (typeof name !== 'string' || !ROLES.includes(role as Role) || !isTexts(allowGroups)) return undefined;
    if (typeof iat !== 'number' || typeof exp !== 'number') return undefined;
    const claims = { name, role: role as Role, allowGroups, issuedAtMs: milliseconds(iat), expiresAtMs: milliseconds(exp) };
    return this.isGood(claims) ? claims : undefined;
  }

  /** Whether what a token said holds now. */
  isGood({ name, issuedAtMs, expiresAtMs }: TokenClaims): boolean {
    return expiresAtMs > this.#nowMs() && issuedAtMs > this.#revokedUntilMs(name);
  }

  #revokedUntilMs(name: string): number {
    const until = this.#revocations.untilOf(name);
    return until === undefined ? Number.NEGATIVE_INFINITY : milliseconds(until);
  }
}

/** Three texts of base64url, each in its one form: a token that could be written in several ways could not be told from another by its text. */
function isCanonical(token: string): boolean {
  const parts = token.split('.');
  return parts.length === 3 && parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1_000);
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
