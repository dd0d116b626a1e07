import type { OpenAPIHono } from '@hono/zod-openapi';
import { stringifyExact } from '../../records/index.ts';
import { jsonText } from '../endpoint.ts';
import { interfaceDocument } from '../openapi.ts';
import { DOCS_POLICY, docsPage } from './page.ts';
import { DOCS_SCRIPT } from './script.ts';
import { DOCS_STYLE } from './style.ts';

const file = (text: string, contentType: string): Response =>
  new Response(text, {
    headers: {
      'content-type': `${contentType}; charset=utf-8`,
      'cache-control': 'no-cache',
      'content-security-policy': `${DOCS_POLICY}; frame-ancestors 'none'`,
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
    },
  });

/** The interface described: for programs as `/openapi.json`, for people as `/docs`, where calls can be tried. Added after all routes. */
export function addDocsRoutes(router: OpenAPIHono): void {
  // The description is made when somebody first asks: it takes a while, and few ask.
  let made: { readonly json: string; readonly page: string } | undefined;
  const texts = () => {
    if (made === undefined) {
      const document = interfaceDocument(router);
      made = { json: stringifyExact(document), page: docsPage(document) };
    }
    return made;
  };
  router.get('/openapi.json', () => jsonText(texts().json, 200));
  router.get('/docs', () => file(texts().page, 'text/html'));
  router.get('/docs/page.css', () => file(DOCS_STYLE, 'text/css'));
  router.get('/docs/page.js', () => file(DOCS_SCRIPT, 'text/javascript'));
}
