import type { GroupView, WantedChange } from '../node/index.ts';
import type { SimulatedMachine, World } from './world.ts';

/** Everything up to here is quick in a network that behaves. */
const SETTLE_LIMIT_MS = 120_000;

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

  /** Hashes of the heads of those that run. */
  get heads(): ReadonlySet<string> {
    return new Set(this.machines.filter(({ isRunning }) => isRunning).map((machine) => this.view(machine).head.hash));
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
}
