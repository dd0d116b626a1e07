import { html } from 'hono/html';
import type { InterfaceDocument } from '../openapi.ts';
import { exampleOf, nameOf, type Schema, shapeOf } from './shape.ts';

/** Nothing from elsewhere, nothing inline. It stands in the page too: a service worker passes on no headers. */
export const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses?: Readonly<Record<string, Content>>;
}

const jsonOf = (content: Content | undefined): Schema | undefined => content?.content?.['application/json']?.schema;

/** The description as a page; every text in it is escaped. */
export function docsPage(document: InterfaceDocument): string {
  const schemas = (document.components?.schemas ?? {}) as Readonly<Record<string, Schema>>;
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Readonly<Record<string, Operation>>).map(([method, operation]) => ({ path, method, operation })),
  );
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${DOCS_POLICY}">
<meta name="viewport" content="width=device-width">
<title>${document.info.title}: REST interface</title>
<link rel="stylesheet" href="/docs/page.css">
<script src="/docs/page.js" defer></script>
</head>
<body>
<header>
<h1>${document.info.title}: REST interface</h1>
<p>${document.info.description} For programs: <a href="/openapi.json">openapi.json</a>, version ${document.info.version}.</p>
<label>Token <small>Needed on another machine than the node’s only. It is kept in this page and nowhere else.</small>
<input id="token" autocomplete="off" spellcheck="false"></label>
</header>
<main>
<h2>Calls</h2>
${operations.map(({ path, method, operation }) => routeOf(path, method, operation, schemas))}
<h2>Names</h2>
${Object.entries(schemas).map(([name, schema]) => html`<details id="schema-${name}"><summary><code>${name}</code></summary><pre>${shapeOf(schema)}</pre></details>`)}
</main>
</body>
</html>
`;
  return String(page);
}

function routeOf(path: string, method: string, operation: Operation, schemas: Readonly<Record<string, Schema>>) {
  const body = jsonOf(operation.requestBody);
  const answer = unfolded(jsonOf(operation.responses?.['200']), schemas);
  const example =
    body &&
    JSON.stringify(
      exampleOf(body, (name) => schemas[name]),
      undefined,
      2,
    );
  return html`<details id="${operation.operationId}">
<summary><b class="${method}">${method.toUpperCase()}</b> <code>${path}</code><span>${operation.summary}</span></summary>
${body === undefined ? '' : html`<p>Takes</p><pre>${shapeOf(unfolded(body, schemas))}</pre>`}
${
  answer === undefined
    ? html`<p>Answers events without end, for <code>EventSource</code></p></details>`
    : html`<p>Answers</p><pre>${shapeOf(answer)}</pre>
<form data-method="${method.toUpperCase()}" data-path="${path}">
${(operation.parameters ?? []).map(fieldOf)}
${example === undefined ? '' : html`<label>Body <textarea name="body" data-in="body" rows="${example.split('\n').length + 1}" spellcheck="false">${example}</textarea></label>`}
<button>Call</button>
<output aria-live="polite"></output>
</form>
</details>`
}`;
}

/** A named schema in its parts; the names in it stay, and stand at the end of the page. */
function unfolded(schema: Schema | undefined, schemas: Readonly<Record<string, Schema>>): Schema | undefined {
  const named = schema?.$ref === undefined ? undefined : schemas[nameOf(schema.$ref)];
  if (named !== undefined) return unfolded(named, schemas);
  return schema?.items === undefined ? schema : { ...schema, items: unfolded(schema.items, schemas) ?? {} };
}

function fieldOf({ name, in: place, required, schema }: Parameter) {
  return html`<label>${name} <small>${place}: ${shapeOf(schema)}</small>
<input name="${name}" data-in="${place}" autocomplete="off" spellcheck="false"${required ? html` required` : ''}></label>`;
}
