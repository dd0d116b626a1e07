import { type ChildProcess, spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const SERVER = fileURLToPath(new URL('./testing/defective-server.ts', import.meta.url));
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function start(guarded: boolean) {
  const child = spawn(process.execPath, [SERVER, guarded ? '1' : '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  let output = '';
  const [port = 0, webPort = 0] = await new Promise<number[]>((resolve) => {
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      const found = /ports (\d+) (\d+)\n/.exec(output)?.slice(1);
      if (found !== undefined) resolve(found.map(Number));
    });
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { port, webPort, exited, output: () => output, hasExited: () => child.exitCode !== null };
}

function open(port: number): { socket: Socket; closed: Promise<void> } {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  return { socket, closed: new Promise((resolve) => socket.once('close', () => resolve())) };
}

const says = (socket: Socket, word: string) =>
  new Promise<string>((resolve) => {
    socket.once('data', (data) => resolve(data.toString()));
    socket.write(word);
  });

describe('an error that nobody catches', () => {
  it('ends the socket that it came from, and neither the process nor another socket', async () => {
    const server = await start(true);
    const honest = open(server.port);
    expect(await says(honest.socket, 'hello')).toBe('hello');
    for (const word of ['sync', 'timer', 'rejection', 'textless', 'unheard']) {
      const bad = open(server.port);
      bad.socket.write(word);
      await bad.closed;
      expect(await says(honest.socket, 'hello'), word).toBe('hello');
    }
    expect(server.hasExited()).toBe(false);
    for (const word of ['sync', 'timer', 'rejection'])
      expect(server.output()).toContain(`A defect, please report it: Error: ${word}`);
    honest.socket.destroy();
  });

  it('ends the connection whose request met it, and no other', async () => {
    const server = await start(true);
    const ask = (target: string) => {
      const asking = open(server.webPort);
      asking.socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
      return asking;
    };
    const honest = ask('/');
    await new Promise((resolve) => honest.socket.once('data', resolve));
    for (const word of ['sync', 'timer', 'rejection']) await ask(`/${word}`).closed;
    const again = new Promise<string>((resolve) => honest.socket.once('data', (data) => resolve(data.toString())));
    honest.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await again).toContain('200 OK');
    honest.socket.destroy();
  });

  it('ends a process that is not guarded', async () => {
    for (const word of ['sync', 'timer', 'rejection', 'unheard']) {
      const server = await start(false);
      open(server.port).socket.write(word);
      expect(await server.exited, word).not.toBe(0);
    }
  });
});
