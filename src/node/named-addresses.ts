/** Addresses that somebody names: bootstraps in seeds; peers to connect to and relays to use, by a caller. */
import { asNodeError } from './errors.ts';
import { type Network, NetworkError, type NetworkErrorCode } from './ports.ts';
import { NodeError } from './service.ts';

/** What is wrong with an address itself, however often it is tried. */
const WRONG_ADDRESS: ReadonlySet<NetworkErrorCode> = new Set(['malformed', 'too-many']);

/** Tries each address once, all at the same time. Answers for each what stands against it. */
export async function reachEach(
  addresses: readonly string[],
  reach: (address: string) => Promise<void>,
): Promise<ReadonlyMap<string, NetworkError | undefined>> {
  const attempt = async (address: string) => {
    try {
      await reach(address);
      return [address, undefined] as const;
    } catch (error) {
      if (error instanceof NetworkError) return [address, error] as const;
      throw asNodeError(error);
    }
  };
  return new Map(await Promise.all([...new Set(addresses)].map(attempt)));
}

/** Uses these relays. Throws NodeError `bad-input` or `unreachable`, which name each address that is not used; the others are. */
export async function addRelays(network: Network, addresses: readonly string[]): Promise<void> {
  const reached = await reachEach(addresses, (address) => network.addRelay(address));
  const failures = [...reached].flatMap(([address, error]) => (error === undefined ? [] : [{ address, error }]));
  if (failures.length === 0) return;
  const code = failures.every(({ error }) => WRONG_ADDRESS.has(error.code)) ? 'bad-input' : 'unreachable';
  throw new NodeError(code, failures.map(({ address, error }) => `${address}: ${error.message}`).join(' '));
}

/**
 * Bootstraps of all groups, each once, best first. The network uses so many and no more, and a seed lists what its maker likes: so the first of each group
 * comes before the second of any, and no group crowds out another's.
 */
export function bootstrapsInTurns(urlsOfGroups: readonly (readonly string[])[]): string[] {
  const longest = Math.max(0, ...urlsOfGroups.map((urls) => urls.length));
  const turns = Array.from({ length: longest }, (_, turn) => urlsOfGroups.flatMap((urls) => urls[turn] ?? []));
  return [...new Set(turns.flat())];
}
