/** `update`: the user lets the version that waits take over; `claim`: this page is to be served too. */
export type ServiceMessage = 'update' | 'claim';

export function readServiceMessage(value: unknown): ServiceMessage | undefined {
  return value === 'update' || value === 'claim' ? value : undefined;
}
