import { isJsonObject, parseExact } from '../../records/json.ts';

/** What a post's JSON says to a reader. Peers may send any bytes: known shapes become text, all others a readable listing, and what is no JSON is marked so. */
export type PostContent =
  | { readonly kind: 'note'; readonly title: string | undefined; readonly text: string }
  | { readonly kind: 'unknown'; readonly json: string }
  | { readonly kind: 'unreadable'; readonly text: string };

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Reads the value of a post: ActivityStreams (`Create`/`Add` of a `Note` and its kin, or the object alone); a string is a note too, whatever it looks like. */
export function readPost(value: unknown): PostContent {
  if (typeof value === 'string') return { kind: 'note', title: undefined, text: value };
  if (isJsonObject(value)) {
    const object = isJsonObject(value.object) ? value.object : value;
    const body = text(object.content) ?? text(object.summary);
    const title = text(object.name) ?? text(object.title);
    if (body !== undefined || title !== undefined)
      return { kind: 'note', title: body === undefined ? undefined : title, text: body ?? title ?? '' };
    if (object.type === 'Note' && object.content === '') return { kind: 'note', title: undefined, text: '' };
  }
  return { kind: 'unknown', json: listing(value) };
}

/** Reads an item of the content route. */
export function readContent({ Content, Unreadable }: { readonly Content: unknown; readonly Unreadable?: boolean }): PostContent {
  return Unreadable ? { kind: 'unreadable', text: String(Content) } : readPost(Content);
}

/** Reads the JSON text of an own post. */
export function readPostText(json: string): PostContent {
  let value: unknown;
  try {
    value = parseExact(json);
  } catch {
    // An older version of this app took it.
    return { kind: 'unreadable', text: json };
  }
  return readPost(value);
}

/** A listing is for people: of a post that is larger they see the beginning. */
const LISTING_CHARS = 300_000;
const INDENT = '  ';

/** Indented JSON of a value of JSON, exact, cut where it is too long; total also for what a test or a hostile page might pass. */
export function listing(value: unknown): string {
  const parts: string[] = [];
  let left = LISTING_CHARS;
  const add = (part: string): void => {
    parts.push(part.slice(0, Math.max(0, left)));
    left -= part.length;
  };
  const list = (entries: readonly (readonly [label: string, value: unknown])[], brackets: string, indent: string): void => {
    add(brackets.charAt(0));
    for (const [place, [label, entry]] of entries.entries()) {
      // Indentation grows with depth: a small post may have a very long listing.
      if (left <= 0) return;
      add(`${place === 0 ? '' : ','}\n${indent}${INDENT}${label}`);
      show(entry, indent + INDENT);
    }
    add(`${entries.length === 0 ? '' : `\n${indent}`}${brackets.charAt(1)}`);
  };
  const show = (one: unknown, indent: string): void => {
    if (left <= 0) return;
    if (Array.isArray(one))
      list(
        one.map((element) => ['', element]),
        '[]',
        indent,
      );
    else if (isJsonObject(one))
      list(
        Object.entries(one).map(([name, member]) => [`${JSON.stringify(name)}: `, member]),
        '{}',
        indent,
      );
    else add(typeof one === 'bigint' ? String(one) : (JSON.stringify(one) ?? String(one)));
  };
  show(value, '');
  return `${parts.join('')}${left < 0 ? '…' : ''}`;
}

/** The ActivityStreams object that the composer posts. `id` is a UUID of its own, not the trx id. */
export function makePost(content: string, id: string): { type: 'Create'; object: { type: 'Note'; content: string; id: string } } {
  return { type: 'Create', object: { type: 'Note', content, id } };
}
