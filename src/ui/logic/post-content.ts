/** What a post's JSON says to a reader. Peers may send any JSON: known shapes become text, all others a readable listing. */
export type PostContent =
  | { readonly kind: 'note'; readonly title: string | undefined; readonly text: string }
  | { readonly kind: 'unknown'; readonly json: string };

type Json = unknown;

function isObject(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: Json): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** JSON text is parsed; anything that is no JSON text stays as it is. */
export function parseJson(value: Json): Json {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/**
 * Reads ActivityStreams (`Create`/`Add` of a `Note` and its kin, or the object alone); a string is a note too.
 * `content` is the JSON text of a post or the value it parses to.
 */
export function readPost(content: Json): PostContent {
  const value = parseJson(content);
  if (typeof value === 'string') return { kind: 'note', title: undefined, text: value };
  if (isObject(value)) {
    const object = isObject(value.object) ? value.object : value;
    const body = text(object.content) ?? text(object.summary);
    const title = text(object.name) ?? text(object.title);
    if (body !== undefined || title !== undefined)
      return { kind: 'note', title: body === undefined ? undefined : title, text: body ?? title ?? '' };
    if (object.type === 'Note' && object.content === '') return { kind: 'note', title: undefined, text: '' };
  }
  return { kind: 'unknown', json: listing(value) };
}

/** Indented JSON; total also for what a test or a hostile page might pass. */
export function listing(value: Json): string {
  try {
    return JSON.stringify(value, null, 2) ?? String(value);
  } catch {
    return String(value);
  }
}

/** The ActivityStreams object that the composer posts. `id` is a UUID of its own, not the trx id. */
export function makePost(content: string, id: string): { type: 'Create'; object: { type: 'Note'; content: string; id: string } } {
  return { type: 'Create', object: { type: 'Note', content, id } };
}
