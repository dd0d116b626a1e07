/** `/metrics`: how this node is doing, in the text form that Prometheus reads. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { NodeService, NodeView } from '../../node/index.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What is told of each group. A group is named by its id: names are its members' own affair. */
const GROUP_GAUGES: readonly (readonly [name: string, help: string, value: (group: NodeView['groups'][number]) => number])[] = [
  ['sett_group_head_block', 'Newest final block that this node holds', (group) => group.head.blockId],
  ['sett_group_target_block', 'Newest block that any member has told of', (group) => group.sync.targetBlock],
  ['sett_group_head_timestamp_seconds', 'Time of the newest final block', (group) => group.head.timeMs / 1_000],
  ['sett_group_epoch', 'Epoch that runs here, or the newest heard of', (group) => group.epoch],
  ['sett_group_posts', 'Final posts that this node holds', (group) => group.posts],
  ['sett_group_own_posts_waiting', 'Posts made here that are not final yet', (group) => group.ownPosts.length],
  ['sett_group_members', 'Members connected or heard of in the last minute', (group) => group.members.length],
  ['sett_group_producers', 'Producers of the group', (group) => group.consensus.producers.length],
  [
    'sett_group_producers_away',
    'Producers that this node is not connected to and has not heard of',
    (group) => group.consensus.producers.filter(({ link }) => link === 'away').length,
  ],
  ['sett_group_waiting_blocks', 'Blocks decided here that wait for seals', (group) => group.consensus.waitingBlocks],
  [
    'sett_group_producing',
    '1 while this node produces',
    ({ producing }) => (producing === 'working' || producing === 'resting' ? 1 : 0),
  ],
  ['sett_group_stopped', '1 if the group does not go on here', (group) => (group.problem ? 1 : 0)],
  [
    'sett_group_faults',
    'Misbehaviour of producers seen here since this node began to produce',
    (group) => group.consensus.producers.flatMap(({ faults }) => Object.values(faults)).reduce((sum, count) => sum + count, 0),
  ],
];

export class Metrics {
  readonly #registry = new Registry();
  readonly #calls: Counter<'method' | 'status'>;
  readonly #seconds: Histogram;

  constructor(options: {
    readonly service: Pick<NodeService, 'view'>;
    readonly version: string;
    readonly eventReaders: () => number;
  }) {
    const { service } = options;
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#calls = new Counter({
      name: 'sett_http_requests_total',
      help: 'Calls answered, by method and status',
      labelNames: ['method', 'status'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'sett_http_request_duration_seconds',
      help: 'Time to answer a call',
      buckets: SECONDS,
      registers,
    });
    new Gauge({ name: 'sett_info', help: 'The version that runs', labelNames: ['version'], registers }).set(
      { version: options.version },
      1,
    );
    this.#gauge('sett_http_event_readers', 'Open sockets and streams of events', options.eventReaders);
    this.#gauge('sett_network_peers', 'Connected peers that are not relays', () => service.view().network.peers);
    this.#gauge(
      'sett_network_relays_reserved',
      'Relays through which others reach this node',
      () => service.view().network.relays.filter(({ state }) => state === 'reserved').length,
    );
    this.#gauge('sett_storage_used_bytes', 'Size of the database', () => service.view().storage.usedBytes ?? 0);
    this.#gauge('sett_notices', 'Conditions that a person should know of', () => service.view().notices.length);
    for (const [name, help, value] of GROUP_GAUGES) {
      new Gauge({
        name,
        help,
        labelNames: ['group_id'],
        registers,
        collect() {
          // A group that was left is not told of any more.
          this.reset();
          for (const group of service.view().groups) this.set({ group_id: group.groupId }, value(group));
        },
      });
    }
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** A call was answered. */
  called(method: string, status: number, durationMs: number): void {
    this.#calls.inc({ method, status });
    this.#seconds.observe(durationMs / 1_000);
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(value());
      },
    });
  }
}
