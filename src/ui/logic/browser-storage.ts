/** What this browser keeps for the app from one visit to the next. It may refuse (switched off, private windows, no room): then nothing is kept. */

/** Null if there is nothing. */
export function readKept(key: string): string | null {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Null: it is kept no more. */
export function keep(key: string, value: string | null): void {
  try {
    if (value === null) window.localStorage.removeItem(key);
    else window.localStorage.setItem(key, value);
  } catch {
    // What was chosen holds for this page all the same.
  }
}
