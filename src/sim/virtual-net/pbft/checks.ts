import { type Configuration, type Fault, type LogEntry, pbftMessages, primaryOf, roster } from '../../../consensus/index.ts';
import { type Block, quorum, type Seal, toHex } from '../../../records/index.ts';
import { Violation } from '../../one-producer.ts';
import { VirtualLedger } from './ledger.ts';

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

/** What must hold after every step (design: pbft.md, "Invariants"). Throws {@link Violation}. */
export class PbftChecks {
  readonly #configurations: readonly Configuration[];
  readonly #isHonest: (machine: number) => boolean;
  readonly #hashes = new Map<number, string>();
  readonly #reference = new VirtualLedger();
  readonly #certificates = new Map<string, string>();
  readonly #said = new Map<string, string>();
  readonly #sealers = new Map<string, Set<number>>();
  readonly #final = new Map<number, string>();
  readonly #begun = new Map<string, Begun>();
  readonly #decided = new Map<string, Decided>();
  /** Kinds of faults that were found, of faulty producers. */
  readonly found = new Set<Fault['kind']>();

  constructor(configurations: readonly Configuration[], isHonest: (machine: number) => boolean) {
    this.#configurations = configurations;
    this.#isHonest = isHonest;
  }

  get finalHeight(): number {
    return Math.max(0, ...this.#final.keys());
  }

  /** Same body and root at the same height, the root as executing everything from the first block gives it, each trx once. */
  stored(machine: number, block: Block): void {
    const { BlockId: blockId } = block;
    const hash = toHex(block.BlockHash);
    const known = this.#hashes.get(blockId);
    if (known !== undefined && known !== hash) throw new Violation(`producer ${machine} has another block ${blockId}`);
    this.#hashes.set(blockId, hash);
    if (known !== undefined) return;
    const configuration = this.#configurations.find(({ nonce }) => nonce === block.ConfigNonce) as Configuration;
    const draft = this.#reference.examine(block, configuration);
    if (!draft) throw new Violation(`block ${blockId} is not what executing it from the first block on gives`);
    this.#reference.apply(draft);
  }

  /** With f seals of faulty producers for anything, N−f seals are for one block a height. */
  sealed(machine: number, block: Block): void {
    const hash = toHex(block.BlockHash);
    const key = `${block.BlockId}/${hash}`;
    const sealers = this.#sealers.get(key) ?? new Set();
    this.#sealers.set(key, sealers.add(machine));
    const { producers } = this.#configurations.find(({ nonce }) => nonce === block.ConfigNonce) as Configuration;
    const faulty = producers.filter((key) => !this.#isHonest(machineOf(key))).length;
    if (sealers.size + faulty < quorum(producers.length)) return;
    const known = this.#final.get(block.BlockId);
    if (known !== undefined && known !== hash) throw new Violation(`two blocks ${block.BlockId} can be final`);
    this.#final.set(block.BlockId, hash);
  }

  final(machine: number, block: Block, seals: readonly Seal[], isSealed: (seal: Seal, block: Block) => boolean): void {
    const { producers } = this.#configurations.find(({ nonce }) => nonce === block.ConfigNonce) as Configuration;
    const good = new Set(seals.filter((seal) => isSealed(seal, block)).map(({ ProducerPubkey }) => ProducerPubkey));
    if (good.size < quorum(producers.length) || ![...good].every((key) => producers.includes(key)))
      throw new Violation(`producer ${machine} takes block ${block.BlockId} for final without the seals`);
    this.receipt(machine, block.BlockId, block.BlockHash);
  }

  /** Applications hear of final blocks only, and receipts are for what is committed. */
  receipt(machine: number, blockId: number, blockHash: Uint8Array): void {
    if (this.#final.get(blockId) !== toHex(blockHash))
      throw new Violation(`producer ${machine} tells of block ${blockId}, which is not final`);
  }

  blamed(reporter: number, { producer, kind }: Fault, { producers }: Configuration): void {
    if (this.#isHonest(machineOf(producers[producer] as string)))
      throw new Violation(`producer ${reporter} blames an honest one: ${kind}`);
    this.found.add(kind);
  }

  /** One certificate a view and height; what was decided is carried by every later new view. */
  persisted(nonce: number, { key, data }: LogEntry): void {
    if (/\/certificate\/\d+\/\d+$/.test(key)) {
      const { View, BlockId, BlockHash } = pbftMessages.Vote.decode(data);
      this.#once(this.#certificates, `${nonce}/${View}/${BlockId}`, toHex(BlockHash), 'two certificates in one view');
    } else if (key.endsWith('/decision')) {
      const { View: view, BlockId: blockId, BlockHash, Commits } = pbftMessages.DecidedBlock.decode(data);
      if (Commits.length === 0) return;
      const decided = { nonce, view, blockId, hash: toHex(BlockHash) };
      const place = `${nonce}/${view}/${blockId}`;
      this.#once(
        new Map([...this.#decided].map(([at, { hash }]) => [at, hash])),
        place,
        decided.hash,
        'two decisions in one view',
      );
      this.#decided.set(place, decided);
      for (const begun of this.#begun.values()) this.#compare(begun, decided);
    } else if (key === 'new-view') {
      const { View: view, ViewChanges, PickHash } = pbftMessages.NewView.decode(data);
      const decided = Math.max(...ViewChanges.map(({ Decided }) => Decided?.BlockId ?? 0));
      const begun = { nonce, view, decided, pickHash: toHex(PickHash) };
      const place = `${nonce}/${view}/${decided}/${begun.pickHash}`;
      if (this.#begun.has(place)) return;
      this.#begun.set(place, begun);
      for (const each of this.#decided.values()) this.#compare(begun, each);
    }
  }

  #compare(begun: Begun, decided: Decided): void {
    if (begun.nonce !== decided.nonce || decided.view >= begun.view || begun.decided >= decided.blockId) return;
    if (begun.decided + 1 === decided.blockId && begun.pickHash === decided.hash) return;
    throw new Violation(`view ${begun.view} does not carry block ${decided.blockId}, decided in view ${decided.view}`);
  }

  #once(known: Map<string, string>, key: string, value: string, problem: string): void {
    const present = known.get(key);
    if (present !== undefined && present !== value) throw new Violation(`${problem}: ${key}`);
    known.set(key, value);
  }

  /** Everything signed is in the log before it is said, and nothing is signed twice with different content, restarts included. */
  said(machine: number, nonce: number, data: Uint8Array, log: ReadonlyMap<string, Uint8Array>): void {
    const { producers } = this.#configurations.find((each) => each.nonce === nonce) as Configuration;
    const said = pbftMessages.decodeMessage(data, producers.length);
    if (!said) throw new Violation(`producer ${machine} says what is no message`);
    const self = producers.indexOf(`key${machine}`);
    const isLogged = (key: string): void => {
      if (!log.has(key)) throw new Violation(`producer ${machine} says what its log does not hold: ${key}`);
    };
    const once = (key: string, content: Uint8Array): void =>
      this.#once(this.#said, `${nonce}/${self}/${key}`, toHex(content), 'a producer contradicts itself');
    if (said.kind === 'prepare' || said.kind === 'commit' || said.kind === 'pre-prepare') {
      const { Signer, View, BlockId, BlockHash } = said.vote;
      if (Signer !== self) return;
      const kind = said.kind === 'commit' ? 'commit' : 'prepare';
      if (said.kind === 'pre-prepare' && primaryOf(View, roster(producers.length, self)) !== self)
        throw new Violation(`producer ${machine} proposes in a view of another`);
      isLogged(`${heightKey(BlockId)}/${kind}/${View}`);
      if (kind === 'commit') isLogged(`${heightKey(BlockId)}/certificate/${View}`);
      once(`${kind}/${View}/${BlockId}`, BlockHash);
    } else if (said.kind === 'view-change') {
      if (said.viewChange.Signer !== self) return;
      isLogged('view-change');
      once(`view-change/${said.viewChange.View}`, pbftMessages.ViewChange.encode(said.viewChange));
    } else if (said.kind === 'new-view' && primaryOf(said.newView.View, roster(producers.length, self)) === self) {
      isLogged('new-view');
      once(`new-view/${said.newView.View}`, pbftMessages.NewView.encode(said.newView));
    }
  }
}

export const machineOf = (key: string): number => Number(key.slice('key'.length));
