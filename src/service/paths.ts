/** Paths of the REST interface; everything else of the origin is the app's files, or the server's own. */
const NODE_PATHS: readonly string[] = ['/api/', '/app/api/', '/docs/'];
const NODE_FILES: readonly string[] = ['/openapi.json', '/docs'];

export function isNodePath(url: URL, origin: string): boolean {
  if (url.origin !== origin) return false;
  return NODE_FILES.includes(url.pathname) || NODE_PATHS.some((path) => url.pathname.startsWith(path));
}
