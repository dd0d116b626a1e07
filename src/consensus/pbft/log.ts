import { concatBytes, toHex } from '../../records/index.ts';
import type { LogEntry } from '../engine.ts';
import { type Certificate, CertificateHeader, DecidedBlock, NewView, ViewChange, Vote, type VoteKind } from './messages.ts';

/**
 * The write-ahead log: what this producer has signed, and what that rests on. Keys sort by height, so that all below a height can be
 * forgotten at once; what belongs to a view stands after all heights.
 *
 *     <height>/body/<hash>              a body that was executed and whose root matched
 *     <height>/pre-prepare/<view>       the primary's vote for it
 *     <height>/prepare/<view>           this producer's
 *     <height>/certificate/<view>       header: height and number of proofs; then
 *     <height>/certificate/<view>/<i>   each proof, a prepare or the pre-prepare
 *     <height>/commit/<view>            this producer's
 *     <height>/decision                 the votes that decided
 *     view-change                       the newest that this producer has signed
 *     new-view                          the newest that it has entered
 */

const HEIGHT_DIGITS = 16;
const VIEW_CHANGE = 'view-change';
const NEW_VIEW = 'new-view';

export const heightKey = (blockId: number): string => blockId.toString().padStart(HEIGHT_DIGITS, '0');

export const bodyEntry = (blockId: number, blockHash: Uint8Array, encoded: Uint8Array): LogEntry => ({
  key: `${heightKey(blockId)}/body/${toHex(blockHash)}`,
  data: encoded,
});

export const voteEntry = (kind: 'pre-prepare' | VoteKind, vote: Vote): LogEntry => ({
  key: `${heightKey(vote.BlockId)}/${kind}/${vote.View}`,
  data: Vote.encode(vote),
});

/** A certificate as a header [height, number of proofs] and the proofs. */
export function certificateEntries(certificate: Certificate): LogEntry[] {
  const { View, BlockId, BlockHash, Proofs } = certificate;
  const key = `${heightKey(BlockId)}/certificate/${View}`;
  const header = { key, data: CertificateHeader.encode({ SeqNo: BlockId, Count: Proofs.length }) };
  return [
    header,
    ...Proofs.map((proof, place) => ({
      key: `${key}/${place.toString().padStart(2, '0')}`,
      data: Vote.encode({ View, BlockId, BlockHash, ...proof }),
    })),
  ];
}

export const decisionEntry = (decided: DecidedBlock): LogEntry => ({
  key: `${heightKey(decided.BlockId)}/decision`,
  data: DecidedBlock.encode(decided),
});
export const viewChangeEntry = (viewChange: ViewChange): LogEntry => ({ key: VIEW_CHANGE, data: ViewChange.encode(viewChange) });
export const newViewEntry = (newView: NewView): LogEntry => ({ key: NEW_VIEW, data: NewView.encode(newView) });

export interface LoggedHeight {
  readonly bodies: Map<string, Uint8Array>;
  readonly prePrepares: Vote[];
  readonly prepares: Vote[];
  readonly commits: Vote[];
  /** Ascending by view. */
  readonly certificates: Certificate[];
  decision: DecidedBlock | undefined;
}

export interface ReadLog {
  readonly heights: ReadonlyMap<number, LoggedHeight>;
  readonly viewChange: ViewChange | undefined;
  readonly newView: NewView | undefined;
}

const noHeight = (): LoggedHeight => ({
  bodies: new Map(),
  prePrepares: [],
  prepares: [],
  commits: [],
  certificates: [],
  decision: undefined,
});

/** `entries`: ascending by key. Throws Error for a key that this version did not write: the log is not this engine's. */
export function readLog(entries: readonly LogEntry[]): ReadLog {
  const heights = new Map<number, LoggedHeight>();
  let viewChange: ViewChange | undefined;
  let newView: NewView | undefined;
  for (const { key, data } of entries) {
    const [place = '', kind, name = '', number] = key.split('/');
    if (place === VIEW_CHANGE) viewChange = ViewChange.decode(data);
    else if (place === NEW_VIEW) newView = NewView.decode(data);
    else {
      const blockId = Number(place);
      const logged = heights.get(blockId) ?? noHeight();
      heights.set(blockId, logged);
      if (!Number.isSafeInteger(blockId) || !readEntry(logged, kind, name, number, data)) {
        throw new Error(`the log of consensus holds an unknown entry: ${key}`);
      }
    }
  }
  for (const { certificates } of heights.values()) certificates.sort((a, b) => a.View - b.View);
  return { heights, viewChange, newView };
}

function readEntry(
  logged: LoggedHeight,
  kind: string | undefined,
  name: string,
  number: string | undefined,
  data: Uint8Array,
): boolean {
  switch (kind) {
    case 'body':
      // The log is written by this producer, yet its bytes may be views of a larger buffer.
      logged.bodies.set(name, concatBytes(data));
      return true;
    case 'pre-prepare':
      logged.prePrepares.push(Vote.decode(data));
      return true;
    case 'prepare':
      logged.prepares.push(Vote.decode(data));
      return true;
    case 'commit':
      logged.commits.push(Vote.decode(data));
      return true;
    case 'certificate':
      if (number === undefined) CertificateHeader.decode(data);
      else addProof(logged.certificates, Vote.decode(data));
      return true;
    case 'decision':
      logged.decision = DecidedBlock.decode(data);
      return true;
    default:
      return false;
  }
}

function addProof(certificates: Certificate[], { View, BlockId, BlockHash, Signer, Sign }: Vote): void {
  const at = certificates.findIndex((certificate) => certificate.View === View);
  const Proofs = [...(certificates[at]?.Proofs ?? []), { Signer, Sign }];
  certificates.splice(at < 0 ? certificates.length : at, at < 0 ? 0 : 1, { View, BlockId, BlockHash, Proofs });
}
