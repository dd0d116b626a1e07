/** What a seed URL claims, for people to look at before they join. Nothing here is verified: the node does that on joining. */
export interface SeedPreview {
  readonly groupName: string;
  readonly ownerPubkey: string;
  readonly encryption: 'public' | 'private';
}

/** Turns what was pasted, linked or handed over by the browser into a `rum://seed?…` text: white space and a `web+` prefix go. */
export function normalizeSeed(text: string): string {
  const bare = text.replace(/\s+/gu, '').replace(/^web\+rum:/iu, 'rum:');
  const link = /#\/join\/(.+)$/u.exec(bare)?.[1];
  if (link === undefined || !/^https?:/iu.test(bare)) return bare;
  try {
    return normalizeSeed(decodeURIComponent(link));
  } catch {
    return bare;
  }
}

/** Undefined unless the text has the outer form of a seed with a name and an owner. */
export function previewSeed(text: string): SeedPreview | undefined {
  const seed = normalizeSeed(text);
  const query = /^rum:\/\/seed\/?\?(.+)$/iu.exec(seed)?.[1];
  if (query === undefined) return undefined;
  const fields = new URLSearchParams(query);
  const groupName = fields.get('a');
  const ownerPubkey = fields.get('k');
  if (!groupName || !ownerPubkey) return undefined;
  return { groupName, ownerPubkey, encryption: fields.get('e') === '1' ? 'private' : 'public' };
}

/** The page link that opens the join dialog with this seed. Everything after `#` stays out of server logs. */
export function joinLink(pageUrl: string, seed: string): string {
  const url = new URL(pageUrl);
  return `${url.origin}${url.pathname}#/join/${encodeURIComponent(seed)}`;
}

/** Whether a page at this address can be opened from this computer only. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || /^127\./u.test(hostname) || hostname === '[::1]';
}
