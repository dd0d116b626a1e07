/**
 * Errors that nobody caught. One stranger's bytes must not end a process that serves everybody else: such an error is logged as a defect, the socket that it came
 * from is closed, and the rest goes on. What a node has said stays true all the same: it is in the log before it is sent.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';
import { Socket } from 'node:net';

/** Lines about defects are for a person: more of them at once only fill the disk. */
const LINES_MAX = 20;
const LINES_EVERY_MS = 60_000;

/** How to end what is at work. */
const current = new AsyncLocalStorage<() => void>();
const traced = new WeakSet<EventEmitter>();
/** Until {@link surviveDefects}, and in tests, nothing is swallowed. */
const rethrow = (error: unknown): void => {
  throw error;
};
let report = rethrow;

/**
 * Runs every event of a socket in the socket's own context, so that an error which nobody catches ends this socket and no other.
 * @param end ends it at once
 */
export function traceEvents(socket: EventEmitter, end: () => void): void {
  if (traced.has(socket)) return;
  traced.add(socket);
  const emit = socket.emit.bind(socket);
  socket.emit = (name, ...values) => blaming(end, () => emit(name, ...values));
  // An `error` that nobody listens for is thrown.
  socket.on('error', end);
}

/**
 * Does the same for what an HTTP server tells of its sockets: Node.js parses requests past the events of the socket, so that a defect in answering one would
 * leave it open and unanswered.
 */
export function traceRequests(server: EventEmitter): void {
  const emit = server.emit.bind(server);
  server.emit = (name, ...values) => {
    const socket: unknown = values[0]?.socket;
    if (!(socket instanceof Socket)) return emit(name, ...values);
    return blaming(
      () => void socket.destroy(),
      () => emit(name, ...values),
    );
  };
}

function blaming(end: () => void, emit: () => boolean): boolean {
  try {
    return current.run(end, emit);
  } catch (error) {
    end();
    report(error);
    return true;
  }
}

/** Total: a thrown value may be anything. */
function textOf(error: unknown): string {
  try {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } catch {
    return 'a value without a text';
  }
}

/** Keeps the process running whatever is thrown in it. Returns a function that ends this. */
export function surviveDefects(log: (line: string) => void, nowMs: () => number = () => performance.now()): () => void {
  let windowStartMs = Number.NEGATIVE_INFINITY;
  let lines = 0;
  report = (error) => {
    if (nowMs() - windowStartMs >= LINES_EVERY_MS) {
      if (lines > LINES_MAX) log(`${lines - LINES_MAX} more defects were met in the last minute.`);
      windowStartMs = nowMs();
      lines = 0;
    }
    lines++;
    if (lines <= LINES_MAX) log(`A defect, please report it: ${textOf(error)}`);
  };
  const onDefect = (error: unknown) => {
    current.getStore()?.();
    report(error);
  };
  process.on('uncaughtException', onDefect);
  process.on('unhandledRejection', onDefect);
  return () => {
    process.off('uncaughtException', onDefect);
    process.off('unhandledRejection', onDefect);
    report = rethrow;
  };
}
