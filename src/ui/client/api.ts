import type { Notice } from '../../node/view.ts';
import type { SettClient } from '../../page/index.ts';
import { parseExact, stringifyExact } from '../../records/json.ts';
import type { ContentItemJson, PostId } from '../logic/feed-model.ts';
import type {
  AnnounceItemJson,
  BlockJson,
  FullProofJson,
  LiveConsensusJson,
  ProofJson,
  ProvenFaultJson,
  RestoredJson,
  TrxJson,
  TrxStatusJson,
  VerdictJson,
} from './records.ts';

/** A call that the node refused or could not answer; `code` keys the message catalogue. */
export class ApiError extends Error implements Notice {
  readonly code: string;
  readonly params: Readonly<Record<string, string | number>>;
  constructor(code: string, message: string, params: Readonly<Record<string, string | number>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiError';
    this.code = code;
    this.params = params;
  }
}

/** Whatever was thrown, as something that can be shown. */
export function asNotice(error: unknown): Notice {
  if (error instanceof ApiError) return error;
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}

type Params = Readonly<Record<string, string | number>>;

const readJson = (response: Response): Promise<unknown> => response.json();
/** For what people posted: their integers may be beyond 2^53. */
const readExact = async (response: Response): Promise<unknown> => parseExact(await response.text());

async function call<T>(client: SettClient, path: string, init?: RequestInit, read = readJson): Promise<T> {
  let response: Response;
  try {
    response = await client.api(path, init);
  } catch (error) {
    throw new ApiError('network-failed', error instanceof Error ? error.message : String(error), {}, { cause: error });
  }
  const body = await read(response).catch(() => undefined);
  if (response.ok) return body as T;
  const fields = (typeof body === 'object' && body !== null ? body : {}) as {
    code?: unknown;
    message?: unknown;
    params?: Params;
  };
  throw new ApiError(
    typeof fields.code === 'string' ? fields.code : `http-${response.status}`,
    typeof fields.message === 'string' ? fields.message : `The node answered ${response.status}.`,
    fields.params,
  );
}

function post<T>(client: SettClient, path: string, body: unknown): Promise<T> {
  return call<T>(client, path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: stringifyExact(body) });
}

export interface ContentRequest {
  readonly num: number;
  /** Only posts before this one. */
  readonly before?: PostId;
}

export interface Announcement {
  readonly action: 'add' | 'remove';
  readonly type: 'user' | 'producer';
  readonly memo: string;
}

/** What the owner asks for; lengths of time in milliseconds. */
export interface ChangeRequest {
  readonly producers: readonly string[];
  readonly startFromEpoch: number;
  readonly intervalMs: number;
  readonly tickMs: number;
  readonly ticks: number;
  readonly memo: string;
  readonly engine: string;
  readonly encryption: number;
  readonly recovery: boolean;
}

/** The routes that the interface uses, typed. Each rejects with {@link ApiError}. */
export function createApi(client: SettClient) {
  const id = encodeURIComponent;
  return {
    createGroup: (group: {
      name: string;
      appKey: string;
      encryption: 'public' | 'private';
    }): Promise<{ seed: string; group_id: string }> =>
      post(client, '/api/v1/group', {
        group_name: group.name,
        consensus_type: 'poa',
        encryption_type: group.encryption,
        app_key: group.appKey,
      }),
    joinGroup: (seed: string): Promise<{ group_id: string }> => post(client, '/api/v2/group/join', { seed }),
    seed: (groupId: string): Promise<{ seed: string }> => call(client, `/api/v1/group/${id(groupId)}/seed`),
    /** With a trx id of one's own making a call that is made twice is still one post. */
    post: (groupId: string, data: unknown, trxId: string): Promise<{ trx_id: string }> =>
      post(client, `/api/v1/group/${id(groupId)}/content`, { data, trx_id: trxId }),
    discard: (groupId: string, trxId: string): Promise<unknown> =>
      post(client, `/api/v1/trx/${id(groupId)}/${id(trxId)}/discard`, {}),
    startSync: (groupId: string): Promise<unknown> => post(client, `/api/v1/group/${id(groupId)}/startsync`, {}),
    contents: (groupId: string, request: ContentRequest): Promise<readonly ContentItemJson[]> => {
      const query = new URLSearchParams({ num: String(request.num), reverse: 'true' });
      if (request.before !== undefined) {
        query.set('starttrx', request.before.trxId);
        query.set('startpublisher', request.before.publisher);
      }
      return call(client, `/app/api/v1/group/${id(groupId)}/content?${query}`, undefined, readExact);
    },
    /** The readable content of one post; undefined if this node has none for it. */
    content: async (groupId: string, trxId: string): Promise<ContentItemJson | undefined> => {
      const query = new URLSearchParams({ num: '1', starttrx: trxId, includestarttrx: 'true' });
      const items = await call<ContentItemJson[]>(
        client,
        `/app/api/v1/group/${id(groupId)}/content?${query}`,
        undefined,
        readExact,
      );
      return items.find((item) => item.TrxId === trxId);
    },
    announce: (groupId: string, announcement: Announcement): Promise<{ trx_id: string }> =>
      post(client, '/api/v1/group/announce', { group_id: groupId, ...announcement }),
    announcedProducers: async (groupId: string): Promise<readonly AnnounceItemJson[]> =>
      (await call<{ producers: AnnounceItemJson[] }>(client, `/api/v1/group/${id(groupId)}/announced/producers`)).producers,
    announcedUsers: async (groupId: string): Promise<readonly AnnounceItemJson[]> =>
      (await call<{ users: AnnounceItemJson[] }>(client, `/api/v1/group/${id(groupId)}/announced/users`)).users,
    /** Public keys of those whom the owner has admitted to a private group. */
    admittedUsers: async (groupId: string): Promise<readonly string[]> =>
      (await call<{ users: { UserPubkey: string }[] }>(client, `/api/v1/group/${id(groupId)}/users`)).users.map(
        ({ UserPubkey }) => UserPubkey,
      ),
    updateUser: (groupId: string, pubkey: string, action: 'add' | 'remove'): Promise<{ trx_id: string }> =>
      post(client, '/api/v1/group/upduser', { group_id: groupId, user_pubkey: pubkey, action, memo: '' }),
    changeConsensus: (groupId: string, request: ChangeRequest): Promise<{ trx_id: string }> =>
      post(client, '/api/v1/group/updconsensus', {
        group_id: groupId,
        producer_pubkey: request.producers,
        start_from_epoch: request.startFromEpoch,
        trx_epoch_tick: request.intervalMs,
        agreement_tick_length: request.tickMs,
        agreement_tick_count: request.ticks,
        memo: request.memo,
        engine: request.engine,
        encryption: request.encryption,
        recovery: request.recovery,
      }),
    abandonChange: (groupId: string, reqId: string): Promise<unknown> =>
      post(client, `/api/v1/group/${id(groupId)}/consensus/change/abandon`, { req_id: reqId }),
    liveConsensus: (groupId: string): Promise<LiveConsensusJson> => call(client, `/api/v1/group/${id(groupId)}/consensus/live`),
    provenFaults: async (groupId: string): Promise<readonly ProvenFaultJson[]> =>
      (await call<{ faults: ProvenFaultJson[] }>(client, `/api/v1/group/${id(groupId)}/consensus/faults`)).faults,
    proofHistory: async (groupId: string): Promise<readonly ProofJson[]> =>
      (await call<{ proofs: ProofJson[] }>(client, `/api/v1/group/${id(groupId)}/consensus/proof/history`)).proofs,
    proof: (groupId: string, reqId: string): Promise<FullProofJson> =>
      call(client, `/api/v1/group/${id(groupId)}/consensus/proof/${id(reqId)}`),
    block: (groupId: string, blockId: number): Promise<BlockJson> => call(client, `/api/v1/block/${id(groupId)}/${blockId}`),
    trx: (groupId: string, trxId: string): Promise<TrxJson> => call(client, `/api/v1/trx/${id(groupId)}/${id(trxId)}`),
    receipt: (groupId: string, trxId: string): Promise<unknown> =>
      call(client, `/api/v1/trx/${id(groupId)}/${id(trxId)}/receipt`),
    verify: (seed: string, receipt: unknown): Promise<VerdictJson> => post(client, '/api/v1/tools/verify', { seed, receipt }),
    backup: (passphrase: string, blocks: boolean): Promise<unknown> => post(client, '/api/v1/backup', { passphrase, blocks }),
    restore: (backup: unknown, passphrase: string): Promise<{ readonly groups: readonly RestoredJson[] }> =>
      post(client, '/api/v1/restore', { backup, passphrase }),
    /** Where a trx stands; its block, once it is final. */
    trxStatus: (groupId: string, trxId: string): Promise<TrxStatusJson> =>
      call(client, `/api/v1/trx/${id(groupId)}/${id(trxId)}/status`),
  };
}

export type Api = ReturnType<typeof createApi>;
