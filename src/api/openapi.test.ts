import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { NodeService } from '../node/service.ts';
import { openApiDocument } from './description.ts';
import { createRouter } from './router.ts';

const router = createRouter({} as NodeService, { version: '' });
const committed: unknown = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8'));

describe('the description of the interface', () => {
  test('is committed as it is generated (npm run openapi writes it)', () => {
    expect(JSON.parse(JSON.stringify(openApiDocument()))).toEqual(committed);
  });

  test('is what every node answers', async () => {
    const answer = await router.request('/openapi.json');
    expect([answer.status, await answer.json()]).toEqual([200, committed]);
  });

  test('gives every route an id of its own, and every parameter of a path its field', () => {
    const operations = Object.entries(openApiDocument().paths ?? {}).flatMap(([path, item]) =>
      Object.values(item as Record<string, { operationId?: string; parameters?: { name: string; in: string }[] }>).map(
        (operation) => ({ path, ...operation }),
      ),
    );
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.every((id) => id !== undefined)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, parameters = [] } of operations) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(named);
    }
  });

  test('is a page on which every call can be tried, with no inline script and nothing from elsewhere', async () => {
    const answer = await router.request('/docs');
    const page = await answer.text();
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(answer.headers.get('x-frame-options')).toBe('DENY');
    for (const path of Object.keys(openApiDocument().paths ?? {})) {
      // A stream without end is nothing for a button.
      expect(page.includes(`data-path="${path}"`), path).toBe(path !== '/api/v1/events');
      expect(page).toContain(`<code>${path}</code>`);
    }
    expect(page).not.toMatch(
      /<script(?! src="\/docs\/page\.js" defer>)|<style|\son\w+=|(?:src|href)="(?!\/(?:docs\/|openapi\.json))/,
    );
    expect(page).not.toContain('[object');
    for (const [path, type] of [
      ['/docs/page.js', 'text/javascript; charset=utf-8'],
      ['/docs/page.css', 'text/css; charset=utf-8'],
    ] as const) {
      expect((await router.request(path)).headers.get('content-type')).toBe(type);
    }
    const script = await (await router.request('/docs/page.js')).text();
    expect(() => new Function(script)).not.toThrow();
  });
});
