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

/** More marks on one letter than any script has: they would cover the posts around. */
const STACK = /(\p{M}{8})\p{M}+/gu;

/** A post's text without towers of combining marks. */
export function withoutStacks(text: string): string {
  return text.replace(STACK, '$1');
}

/** How much of a long text is shown before the reader asks for more. */
export interface Clamp {
  readonly chars: number;
  readonly lines: number;
}
const BODY_CLAMP: Clamp = { chars: 1000, lines: 16 };
export const TITLE_CLAMP: Clamp = { chars: 200, lines: 3 };
/** A tail of a few words is not worth a button. */
const TAIL_SHARE = 0.2;
/** How far back a cut looks for the end of a word. */
const WORD_CHARS = 80;

/** The first part of a long text, cut at a word where one is near; undefined if the text is short enough to show whole. */
export function clampText(text: string, { chars, lines }: Clamp = BODY_CLAMP): string | undefined {
  let end = -1;
  for (let line = 0, at = 0; line < lines; line++) {
    at = text.indexOf('\n', at) + 1;
    if (at === 0) break;
    if (line === lines - 1 && text.slice(at).trim() !== '') end = at - 1;
  }
  if (end === -1 || end > chars) {
    if (text.length <= chars * (1 + TAIL_SHARE)) return end === -1 ? undefined : text.slice(0, end);
    const space = text.lastIndexOf(' ', chars);
    end = space > chars - WORD_CHARS ? space : chars;
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

/**
 * Cuts a text into plain parts and links. Only http and https become links, and a link always shows its whole address: as it was written, or with its host
 * in ASCII (`xn--…`) where it could be taken for another.
 */
export function linkify(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const address = withoutTrailing(match[0]);
    const href = httpAddress(address);
    if (href === undefined) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: hasPlainHost(address) ? address : href, href });
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

const HOST = /^https?:\/\/([^/?#]*?)(?::\d*)?(?:[/?#]|$)/i;
const IPV6 = /^\[[\da-f:.]+\]$/i;
/** Latin as far as its accents are seen at a glance. */
const LATIN_LABEL = /^[\dA-Za-zÀ-ÖØ-öø-ÿ-]*$/;
/** Scripts without letters that look Latin. None may stand beside Latin: some of these look like a slash or a hyphen there. */
const EAST_ASIAN_LABEL = /^[\d\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]*$/u;

/** Whether a host reads as what it is. Cyrillic, Greek, Armenian and Cherokee words can look entirely Latin, so whatever is not listed here counts as a disguise. */
function hasPlainHost(address: string): boolean {
  const host = HOST.exec(address)?.[1];
  if (host === undefined) return false;
  return IPV6.test(host) || host.split('.').every((label) => LATIN_LABEL.test(label) || EAST_ASIAN_LABEL.test(label));
}

function httpAddress(text: string): string | undefined {
  // Invisible marks inside an address make it look like another one.
  if (text.search(INVISIBLE) !== -1) return undefined;
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.username || url.password) return undefined;
  return url.href;
}
