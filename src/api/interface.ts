import type { ANNOUNCEMENT_ENDPOINTS } from './announcements.ts';
import type { APP_CONFIG_ENDPOINTS } from './app-config.ts';
import type { BACKUP_ENDPOINTS } from './backup.ts';
import type { BLOCK_ENDPOINTS } from './blocks.ts';
import type { CHANGE_ENDPOINTS } from './changes.ts';
import type { CONSENSUS_ENDPOINTS } from './consensus.ts';
import type { CONTENT_ENDPOINTS } from './contents.ts';
import type { z } from './endpoint.ts';
import type { GROUP_ENDPOINTS } from './groups.ts';
import type { NETWORK_ENDPOINTS } from './network.ts';
import type { RECEIPT_ENDPOINTS } from './receipts.ts';
import type { RULE_ENDPOINTS } from './rules.ts';
import type { TOKEN_ENDPOINTS } from './tokens.ts';
import type { TOOL_ENDPOINTS } from './tools.ts';
import type { USER_ENDPOINTS } from './users.ts';

/** Every route by its id, as types only: what a program gives and gets follows from the schemas that check it. */
export type Interface = typeof GROUP_ENDPOINTS &
  typeof CONTENT_ENDPOINTS &
  typeof BLOCK_ENDPOINTS &
  typeof RECEIPT_ENDPOINTS &
  typeof CONSENSUS_ENDPOINTS &
  typeof CHANGE_ENDPOINTS &
  typeof ANNOUNCEMENT_ENDPOINTS &
  typeof USER_ENDPOINTS &
  typeof RULE_ENDPOINTS &
  typeof APP_CONFIG_ENDPOINTS &
  typeof NETWORK_ENDPOINTS &
  typeof TOOL_ENDPOINTS &
  typeof TOKEN_ENDPOINTS &
  typeof BACKUP_ENDPOINTS;

type Part<Spec, Name extends string> = Spec extends { readonly [N in Name]: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : unknown;

/** What travels as text may be given as a number or a boolean. */
type AsText<T> = { [Name in keyof T]: T[Name] extends string | undefined ? T[Name] | number | boolean : T[Name] };

type Plain<T> = { [Name in keyof T]: T[Name] };

/** What a call takes: the fields of path, query, headers and body together, whose names differ; or the body alone, where that is a list. */
export type CallInput<Id extends keyof Interface> =
  Part<Interface[Id], 'body'> extends infer Items extends readonly unknown[]
    ? Readonly<Items>
    : Plain<
        AsText<Part<Interface[Id], 'params'>> &
          AsText<Part<Interface[Id], 'query'>> &
          Part<Interface[Id], 'headers'> &
          Part<Interface[Id], 'body'>
      >;

/** What a call answers with 200. Integers beyond 2^53 are bigints. */
export type CallAnswer<Id extends keyof Interface> = z.output<Interface[Id]['answer']>;
