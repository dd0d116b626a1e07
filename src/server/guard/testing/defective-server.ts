/** A server with a defect of each kind, and the same over HTTP, in a process of its own: `0` as argument leaves it unguarded. Prints the ports. */
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { surviveDefects, traceEvents, traceRequests } from '../defects.ts';

const isGuarded = process.argv[2] !== '0';
if (isGuarded) surviveDefects((line) => console.log(line.split('\n', 1)[0]));

const DEFECTS: Readonly<Record<string, () => unknown>> = {
  sync: () => {
    throw new Error('sync');
  },
  timer: () =>
    setTimeout(() => {
      throw new Error('timer');
    }, 1),
  rejection: () => Promise.reject(new Error('rejection')),
  textless: () => Promise.reject(Object.create(null)),
};

const server = createServer((socket) => {
  if (isGuarded) traceEvents(socket, () => socket.destroy());
  socket.on('data', (data) => {
    const word = data.toString();
    if (word === 'hello') socket.write('hello');
    else if (word === 'unheard') socket.emit('error', new Error('unheard'));
    else DEFECTS[word]?.();
  });
});
const web = createHttpServer((request, response) => {
  DEFECTS[request.url?.slice(1) ?? '']?.();
  if (request.url === '/') response.end('hello');
});
if (isGuarded) traceRequests(web);
const portOf = (one: { address(): unknown }) => (one.address() as AddressInfo).port;
server.listen(0, '127.0.0.1', () => web.listen(0, '127.0.0.1', () => console.log(`ports ${portOf(server)} ${portOf(web)}`)));
