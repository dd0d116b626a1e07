/** The body of a refusal that is made outside the router, in the router's form. */
export function refusalText(code: string, message: string): string {
  return JSON.stringify({ message, code });
}
