/** Names of the browser features that a node cannot do without and that are not here. Insecure origins lack most of them. */
export function missingFeatures(scope: Window & typeof globalThis): string[] {
  const needs: readonly (readonly [string, boolean])[] = [
    ['WebCrypto', scope.crypto?.subtle !== undefined],
    ['Web Locks', scope.navigator.locks !== undefined],
    ['IndexedDB', scope.indexedDB !== undefined],
    ['Web Workers', typeof scope.Worker === 'function'],
    ['WebAssembly', typeof scope.WebAssembly === 'object'],
    ['BroadcastChannel', typeof scope.BroadcastChannel === 'function'],
    ['WebRTC', typeof scope.RTCPeerConnection === 'function'],
  ];
  return needs.filter(([, present]) => !present).map(([name]) => name);
}
