/** Stops a page's or a worker's thread where it stands, until the test lets it go on: it waits for an answer, synchronously. */
import { createServer, type ServerResponse } from 'node:http';
import type { Page, Worker } from '@playwright/test';

export interface Freezer {
  /** Resolves when the thread stands still, with a function that lets it go on. */
  freeze(thread: Page | Worker): Promise<() => void>;
  close(): Promise<void>;
}

export async function startFreezer(): Promise<Freezer> {
  const arrivals: ((response: ServerResponse) => void)[] = [];
  const server = createServer((_request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    arrivals.shift()?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The freezer has no port.');
  const url = `http://127.0.0.1:${address.port}/`;
  return {
    async freeze(thread) {
      const arrived = new Promise<ServerResponse>((resolve) => arrivals.push(resolve));
      const wait = (url: string) => {
        const request = new XMLHttpRequest();
        request.open('GET', url, false);
        request.send();
      };
      // Ends when the thread goes on, or with the page.
      const stopped = 'workers' in thread ? thread.evaluate(wait, url) : thread.evaluate(wait, url);
      stopped.catch(() => {});
      const response = await arrived;
      return () => void response.end();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
