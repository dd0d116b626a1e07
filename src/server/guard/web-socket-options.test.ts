import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { webSocketOptions } from './web-socket-options.ts';

const MESSAGES = 500;

it('lets others have their turn between the messages of one socket', async () => {
  const sockets = new WebSocketServer(webSocketOptions(1024));
  const web = createServer();
  const turns: number[] = [];
  const allCame = new Promise<void>((resolve) => {
    web.on('upgrade', (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        let came = 0;
        webSocket.on('message', () => {
          came++;
          const before = came;
          setImmediate(() => turns.push(came - before));
          if (came === MESSAGES) setImmediate(resolve);
        });
      }),
    );
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const client = new WebSocket(`ws://127.0.0.1:${(web.address() as AddressInfo).port}`);
  await new Promise((resolve) => client.once('open', resolve));
  for (let index = 0; index < MESSAGES; index++) client.send('x');
  await allCame;
  client.terminate();
  sockets.close();
  web.close();
  expect(Math.max(...turns)).toBeLessThanOrEqual(1);
});
