/** How many files, sockets among them, this process may have open. */
import { readFileSync } from 'node:fs';

/** What a process needs beside its sockets: files of the database, pipes, connections that it makes itself. */
const OTHER_FILES = 160;

/** The limit of this process, or undefined where the system does not tell. Node.js has raised it as far as it may at its start. */
export function openFilesLimit(): number | undefined {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined;
  }
}

/**
 * As many sockets as wished for each of a process's ports, or as many as the system leaves: a process without open files left can be reached by nobody.
 */
export function affordableSockets(wished: number, ports: number, limit = openFilesLimit()): number {
  return limit === undefined ? wished : Math.max(1, Math.min(wished, Math.floor((limit - OTHER_FILES) / ports)));
}
