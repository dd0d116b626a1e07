import type { OpenAPIHono } from '@hono/zod-openapi';
import { ethAddress, verifySeed } from '../crypto/index.ts';
import { NodeError } from '../node/service.ts';
import { Block, genesisBlock, LIMITS, parseSeed, type Seed, SeedError, toHex } from '../records/index.ts';
import { addEndpoint, endpoints, z } from './endpoint.ts';
import { publicKey, recordSchema } from './fields.ts';

const groupSeedSchema = z
  .object({
    genesis_block: recordSchema('Block', 'A block with its trxs and seals'),
    group_id: z.string(),
    group_name: z.string(),
    owner_pubkey: publicKey,
    consensus_type: z.literal('poa'),
    encryption_type: z.enum(['public', 'private']),
    cipher_key: z.string(),
    app_key: z.string(),
    signature: z.string(),
  })
  .openapi('GroupSeed');

/** Throws NodeError `bad-seed` for what is no seed, or not as its owner signed it. */
export function readSeed(text: string): Seed {
  try {
    const seed = parseSeed(text);
    if (verifySeed(seed)) return seed;
  } catch (error) {
    if (error instanceof SeedError) throw new NodeError('bad-seed', error.message, {}, { cause: error });
    throw error;
  }
  throw new NodeError('bad-seed', 'The signature in this seed is not its owner’s: it was changed or cut. Ask for it again.');
}

export const TOOL_ENDPOINTS = endpoints({
  addressOf: {
    method: 'post',
    path: '/api/v1/tools/pubkeytoaddr',
    summary: 'The Ethereum address of a public key',
    body: z.object({ encoded_pubkey: publicKey }),
    answer: z.object({ addr: z.string() }).openapi('Address'),
  },
  extendSeed: {
    method: 'post',
    path: '/api/v1/tools/seedurlextend',
    summary: 'What a seed URL says, once its signature is found good',
    body: z.object({ seed: z.string().min(1).max(LIMITS.seedChars) }),
    answer: z.object({ seed: groupSeedSchema, urls: z.array(z.string()) }).openapi('ExtendedSeed'),
  },
});

/** Helpers that need no node, only their arguments. */
export function addToolRoutes(router: OpenAPIHono): void {
  addEndpoint(router, TOOL_ENDPOINTS.addressOf, ({ body }) => {
    const addr = ethAddress(body.encoded_pubkey);
    if (addr === undefined) {
      throw new NodeError('bad-input', 'encoded_pubkey: not a compressed secp256k1 key in base64url without padding');
    }
    return { addr };
  });
  addEndpoint(router, TOOL_ENDPOINTS.extendSeed, ({ body }) => {
    const seed = readSeed(body.seed);
    return {
      seed: {
        genesis_block: Block.toJson(genesisBlock(seed)),
        group_id: seed.groupId,
        group_name: seed.groupName,
        owner_pubkey: seed.ownerPubkey,
        consensus_type: seed.consensus,
        encryption_type: seed.encryption,
        cipher_key: toHex(seed.cipherKey),
        app_key: seed.appKey,
        signature: toHex(seed.signature),
      },
      urls: [...seed.urls],
    };
  });
}
