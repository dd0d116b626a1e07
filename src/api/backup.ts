import type { OpenAPIHono } from '@hono/zod-openapi';
import { NodeError, type NodeService } from '../node/service.ts';
import { LIMITS } from '../records/index.ts';
import { addEndpoint, endpoints, z } from './endpoint.ts';

/** A backup's contents in base64, its keystores, and what stands around them. */
export const RESTORE_BODY_BYTES = Math.ceil(LIMITS.backupBytes * 1.4) + LIMITS.backupGroups * 1024;

const backupSchema = z
  .object({
    format: z.literal('sett-backup'),
    version: z.literal(1),
    kdf: z.literal('scrypt'),
    kdfparams: z.object({ n: z.int(), r: z.int(), p: z.int(), salt: z.string() }),
    keys: z.array(z.record(z.string(), z.unknown()).openapi({ description: 'Ethereum keystore, version 3' })),
    contents: z.string(),
  })
  .openapi('Backup');

const passphrase = z
  .string()
  .max(LIMITS.passphraseMaxChars)
  .openapi({ description: 'At least 8 characters; nobody can open the file without it' });

const restoredSchema = z
  .object({
    groups: z.array(
      z.object({ group_id: z.string(), group_name: z.string(), outcome: z.enum(['restored', 'present', 'other-key']) }),
    ),
  })
  .openapi('Restored');

export const BACKUP_ENDPOINTS = endpoints({
  backup: {
    method: 'get',
    path: '/api/v1/backup',
    summary: 'The one-file backup; the passphrase stands in a header, because addresses end up in logs',
    query: z.object({ blocks: z.enum(['true', 'false']).optional() }),
    headers: z.object({
      'sett-passphrase': z
        .string('is missing')
        .openapi({ description: 'The passphrase in UTF-8, percent-encoded (encodeURIComponent)' }),
    }),
    answer: backupSchema,
  },
  makeBackup: {
    method: 'post',
    path: '/api/v1/backup',
    summary: 'The one-file backup, for callers that can send no headers',
    body: z.object({ passphrase, blocks: z.boolean().optional() }),
    answer: backupSchema,
  },
  restore: {
    method: 'post',
    path: '/api/v1/restore',
    summary: 'Take in the groups of a backup; those that are here already stay as they are',
    body: z.object({ passphrase, backup: z.record(z.string(), z.unknown()) }),
    answer: restoredSchema,
  },
});

/** All keys and seeds in one file under a passphrase, and back. */
export function addBackupRoutes(router: OpenAPIHono, service: NodeService): void {
  const make = async (secret: string, blocks: boolean) => {
    const backup = await service.backup({ passphrase: secret, blocks });
    return { ...backup, keys: backup.keys.map((key) => ({ ...key })) };
  };
  addEndpoint(router, BACKUP_ENDPOINTS.backup, ({ query, headers }) =>
    make(decodeHeader(headers['sett-passphrase']), query.blocks === 'true'),
  );
  addEndpoint(router, BACKUP_ENDPOINTS.makeBackup, ({ body }) => make(body.passphrase, body.blocks === true));
  addEndpoint(router, BACKUP_ENDPOINTS.restore, async ({ body }) => ({
    groups: (await service.restore(body.backup, body.passphrase)).map(({ groupId, groupName, outcome }) => ({
      group_id: groupId,
      group_name: groupName,
      outcome,
    })),
  }));
}

function decodeHeader(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new NodeError('bad-input', 'Sett-Passphrase: not percent-encoded UTF-8', {}, { cause: error });
  }
}
