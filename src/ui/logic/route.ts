/** Where in the page one is: all of it in the fragment, so that no server ever sees a group id or a seed. */
export type Route =
  | { readonly screen: 'start' }
  | { readonly screen: 'create' }
  | { readonly screen: 'backup' }
  | { readonly screen: 'verify' }
  | { readonly screen: 'join'; readonly seed: string }
  | { readonly screen: 'feed'; readonly groupId: string }
  | { readonly screen: 'blocks'; readonly groupId: string; readonly top: number | undefined }
  | { readonly screen: 'block'; readonly groupId: string; readonly blockId: number }
  | { readonly screen: 'trx'; readonly groupId: string; readonly trxId: string }
  | { readonly screen: 'members'; readonly groupId: string }
  | { readonly screen: 'consensus'; readonly groupId: string }
  | { readonly screen: 'change'; readonly groupId: string; readonly recovery: boolean }
  | { readonly screen: 'unknown' };

function decode(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? '');
  } catch {
    return part ?? '';
  }
}

function wholeNumber(part: string | undefined): number | undefined {
  return part !== undefined && /^\d{1,15}$/.test(part) ? Number(part) : undefined;
}

export function parseRoute(hash: string): Route {
  const path = hash.replace(/^#\/?/u, '');
  // A seed may come undecoded from a protocol handler, slashes and all: everything after `join/` belongs to it.
  if (/^join(\/|$)/u.test(path)) return { screen: 'join', seed: decode(path.slice('join/'.length)) };
  const [first, id, page, detail, ...rest] = path.split('/');
  if (rest.length > 0) return { screen: 'unknown' };
  if (first === '' && id === undefined) return { screen: 'start' };
  if (first === 'create' && id === undefined) return { screen: 'create' };
  if ((first === 'backup' || first === 'verify') && id === undefined) return { screen: first };
  if (first !== 'group' || !id) return { screen: 'unknown' };
  const groupId = decode(id);
  if (page === undefined || page === '') return { screen: 'feed', groupId };
  if (page === 'members' && detail === undefined) return { screen: 'members', groupId };
  if (page === 'consensus' && detail === undefined) return { screen: 'consensus', groupId };
  if (page === 'consensus' && (detail === 'change' || detail === 'recover'))
    return { screen: 'change', groupId, recovery: detail === 'recover' };
  if (page === 'blocks') {
    const top = wholeNumber(detail);
    return detail !== undefined && top === undefined ? { screen: 'unknown' } : { screen: 'blocks', groupId, top };
  }
  const blockId = wholeNumber(detail);
  if (page === 'block' && blockId !== undefined) return { screen: 'block', groupId, blockId };
  if (page === 'trx' && detail) return { screen: 'trx', groupId, trxId: decode(detail) };
  return { screen: 'unknown' };
}

export const paths = {
  start: '#/',
  create: '#/create',
  backup: '#/backup',
  verify: '#/verify',
  /** No screen: the node's own page, which describes its interface. */
  docs: '/docs',
  join: '#/join',
  feed: (groupId: string): string => `#/group/${encodeURIComponent(groupId)}`,
  blocks: (groupId: string, top?: number): string => `${paths.feed(groupId)}/blocks${top === undefined ? '' : `/${top}`}`,
  block: (groupId: string, blockId: number): string => `${paths.feed(groupId)}/block/${blockId}`,
  members: (groupId: string): string => `${paths.feed(groupId)}/members`,
  consensus: (groupId: string): string => `${paths.feed(groupId)}/consensus`,
  change: (groupId: string): string => `${paths.consensus(groupId)}/change`,
  recover: (groupId: string): string => `${paths.consensus(groupId)}/recover`,
  trx: (groupId: string, trxId: string): string => `${paths.feed(groupId)}/trx/${encodeURIComponent(trxId)}`,
};
