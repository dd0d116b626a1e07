import { type LogEntry, pbftMessages, primaryOf, roster } from '../../../consensus/index.ts';
import { toHex } from '../../../records/index.ts';
import { Violation } from '../../one-producer.ts';

const HEIGHT_DIGITS = 16;
const heightKey = (blockId: number): string => blockId.toString().padStart(HEIGHT_DIGITS, '0');

interface Begun {
  readonly nonce: number;
  readonly view: number;
  /** Highest block that its view changes say is decided, and what it prescribes above; empty: anything. */
  readonly decided: number;
  readonly pickHash: string;
}

interface Decided {
  readonly nonce: number;
  readonly view: number;
  readonly blockId: number;
  readonly hash: string;
}

export interface Speaker {
  /** For whoever reads of a violation. */
  readonly name: string;
  readonly nonce: number;
  /** Its index under this nonce, and how many they are. */
  readonly self: number;
  readonly size: number;
}

/** What must hold of everything that honest producers log and say (design: pbft.md, "Invariants"). Throws {@link Violation}. */
export class PbftWords {
  readonly #certificates = new Map<string, string>();
  readonly #said = new Map<string, string>();
  readonly #begun = new Map<string, Begun>();
  readonly #decided = new Map<string, Decided>();

  /** One certificate a view and height; what was decided is carried by every later new view. */
  persisted(nonce: number, { key, data }: LogEntry): void {
    if (/\/certificate\/\d+\/\d+$/.test(key)) {
      const { View, BlockId, BlockHash } = pbftMessages.Vote.decode(data);
      once(this.#certificates, `${nonce}/${View}/${BlockId}`, toHex(BlockHash), 'two certificates in one view');
    } else if (key.endsWith('/decision')) {
      const { View: view, BlockId: blockId, BlockHash, Commits } = pbftMessages.DecidedBlock.decode(data);
      if (Commits.length === 0) return;
      const decided = { nonce, view, blockId, hash: toHex(BlockHash) };
      const place = `${nonce}/${view}/${blockId}`;
      if ((this.#decided.get(place)?.hash ?? decided.hash) !== decided.hash)
        throw new Violation(`two decisions in one view: ${place}`);
      this.#decided.set(place, decided);
      for (const begun of this.#begun.values()) compare(begun, decided);
    } else if (key === 'new-view') {
      const { View: view, ViewChanges, PickHash } = pbftMessages.NewView.decode(data);
      const decided = Math.max(...ViewChanges.map(({ Decided }) => Decided?.BlockId ?? 0));
      const begun = { nonce, view, decided, pickHash: toHex(PickHash) };
      const place = `${nonce}/${view}/${decided}/${begun.pickHash}`;
      if (this.#begun.has(place)) return;
      this.#begun.set(place, begun);
      for (const each of this.#decided.values()) compare(begun, each);
    }
  }

  /**
   * Everything signed is in the log before it is said, and nothing is signed twice with different content, restarts included. `isLogged`: whether the
   * log has an entry of this key.
   */
  said({ name, nonce, self, size }: Speaker, data: Uint8Array, isLogged: (key: string) => boolean): void {
    const said = pbftMessages.decodeMessage(data, size);
    if (!said) throw new Violation(`${name} says what is no message`);
    const mustBeLogged = (key: string): void => {
      if (!isLogged(key)) throw new Violation(`${name} says what its log does not hold: ${key}`);
    };
    const sayOnce = (key: string, content: Uint8Array): void =>
      once(this.#said, `${nonce}/${self}/${key}`, toHex(content), 'a producer contradicts itself');
    if (said.kind === 'prepare' || said.kind === 'commit' || said.kind === 'pre-prepare') {
      const { Signer, View, BlockId, BlockHash } = said.vote;
      if (Signer !== self) return;
      const kind = said.kind === 'commit' ? 'commit' : 'prepare';
      if (said.kind === 'pre-prepare' && primaryOf(View, roster(size, self)) !== self)
        throw new Violation(`${name} proposes in a view of another`);
      mustBeLogged(`${heightKey(BlockId)}/${kind}/${View}`);
      if (kind === 'commit') mustBeLogged(`${heightKey(BlockId)}/certificate/${View}`);
      sayOnce(`${kind}/${View}/${BlockId}`, BlockHash);
    } else if (said.kind === 'view-change') {
      if (said.viewChange.Signer !== self) return;
      mustBeLogged('view-change');
      sayOnce(`view-change/${said.viewChange.View}`, pbftMessages.ViewChange.encode(said.viewChange));
    } else if (said.kind === 'new-view' && primaryOf(said.newView.View, roster(size, self)) === self) {
      mustBeLogged('new-view');
      sayOnce(`new-view/${said.newView.View}`, pbftMessages.NewView.encode(said.newView));
    }
  }
}

function compare(begun: Begun, decided: Decided): void {
  if (begun.nonce !== decided.nonce || decided.view >= begun.view || begun.decided >= decided.blockId) return;
  if (begun.decided + 1 === decided.blockId && begun.pickHash === decided.hash) return;
  throw new Violation(`view ${begun.view} does not carry block ${decided.blockId}, decided in view ${decided.view}`);
}

function once(known: Map<string, string>, key: string, value: string, problem: string): void {
  const present = known.get(key);
  if (present !== undefined && present !== value) throw new Violation(`${problem}: ${key}`);
  known.set(key, value);
}
