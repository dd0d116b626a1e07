/** The token of a call, as programs of the family send it: `Authorization: Bearer …`, or `?jwt=…` in the address. */
export function tokenOfCall(authorization: string | null | undefined, url: URL): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  return bearer ?? url.searchParams.get('jwt') ?? undefined;
}
