/** Opening a port for HTTP, and saying what is wrong if it cannot be had. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OperatorError } from './commands/command.ts';

/** The port cannot be had. */
export class ListenError extends OperatorError {
  override readonly name = 'ListenError';
}

export interface ListenOptions {
  /** 0: any that is free. */
  readonly port: number;
  readonly host: string;
  /** The command that can be given another `--port`, as in `npm start`. */
  readonly example: string;
}

/** Resolves with the port. Rejects with {@link ListenError}. */
export async function listen(web: Server, options: ListenOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    // For good: a server whose `error` nobody hears ends the process.
    web.on('error', (error: NodeJS.ErrnoException) => reject(new ListenError(explain(error, options), { cause: error })));
    web.listen(options.port, options.host, resolve);
  });
  return (web.address() as AddressInfo).port;
}

function explain(error: NodeJS.ErrnoException, { port, host, example }: ListenOptions): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use. Stop the other program (is Sett running already?), or choose another port: ${example} -- --port ${port + 1}`;
    case 'EACCES':
      return `Port ${port} on ${host} needs special rights. Choose one above 1023: ${example} -- --port 8000`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine. Use --host 127.0.0.1, or --host 0.0.0.0 for all its addresses.`;
    default:
      return `Port ${port} on ${host} cannot be opened: ${error.message}`;
  }
}

/** An address to put into a URL for one that means "all of them". */
export function shownHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

export function joinHost(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
