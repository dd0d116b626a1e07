/**
 * Checks of messages from another thread or tab. Those run our code too, but perhaps of another version, so nothing is taken for granted.
 */
export type Check<T> = (value: unknown) => value is T;

export const isText: Check<string> = (value) => typeof value === 'string';
export const isFlag: Check<boolean> = (value) => typeof value === 'boolean';
/** A count or an id: a whole number from 0. */
export const isCount: Check<number> = (value): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
export const isBytes: Check<Uint8Array> = (value) => value instanceof Uint8Array;
export const isObject: Check<object> = (value): value is object => typeof value === 'object' && value !== null;
export const isPort: Check<MessagePort> = (value) => value instanceof MessagePort;

export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value);
}

export function oneOf<const T extends string>(...values: readonly T[]): Check<T> {
  return (value): value is T => (values as readonly unknown[]).includes(value);
}

export function listOf<T>(check: Check<T>, maxLength: number): Check<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.length <= maxLength && value.every(check);
}

export function shape<T>(fields: { readonly [K in keyof T]-?: Check<T[K]> }): Check<T> {
  const checks = Object.entries(fields) as [string, Check<unknown>][];
  return (value): value is T =>
    isObject(value) && checks.every(([name, check]) => check((value as Readonly<Record<string, unknown>>)[name]));
}

/** The members of a union of messages that may have type `K`. */
type OfType<M, K> = M extends { readonly type: infer T } ? (K extends T ? M : never) : never;

/** A reader of one union of messages, told apart by `type`. Gives undefined for whatever is not one of them. */
export function messageReader<M extends { readonly type: string }>(
  kinds: {
    readonly [K in M['type']]: { readonly [F in Exclude<keyof OfType<M, K>, 'type'>]-?: Check<OfType<M, K>[F]> };
  },
): (value: unknown) => M | undefined {
  const checks = new Map(Object.entries(kinds).map(([type, fields]) => [type, shape(fields as Record<string, Check<unknown>>)]));
  return (value) => {
    const type = isObject(value) && 'type' in value ? value.type : undefined;
    return typeof type === 'string' && checks.get(type)?.(value) ? (value as unknown as M) : undefined;
  };
}
