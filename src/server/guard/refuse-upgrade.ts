import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Answers a request that wanted to become a WebSocket, and ends its socket, whose owner could keep its half open for ever. */
export function refuseUpgrade(socket: Duplex, status: number, body: { readonly type: string; readonly text: string }): void {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}`,
    'Connection: close',
    `Content-Type: ${body.type}`,
    `Content-Length: ${Buffer.byteLength(body.text)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body.text}`, () => socket.destroy());
}
