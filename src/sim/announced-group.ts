import type { GroupView, RequestedChange, WantedChange } from '../node/index.ts';
import { type SimulatedMachine, World } from './world.ts';

/** Everything up to here is quick in a network that behaves. */
const SETTLE_LIMIT_MS = 120_000;
/** What takes ticks of an agreement, promises and restarts. */
const CHANGE_LIMIT_MS = 240_000;

/** A group whose members all announce themselves as producers: what its owner can choose from. The owner is the first machine. */
export class AnnouncedGroup {
  readonly world: World;
  readonly groupId: string;
  readonly machines: readonly SimulatedMachine[];
  readonly #keys: readonly string[];

  private constructor(world: World, groupId: string, machines: readonly SimulatedMachine[]) {
    this.world = world;
    this.groupId = groupId;
    this.machines = machines;
    this.#keys = machines.map((machine) => this.view(machine).userPubkey);
  }

  static async create(world: World, members: number): Promise<AnnouncedGroup> {
    const owner = await world.addMachine('owner');
    const making = owner.node.createGroup({ groupName: 'announced', encryption: 'public', appKey: 'group_timeline' });
    const { groupId, seed } = await world.settled(making);
    const machines = [owner];
    for (let place = 1; place < members; place++) {
      const machine = await world.addMachine(`member${place}`);
      await world.settled(machine.node.joinGroup(seed));
      await world.settled(machine.node.announce(groupId, { action: 'add', type: 'producer', memo: machine.name }));
      machines.push(machine);
    }
    const group = new AnnouncedGroup(world, groupId, machines);
    let announced = 0;
    const areAnnounced = (): boolean => {
      void owner.node.announcedProducers(groupId).then((items) => {
        announced = items.length;
      });
      return announced === members && group.heads.size === 1;
    };
    if (!(await world.runUntil(areAnnounced, SETTLE_LIMIT_MS))) throw new Error('not everybody is announced');
    return group;
  }

  /** A world with a group of so many members, under a set of several of them. */
  static async under(members: number, producers: readonly number[], seed: number): Promise<AnnouncedGroup> {
    const group = await AnnouncedGroup.create(await World.create(seed), members);
    await group.world.settled(group.owner.node.changeConsensus(group.groupId, group.wanted(group.keys(producers))));
    await group.untilProducers(producers);
    return group;
  }

  get owner(): SimulatedMachine {
    return this.machine(0);
  }

  machine(place: number): SimulatedMachine {
    const machine = this.machines[place];
    if (!machine) throw new RangeError(`there is no member ${place}`);
    return machine;
  }

  view(machine: SimulatedMachine): GroupView {
    const view = machine.node.view().groups.find(({ groupId }) => groupId === this.groupId);
    if (!view) throw new Error(`${machine.name} is in no group`);
    return view;
  }

  get running(): readonly SimulatedMachine[] {
    return this.machines.filter(({ isRunning }) => isRunning);
  }

  /** Hashes of the heads of those that run. */
  get heads(): ReadonlySet<string> {
    return new Set(this.running.map((machine) => this.view(machine).head.hash));
  }

  /** Public keys of members, by place. */
  keys(places: readonly number[]): string[] {
    return places.map((place) => this.#keys[place] ?? '');
  }

  /** What the owner asks for, with what most tests have in common. */
  wanted(producers: readonly string[], over: Partial<WantedChange> = {}): WantedChange {
    return {
      producers,
      startFromEpoch: this.view(this.owner).epoch + 100,
      trxEpochTickMs: 1_000,
      agreementTickMs: 5_000,
      agreementTickCount: 10,
      memo: '',
      // Encrypting proposals takes most of the time of a run, and is tested elsewhere.
      encryption: 1,
      ...over,
    };
  }

  /** The owner asks for a recovery by these. Answers once the request is stored. */
  recover(places: readonly number[], over: Partial<WantedChange> = {}): Promise<RequestedChange> {
    const wanted = this.wanted(this.keys(places), { recovery: true, agreementTickMs: 1_000, ...over });
    return this.world.settled(this.owner.node.changeConsensus(this.groupId, wanted));
  }

  /** Lets time pass until `isSo`. Throws Error with what everybody shows if that does not come. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    if (await this.world.runUntil(isSo, CHANGE_LIMIT_MS)) return;
    const states = this.running.map((machine) => {
      const { head, consensus, producing, change, problem, ownPosts } = this.view(machine);
      return `${machine.name}: block ${head.blockId} of ${consensus.nonce}, ${producing}, ${ownPosts.length} wait, change ${change?.nonce} ${change?.phase} ${change?.result} ${change?.attempt}, ${problem?.code}`;
    });
    throw new Error(`${what}: not reached\n${states.join('\n')}`);
  }

  /** Lets time pass until everybody who runs is under the configuration of these members. */
  async untilProducers(places: readonly number[]): Promise<void> {
    const keys = this.keys(places).sort().join();
    await this.until(`producers ${places}`, () =>
      this.running.every((machine) => [...this.view(machine).producers].sort().join() === keys),
    );
  }

  async untilOneHead(): Promise<void> {
    await this.until('one head', () => this.heads.size === 1);
  }

  /** Lets time pass until nobody's posts wait any more. */
  async untilPosted(): Promise<void> {
    await this.until('no post waits', () => this.running.every((machine) => this.view(machine).ownPosts.length === 0));
  }

  /** Everybody who runs posts, and every post becomes final everywhere. */
  async postEverywhere(): Promise<void> {
    const authors = this.running;
    for (const { name, node } of authors) await this.world.settled(node.post(this.groupId, JSON.stringify({ from: name })));
    await this.until('all posts are final', () =>
      authors.every((machine) => this.view(machine).ownPosts.length === 0 && !this.view(machine).problem),
    );
    await this.untilOneHead();
  }
}
