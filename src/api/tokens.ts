import type { OpenAPIHono } from '@hono/zod-openapi';
import { NodeError } from '../node/service.ts';
import { addEndpoint, endpoints, z } from './endpoint.ts';
import { uuid } from './fields.ts';

export const ROLES = ['chain', 'node'] as const;
export type Role = (typeof ROLES)[number];

export interface NewToken {
  readonly name: string;
  /** `chain`: everything; `node`: what concerns the groups in `allowGroups`, and nothing else. */
  readonly role: Role;
  readonly allowGroups: readonly string[];
  readonly expiresAtMs: number;
}

/** Who makes and checks the tokens of calls from elsewhere. */
export interface TokenIssuer {
  create(token: NewToken): Promise<string>;
  /** A token like this one, valid from now on for as long as this one was made for. Rejects with a {@link NodeError}. */
  refresh(token: string | undefined): Promise<string>;
  /** Ends every token of this name that was made until now, those made anew from one of them included. */
  revoke(name: string): Promise<void>;
}

/** Longest name and most groups of a token: it travels in every call's head. */
const NAME_CHARS_MAX = 100;
const GROUPS_MAX = 50;

const tokenAnswer = z.object({ token: z.string() }).openapi('Token');

const name = z.string().min(1).max(NAME_CHARS_MAX);

const createBody = z
  .object({
    name,
    role: z.enum(ROLES),
    allow_groups: z.array(uuid).max(GROUPS_MAX).default([]),
    expires_at: z.iso.datetime({ offset: true, error: 'not a time such as 2030-01-31T12:00:00Z' }),
  })
  .refine(({ role, allow_groups }) => role === 'chain' || allow_groups.length > 0, {
    path: ['allow_groups'],
    error: 'the role node needs the groups that it is for',
  });

export const TOKEN_ENDPOINTS = endpoints({
  createToken: {
    method: 'post',
    path: '/app/api/v1/token/create',
    summary: 'Make a token with which programs elsewhere may call this node',
    body: createBody,
    answer: tokenAnswer,
  },
  refreshToken: {
    method: 'post',
    path: '/app/api/v1/token/refresh',
    summary: 'A token like the one that this call comes with, valid anew',
    answer: tokenAnswer,
  },
  revokeToken: {
    method: 'post',
    path: '/app/api/v1/token/revoke',
    summary: 'End all tokens of a name that were made until now',
    body: z.object({ name }),
    answer: z.object({ name: z.string() }).openapi('RevokedTokens'),
  },
});

/** Tokens for programs on other machines. @param issuer undefined where every caller is local: in a page */
export function addTokenRoutes(router: OpenAPIHono, issuer: TokenIssuer | undefined): void {
  const issuing = () => {
    if (issuer === undefined) throw new NodeError('unsupported', 'This node is in a page: whoever can call it needs no token.');
    return issuer;
  };
  addEndpoint(router, TOKEN_ENDPOINTS.createToken, async ({ body }) => {
    const { name, role, allow_groups: allowGroups } = body;
    return { token: await issuing().create({ name, role, allowGroups, expiresAtMs: Date.parse(body.expires_at) }) };
  });
  addEndpoint(router, TOKEN_ENDPOINTS.revokeToken, async ({ body }) => {
    await issuing().revoke(body.name);
    return { name: body.name };
  });
  addEndpoint(router, TOKEN_ENDPOINTS.refreshToken, async ({ token }) => ({ token: await issuing().refresh(token) }));
}
