import type { FaultOf } from '../../consensus/index.ts';
import { bundleIn, consensusRows, isRecovery, recoveryIn, verifiedBundle } from '../../ledger/index.ts';
import {
  type Block,
  type ChangeConsensusReq,
  type ChangeConsensusResp,
  ChangeConsensusResultBundle,
  ConsensusResult,
  faultyLimit,
  type Seed,
  type Trx,
  TrxType,
} from '../../records/index.ts';
import type { Chain } from '../chain.ts';
import { newUuid } from '../genesis.ts';
import type { Mailbox } from '../mailbox.ts';
import type { Members } from '../members.ts';
import type { Outbox } from '../outbox.ts';
import type { MessageStream, MessageStreamHandlers, Ports } from '../ports.ts';
import type { Poster } from '../poster.ts';
import { type ProducerHello, purposeOf } from '../producers/frames.ts';
import { finalResults, recipientOf } from '../proofs.ts';
import { type Standing, standingToBase } from '../recovery/standing.ts';
import type { GroupRow } from '../rows.ts';
import type { Secrets } from '../secrets.ts';
import { NodeError, type RequestedChange, type WantedChange } from '../service.ts';
import type { ChangeView } from '../view.ts';
import { Asked } from './asked.ts';
import { Asking } from './asking.ts';
import { checkWanted, makeRequest, wantedAgain, whyUnwilling } from './request.ts';
import { endedView, openView } from './view.ts';

/** What a change of consensus needs of its group. */
export interface ChangingGroup {
  readonly seed: Seed;
  readonly row: GroupRow;
  readonly chain: Chain;
  readonly members: Members;
  readonly poster: Poster;
  readonly outbox: Outbox;
  /** The current one, as far as this node knows it. */
  readonly epoch: number;
}

export interface ChangeOptions {
  readonly group: ChangingGroup;
  readonly secrets: Secrets;
  readonly ports: Ports;
  readonly mailbox: Mailbox;
  /** Something is in the outbox. */
  readonly send: () => void;
  /** {@link Change.promised} is another one. In the mailbox. */
  readonly promiseChanged: () => Promise<void>;
  /** The owner has signed the result of a recovery. In the mailbox. */
  readonly recoveryEnded: (trx: Trx) => Promise<void>;
  /** Asks every member that can be reached for its newest final block, and takes what is above the own one. Not in the mailbox. */
  readonly findNewest: () => Promise<void>;
  readonly faultFound: (fault: FaultOf, pubkey: string) => void;
  readonly failed: (error: unknown) => void;
  readonly changed: () => void;
}

interface Sides {
  readonly asked: Asked;
  /** The owner's node only. */
  readonly asking: Asking | undefined;
}

/** So long the refusal of a recovery is waited for on the chain: producers who are at work order it in less. */
const ORDERED_WITHIN_MS = 10_000;

/** Changes of consensus as this node takes part in them: as the owner who asks, and as a member who may be asked. */
export class Change {
  readonly #options: ChangeOptions;
  /** What is stopped is never started again: others take its place. */
  #sides: Sides;
  #isStarted = false;
  #isGoingOn = false;
  /** The refused recovery that is to be asked for again, and since when. */
  #refused: { readonly nonce: number; readonly sinceMs: number } | undefined;
  #ended: ChangeView | undefined;

  constructor(options: ChangeOptions) {
    this.#options = options;
    this.#sides = this.#makeSides();
  }

  get #isOwner(): boolean {
    const { row, seed } = this.#options.group;
    return row.UserPubkey === seed.ownerPubkey;
  }

  /**
   * Whether this node has the newest block that more than f producers tell of, and the owner's: what it is asked for it knows from its chain. What others claim
   * holds nobody up.
   */
  get #isSynced(): boolean {
    const { chain, members, seed } = this.#options.group;
    const ofOwner = members.ofKey(seed.ownerPubkey).map(({ headBlock }) => headBlock);
    if (!this.#isOwner && ofOwner.length === 0) return false;
    const newest = Math.max(members.headOf(chain.inForce.producers), ...(this.#isOwner ? [] : [Math.min(...ofOwner)]));
    return chain.head.blockId >= newest;
  }

  #makeSides(): Sides {
    const { group, secrets, ports, mailbox, changed, failed, faultFound, promiseChanged } = this.#options;
    const { seed, chain, members } = group;
    const { UserPubkey: userPubkey } = group.row;
    const { store, network, clock, random, privateCipher: cipher } = ports;
    const { groupId, ownerPubkey } = seed;
    const common = { groupId, userPubkey, signSecret: secrets.signSecret, network, members, store, clock, mailbox };
    const reports = { faultFound, failed, changed };
    const asking = this.#isOwner
      ? new Asking({
          ...common,
          ...reports,
          tickHere: (tick) => asked.tickHere(tick),
          publish: (trxId, bundle) => this.#publish(trxId, bundle),
        })
      : undefined;
    const asked: Asked = new Asked({
      ...common,
      ...reports,
      ownerPubkey,
      encryptIdentity: secrets.encryptIdentity,
      random,
      cipher,
      recipientOf: (pubkey) => recipientOf(chain, pubkey),
      standing: (request) => this.#standing(request),
      promiseChanged,
      reportHere: asking && ((data) => asking.reportHere(data)),
    });
    return { asked, asking };
  }

  /** Begins, or begins again, where the logs say. In the mailbox. */
  async start(): Promise<void> {
    this.halt();
    this.#sides = this.#makeSides();
    const { asked, asking } = this.#sides;
    const settledNonce = await this.#settledNonce();
    await asked.start(settledNonce);
    // A crash may have come between a result and what follows from it.
    for (const { Bundle } of await finalResults(this.#options.group.chain)) if (Bundle) await this.#release(Bundle);
    this.#isStarted = true;
    await asking?.start(settledNonce);
  }

  /**
   * The recovery that this node is bound to, by its response or by having signed its success: nothing is sent or sealed under a lower nonce.
   * Undefined if there is none.
   */
  get promised(): number | undefined {
    const promised = Math.max(this.#signedRecovery?.Nonce ?? -1, this.#sides.asked.promised ?? -1);
    return promised < 0 ? undefined : promised;
  }

  /** Whether this node has promised the very response that the bundle of a recovery carries. */
  hasPromised(response: ChangeConsensusResp): boolean {
    return this.#isStarted && this.#sides.asked.hasPromised(response);
  }

  async #standing(request: ChangeConsensusReq): Promise<Standing> {
    const { chain, row } = this.#options.group;
    const isForRecovery = request.Contract?.Recovery === true;
    if (!isForRecovery && !this.#isSynced) return 'wait';
    const standing = isForRecovery ? await standingToBase(request, chain) : 'ready';
    if (standing !== 'ready') return standing;
    const reason = whyUnwilling(request, chain, row.UserPubkey);
    return reason === undefined ? 'ready' : { reason };
  }

  /** Does nothing until {@link start}. */
  halt(): void {
    this.#isStarted = false;
    this.#sides.asked.stop();
    this.#sides.asking?.stop();
  }

  /** Once a second. */
  tick(): void {
    if (!this.#isStarted) return;
    this.#sides.asked.tick();
    this.#sides.asking?.tick();
    this.#goOnFromHigher();
  }

  /** A stream that begins with the hello of a change. Answers what is to receive the rest of it; undefined: it is not for this node. */
  accept(stream: MessageStream, hello: ProducerHello): MessageStreamHandlers | undefined {
    const purpose = purposeOf(hello);
    const isOurs = purpose === 'change' || purpose === 'request';
    return isOurs && this.#isStarted ? this.#sides.asked.accept(stream, hello, purpose) : undefined;
  }

  /** Blocks are final and stored. In the mailbox. */
  async blocksFinal(blocks: readonly Block[]): Promise<void> {
    if (!this.#isStarted) return;
    for (const block of blocks) {
      for (const trx of block.Trxs) {
        const bundle = trx.Type === TrxType.CONSENSUS ? bundleIn(trx, this.#options.group.chain.identity) : undefined;
        if (bundle?.Req) await this.#settle(bundle, bundle.Req);
      }
    }
    this.#sides.asked.tick();
  }

  async #settle(bundle: ChangeConsensusResultBundle, request: ChangeConsensusReq): Promise<void> {
    const { asked, asking } = this.#sides;
    const isConcerned = asking !== undefined || request.ProducerPubkeyList.includes(this.#options.group.row.UserPubkey);
    if (isConcerned) this.#ended = endedView(bundle, request, this.#about, this.view());
    await this.#release(bundle);
    asked.settled(request.Nonce);
    await asking?.settled(request.Nonce);
  }

  /** What was promised to a recovery that came to nothing is promised no more. In the mailbox. */
  async #release({ Result: result, Req: request }: ChangeConsensusResultBundle): Promise<void> {
    if (result === ConsensusResult.SUCCESS || !request?.Contract?.Recovery) return;
    await this.#sides.asked.released(request.Nonce);
  }

  /** A trx that may be the owner's result of a recovery, on its way. In the mailbox. */
  async resultHeard(trx: Trx): Promise<void> {
    const { identity } = this.#options.group.chain;
    const bundle = this.#isStarted ? verifiedBundle(trx, identity, -1) : undefined;
    if (!bundle?.Req?.Contract?.Recovery) return;
    if (isRecovery(bundle)) await this.#options.recoveryEnded(trx);
    else await this.#release(bundle);
  }

  /** The highest nonce whose result is final here; below every nonce if there is none. */
  async #settledNonce(): Promise<number> {
    const newest = (await finalResults(this.#options.group.chain)).at(-1);
    return newest?.Bundle?.Req?.Nonce ?? -1;
  }

  // ------------------------------------------------------------------------------------------------------------------- asking

  /** Opens a request. Answers once it is stored; what comes of it is to be seen in the view and, in the end, on the chain. */
  async request(wanted: WantedChange): Promise<RequestedChange> {
    const { group, ports, findNewest } = this.#options;
    if (wanted.recovery && this.#isOwner) await findNewest();
    return this.#asOwner(async (asking) => {
      const { request: open, bundle } = asking.status;
      const inTheWay = open && !bundle ? open : this.#signedRecovery;
      if (inTheWay && !wanted.recovery) throw requestOpen(inTheWay);
      checkWanted(wanted, group.chain, group.epoch);
      if (open && !bundle) await asking.abandon();
      const successTrxId = newUuid(ports.random);
      const request = await this.#open(asking, wanted, successTrxId);
      return {
        reqId: request.ReqId,
        trxId: successTrxId,
        producers: wanted.producers,
        startFromEpoch: wanted.startFromEpoch,
        trxEpochTickMs: wanted.trxEpochTickMs,
        failableProducers: faultyLimit(wanted.producers.length),
        memo: wanted.memo,
      };
    });
  }

  /**
   * The newest recovery that the owner has signed the success of, and that the chain does not have: as good as open, whatever was asked for since. Nothing else may be
   * asked of the producers before it.
   */
  get #signedRecovery(): ChangeConsensusReq | undefined {
    const { chain, outbox } = this.#options.group;
    const onTheirWay = outbox.items().map((trx) => recoveryIn(trx, chain.identity, chain.configuration.nonceFloor)?.bundle);
    const signed = [this.#sides.asking?.status.bundle, ...onTheirWay].filter(isRecovery).flatMap((bundle) => bundle?.Req ?? []);
    return signed.sort((a, b) => b.Nonce - a.Nonce)[0];
  }

  async #open(asking: Asking, wanted: WantedChange, successTrxId: string): Promise<ChangeConsensusReq> {
    const { group, ports, secrets } = this.#options;
    const { chain } = group;
    const { random, clock } = ports;
    const known = consensusRows(chain.state).map(({ Bundle }) => Bundle?.Req?.Nonce ?? 0);
    const nonce = Math.max(asking.newestNonce, ...known) + 1;
    const request = makeRequest(wanted, { chain, nonce, clock, random, signSecret: secrets.signSecret });
    await asking.open(request, successTrxId, newUuid(random));
    return request;
  }

  /**
   * A recovery that somebody refused because of a final block above its base is asked for again from there, once that block is here. Its success
   * keeps the promised id. A header whose body nobody serves counts for nothing. Where the refusal becomes final meanwhile, the producers still order,
   * and each result would be another final block above the next base: there is nothing to recover.
   */
  #goOnFromHigher(): void {
    const { findNewest, mailbox, group, failed, ports } = this.#options;
    const refused = this.#sides.asking?.refusedBase;
    if (!refused || this.#isGoingOn) return;
    const nowMs = ports.clock.monotonicMs();
    const { Nonce: nonce } = refused.request;
    if (this.#refused?.nonce !== nonce) this.#refused = { nonce, sinceMs: nowMs };
    if (nowMs - this.#refused.sinceMs < ORDERED_WITHIN_MS) return;
    this.#isGoingOn = true;
    findNewest()
      .then(() =>
        mailbox.run(async () => {
          const { asking } = this.#sides;
          const isStill = this.#isStarted && asking?.refusedBase?.request === refused.request;
          if (!isStill || group.chain.head.blockId <= refused.blockId) return;
          await this.#open(asking, wantedAgain(refused.request, group.epoch), refused.successTrxId);
        }),
      )
      .catch(failed)
      .finally(() => {
        this.#isGoingOn = false;
      });
  }

  /** Gives an open request up: its result is FAILED. */
  async abandon(reqId: string): Promise<void> {
    await this.#asOwner(async (asking) => {
      const { request, result } = asking.status;
      if (request?.ReqId === reqId && result === undefined) return asking.abandon();
      throw new NodeError('unknown-proof', `There is no open request with the id ${reqId}.`, { reqId });
    });
  }

  async #asOwner<T>(work: (asking: Asking) => Promise<T>): Promise<T> {
    if (!this.#isOwner) throw new NodeError('not-allowed', 'Only the owner of a group changes its consensus.');
    return this.#options.mailbox.run(() => {
      const { asking } = this.#sides;
      if (asking && this.#isStarted) return work(asking);
      throw new NodeError('stopped', 'The group does not go on at the moment; its problem says why. Try again when it does.');
    });
  }

  async #publish(trxId: string, bundle: ChangeConsensusResultBundle): Promise<void> {
    const { group, send, promiseChanged } = this.#options;
    if (isRecovery(bundle)) await promiseChanged();
    // No chain takes a success any more that a later one has overtaken.
    const isOvertaken = (bundle.Req?.Nonce ?? -1) <= group.chain.configuration.nonceFloor;
    if (isOvertaken && bundle.Result === ConsensusResult.SUCCESS) return;
    const plain = ChangeConsensusResultBundle.encode(bundle);
    await group.poster.accept({ type: TrxType.CONSENSUS, plain, trxId });
    send();
    const trx = group.outbox.get(trxId);
    if (trx) await this.resultHeard(trx);
  }

  // --------------------------------------------------------------------------------------------------------------------- view

  get #about() {
    return { userPubkey: this.#options.group.row.UserPubkey, isOwner: this.#isOwner };
  }

  /** The newest request that this node takes part in, open or ended since it was opened. */
  view(): ChangeView | undefined {
    const open = openView({ ...this.#sides, ...this.#about });
    // What the owner says after the end of one counts still.
    const ownerFaults = this.#sides.asked.faults.of(this.#options.group.seed.ownerPubkey);
    return open ?? (this.#ended && { ...this.#ended, ownerFaults });
  }
}

function requestOpen({ ReqId: reqId, Nonce: nonce }: ChangeConsensusReq): NodeError {
  const message = `The request ${reqId} (nonce ${nonce}) is still open. Wait for its result, or give it up first.`;
  return new NodeError('request-open', message, { reqId, nonce });
}
