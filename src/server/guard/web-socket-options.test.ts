import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { FOR_STRANGERS, webSocketOptions } from './web-socket-options.ts';

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

it('does not wait long for whoever answers no goodbye', { timeout: 20_000 }, async () => {
  const sockets = new WebSocketServer(webSocketOptions(1024));
  const web = createServer();
  web.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head, (webSocket) => webSocket.close()));
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const silent = connect((web.address() as AddressInfo).port, '127.0.0.1');
  silent.resume();
  silent.write(
    'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const startMs = performance.now();
  await new Promise((resolve) => silent.once('close', resolve));
  expect(performance.now() - startMs).toBeLessThan(2 * FOR_STRANGERS.closeTimeout);
  sockets.close();
  web.close();
});
