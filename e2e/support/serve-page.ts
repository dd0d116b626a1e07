/** A page of one's own in a real browser, when the test needs no relay. */
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { buildPage } from './build-page.ts';

export interface ServedPage {
  readonly origin: string;
  close(): Promise<void>;
}

/** Builds `e2e/pages/<name>` and serves it on a free port of 127.0.0.1: an origin, hence a storage, of its own. */
export async function servePage(name: string): Promise<ServedPage> {
  const directory = await buildPage(name);
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const file = pathname === '/' ? '/index.html' : pathname;
    const type = file.endsWith('.html') ? 'text/html' : 'text/javascript';
    try {
      const content = await readFile(path.join(directory, file));
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The page’s server has no port.');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}
