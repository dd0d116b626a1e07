/** Handling of text that strangers wrote: it is shown as text, and can neither mislead by invisible marks nor flood the page. */

/** Bytes of a text as UTF-8. */
export function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
const NAME_CHARS = 100;

/**
 * A name fit for one line: control, format (bidi overrides, zero-width marks) and unassigned characters go, runs of combining
 * marks and of space are shortened, at most 100 characters stay. Empty if nothing visible is left.
 */
export function displayName(name: string): string {
  const visible = name
    .slice(0, NAME_CHARS * 20)
    .replace(INVISIBLE, '')
    .replace(/(\p{M}{3})\p{M}+/gu, '$1')
    .replace(/\s+/gu, ' ')
    .trim();
  const characters = Array.from(visible);
  return characters.length > NAME_CHARS ? `${characters.slice(0, NAME_CHARS).join('')}…` : visible;
}

/** Start and end of a key or hash; short ones stay whole. */
export function shortKey(key: string, head = 6, tail = 4): string {
  return key.length <= head + tail + 1 ? key : `${key.slice(0, head)}…${key.slice(-tail)}`;
}

/** How much of a long text is shown before the reader asks for more. */
const CLAMP_CHARS = 1000;
const CLAMP_LINES = 16;

/** The first part of a long text, cut at a word where one is near; undefined if the text is short enough to show whole. */
export function clampText(text: string): string | undefined {
  let end = -1;
  for (let line = 0, at = 0; line < CLAMP_LINES; line++) {
    at = text.indexOf('\n', at) + 1;
    if (at === 0) break;
    if (line === CLAMP_LINES - 1 && text.slice(at).trim() !== '') end = at - 1;
  }
  if (end === -1 || end > CLAMP_CHARS) {
    // A tail of a few words is not worth a button.
    if (text.length <= CLAMP_CHARS + 200) return end === -1 ? undefined : text.slice(0, end);
    const space = text.lastIndexOf(' ', CLAMP_CHARS);
    end = space > CLAMP_CHARS - 80 ? space : CLAMP_CHARS;
    // Never cut a surrogate pair in two.
    if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end--;
  }
  return text.slice(0, end);
}

export interface TextPart {
  readonly text: string;
  /** Where a click goes: an http or https address in normal form. */
  readonly href?: string;
}

const LINK = /\bhttps?:\/\/[^\s<>"'`{}|\\^]{1,2000}/giu;
const TRAILING = new Set('.,;:!?)]}\'"»”’');

/** Cuts a text into plain parts and links. Only http and https become links, and a link always shows its whole address. */
export function linkify(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const address = withoutTrailing(match[0]);
    const href = httpAddress(address);
    if (href === undefined) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** Punctuation after an address is the sentence's, but a bracket that was opened inside the address belongs to it. */
function withoutTrailing(address: string): string {
  let unopened = 0;
  for (const character of address) unopened += character === ')' ? 1 : character === '(' ? -1 : 0;
  let end = address.length;
  for (; end > 0; end--) {
    const last = address.charAt(end - 1);
    if (!TRAILING.has(last) || (last === ')' && unopened <= 0)) break;
    if (last === ')') unopened--;
  }
  return address.slice(0, end);
}

function httpAddress(text: string): string | undefined {
  // Invisible marks inside an address make it look like another one.
  if (text.search(INVISIBLE) !== -1) return undefined;
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.username || url.password) return undefined;
  return url.href;
}
