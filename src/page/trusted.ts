/** Trusted Types: the page makes script URLs of one kind only, its own worker's. */

interface TrustedTypePolicy {
  createScriptURL(url: string): unknown;
}
interface TrustedTypePolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): TrustedTypePolicy;
}

let policy: TrustedTypePolicy | undefined;

/** The URL as `new Worker` takes it under `require-trusted-types-for 'script'`. Throws for any other origin. */
export function trustedScriptUrl(url: string): string {
  policy ??= makePolicy();
  // Where there are Trusted Types this is an object that stands for the URL; the DOM's types know strings only.
  return policy.createScriptURL(url) as string;
}

function makePolicy(): TrustedTypePolicy {
  const rules = {
    createScriptURL(url: string): string {
      const resolved = new URL(url, location.href);
      if (resolved.origin !== location.origin) throw new TypeError(`${resolved.origin} is not this page’s origin`);
      return resolved.href;
    },
  };
  const factory = (globalThis as { trustedTypes?: TrustedTypePolicyFactory }).trustedTypes;
  return factory === undefined ? rules : factory.createPolicy('sett', rules);
}
