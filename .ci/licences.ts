/** Licence expressions of SPDX: identifiers, AND, OR and parentheses. */

/** Packages' own spelling → the identifier that it stands for. */
const SPELLINGS: Readonly<Record<string, string>> = {
  // node-datachannel; its LICENSE is the text of MPL-2.0.
  'MPL 2.0': 'MPL-2.0',
};

/** What a package says of its licence, as an expression. */
export function expressionOf(licence: string): string {
  return SPELLINGS[licence] ?? licence;
}

type Allows = (id: string) => boolean;

/** Whether an expression lets us use what stands under it: one side of OR is enough, AND takes both. What cannot be read allows nothing. */
export function allows(expression: string, isAllowed: Allows): boolean {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;

  // AND binds more closely than OR. Both sides are always read, or the position would be lost.
  function either(): boolean {
    let allowed = both();
    while (tokens[at] === 'OR') {
      at++;
      const other = both();
      allowed ||= other;
    }
    return allowed;
  }
  function both(): boolean {
    let allowed = one();
    while (tokens[at] === 'AND') {
      at++;
      const other = one();
      allowed &&= other;
    }
    return allowed;
  }
  function one(): boolean {
    const token = tokens[at++];
    if (token !== '(') return token !== undefined && isAllowed(token);
    const allowed = either();
    return tokens[at++] === ')' && allowed;
  }

  const allowed = either();
  return allowed && at === tokens.length;
}
