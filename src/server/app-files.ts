/** The built app, held in memory: it is small, and a directory that is read once has no path for a request to climb out of. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
/** Compressed already, or (source maps) large and read by developers only: compressing them would delay every start by a second. */
const LEFT_AS_IS = new Set(['.png', '.woff2', '.ico', '.map']);

export interface AppFile {
  readonly contentType: string;
  readonly cacheControl: string;
  readonly etag: string;
  readonly body: Buffer;
  /** Undefined where compressing gains nothing. */
  readonly gzipped: Buffer | undefined;
}

/** All files of a built app by URL path (`/`, `/assets/…`); empty if there is no such directory. */
export async function readAppFiles(directory: string): Promise<ReadonlyMap<string, AppFile>> {
  const files = new Map<string, AppFile>();
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const urlPath = `/${relative(directory, path).split(sep).join('/')}`;
    files.set(urlPath === '/index.html' ? '/' : urlPath, await readAppFile(path, urlPath));
  }
  return files;
}

async function readAppFile(path: string, urlPath: string): Promise<AppFile> {
  const body = await readFile(path);
  const extension = extname(path);
  const gzipped = LEFT_AS_IS.has(extension) ? undefined : await compress(body, { level: 9 });
  return {
    contentType: CONTENT_TYPES[extension] ?? 'application/octet-stream',
    // Vite puts a hash of the content into the names below /assets; everything else must be asked for again.
    cacheControl: urlPath.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    body,
    gzipped: gzipped !== undefined && gzipped.byteLength < body.byteLength ? gzipped : undefined,
  };
}
