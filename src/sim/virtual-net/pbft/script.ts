import { pbftMessages } from '../../../consensus/index.ts';
import { TrxType } from '../../../records/index.ts';
import { Violation } from '../../one-producer.ts';
import { engineDataIn, isSeal } from './frames.ts';
import { PbftNet, type PbftNetOptions } from './net.ts';
import type { PbftStrategy } from './strategies.ts';

/** What is under way, as a script tells it apart. */
export interface Flight {
  readonly from: number;
  readonly to: number;
  readonly kind: pbftMessages.Message['kind'] | 'seal' | 'other';
  /** Of a vote, a view change, a new view. */
  readonly view: number;
  /** Of a vote. */
  readonly height: number;
}

/** Ticks after which a producer gives up on a first primary. */
const PATIENCE_TICKS = 8;

const MOST_ROUNDS = 400;

/**
 * Two bodies that are certified in turn, each at a single replica, over four views or more; producer 0 counts as faulty, and does as it is told. Answers the
 * net when a body is decided: the second, which producer 2 proposed.
 */
export function certifyInTurn(planted: PbftNetOptions['planted']): ScriptedNet {
  const obedient = (): PbftStrategy => ({ tamper: (_to, _message, data) => [data] });
  const net = new ScriptedNet({ size: 4, strategies: [obedient], ...(planted ? { planted } : {}) });
  const isOfViews = ({ kind }: Flight): boolean => kind === 'view-change' || kind === 'new-view' || kind === 'status';
  const isOfVotes = ({ kind }: Flight): boolean => kind === 'pre-prepare' || kind === 'prepare' || kind === 'commit';
  /** All that hear of each other prepare, in this view or a later one, and only one hears it from all. */
  const certifyAt = (one: number, machines: readonly number[], view: number): void => {
    const isVote = ({ kind, to }: Flight): boolean => kind === 'pre-prepare' || (kind === 'prepare' && to === one);
    const isAllowed = (flight: Flight): boolean => isOfViews(flight) || (isVote(flight) && flight.view >= view);
    net.goOn(machines, isAllowed, () => net.view(one).phase === 'prepared');
    net.lose(() => true);
  };
  net.offer('first', 0);
  certifyAt(1, [0, 1, 2, 3], 0);
  net.goOn([0, 2, 3], isOfViews, () => net.view(2).view === 2 && !net.view(2).isChanging);
  net.fire(2, 'interval');
  certifyAt(3, [0, 2, 3], 2);
  certifyAt(2, [0, 1, 2], 3);
  const { view } = net.view(2);
  const isLaterVote = (flight: Flight): boolean => !isOfVotes(flight) || flight.view > view;
  net.goOn([0, 1, 3], isLaterVote, () => net.chain(1).length > 0);
  return net;
}

/** A net in which a script says what arrives when. */
export class ScriptedNet extends PbftNet {
  constructor(options: Omit<PbftNetOptions, 'order' | 'seed'>) {
    super({ ...options, order: 'fifo', seed: 1, posts: 0, isPrompt: true });
    this.start();
    this.pass(() => true);
  }

  /** Delivers everything under way, and what follows from it, that is `allowed`; the rest stays under way. */
  pass(isAllowed: (flight: Flight) => boolean): void {
    while (this.#passOne(isAllowed));
  }

  #passOne(isAllowed: (flight: Flight) => boolean): boolean {
    for (let from = 0; from < this.size; from++) {
      for (let to = 0; to < this.size; to++) {
        if (from === to || !this.at(to).isRunning) continue;
        const place = this.links
          .queue(from, to)
          .findIndex((item) => item.kind !== 'data' || isAllowed(flightOf(from, to, item.data)));
        if (place < 0) continue;
        this.deliver({ from, to, place });
        return true;
      }
    }
    return false;
  }

  /** What is under way and matches is lost. */
  lose(matches: (flight: Flight) => boolean): void {
    for (let from = 0; from < this.size; from++) {
      for (let to = 0; to < this.size; to++) {
        if (from === to) continue;
        const queue = this.links.queue(from, to);
        const kept = queue.filter((item) => item.kind !== 'data' || !matches(flightOf(from, to, item.data)));
        queue.splice(0, queue.length, ...kept);
      }
    }
  }

  /** A trx that reaches all of these, and the primary's interval runs out. */
  offer(trxId: string, primary: number, receivers: readonly number[] = [0, 1, 2, 3]): void {
    for (const index of receivers) this.give(trxId, index);
    this.fire(primary, 'interval');
  }

  give(trxId: string, machine: number): void {
    this.spread(trxId, machine, 0, TrxType.POST);
  }

  /** These lose their patience with the primary. */
  giveUp(...machines: readonly number[]): void {
    for (const machine of machines) {
      const { view } = this.view(machine);
      for (let tick = 0; tick < 64 * PATIENCE_TICKS && this.view(machine).view === view; tick++) this.fire(machine, 'patience');
    }
  }

  /** Lets ticks pass at these machines, and what is allowed between them arrive, until `isDone`. */
  goOn(machines: readonly number[], isAllowed: (flight: Flight) => boolean, isDone: () => boolean): void {
    for (let round = 0; round < MOST_ROUNDS && !isDone(); round++) {
      for (const machine of machines) this.fire(machine, 'patience');
      this.pass((flight) => machines.includes(flight.from) && machines.includes(flight.to) && isAllowed(flight));
    }
    if (!isDone()) throw new Violation('the script does not get there');
  }

  view(machine: number): { readonly view: number; readonly isChanging: boolean; readonly phase: string } {
    const progress = this.machine(machine).engine?.status().view;
    if (!progress) throw new Error(`machine ${machine} does not produce`);
    return progress;
  }

  /** Ids of the trxs in a machine's blocks. */
  chain(machine: number): string[] {
    return this.machine(machine).ledger.blocks.flatMap(({ Trxs }) => Trxs.map(({ TrxId }) => TrxId));
  }
}

function flightOf(from: number, to: number, data: Uint8Array): Flight {
  const inside = engineDataIn(data);
  const message = inside && pbftMessages.decodeMessage(inside, 24);
  if (!message) return { from, to, kind: isSeal(data) ? 'seal' : 'other', view: 0, height: 0 };
  const { kind } = message;
  if (kind === 'pre-prepare' || kind === 'prepare' || kind === 'commit')
    return { from, to, kind, view: message.vote.View, height: message.vote.BlockId };
  if (kind === 'view-change') return { from, to, kind, view: message.viewChange.View, height: 0 };
  return { from, to, kind, view: kind === 'new-view' ? message.newView.View : 0, height: 0 };
}
