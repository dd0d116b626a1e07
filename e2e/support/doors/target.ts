/** Who is attacked: a relay, the owner of a group and a member of it, in processes of their own; and whether all is well with them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createGroup, type HeadlessWorld, type NodeProcess } from '../node-process.ts';
import { freePort, type RunningProcess } from '../process.ts';
import type { Door, Scene } from './order.ts';

/** What a process says when it has met an error that nobody expected. */
const DEFECT = /^.*(?:[Aa] defect|more defects|a call met a defect).*$(?:\n\s+at .*)*/gm;
/** State of a listening socket in the system's table of TCP sockets. */
const LISTENING = '0A';
const TOKEN_MS = 24 * 60 * 60 * 1_000;

export interface Target {
  readonly owner: NodeProcess;
  readonly member: NodeProcess;
  readonly groupId: string;
  readonly scene: Scene;
  readonly processes: readonly (readonly [name: string, process: Pick<RunningProcess, 'pid' | 'output' | 'isRunning'>])[];
  /** What is wrong with the processes: ended, or met a defect. Each defect is told once. */
  problems(): string[];
}

export async function startTarget(world: HeadlessWorld): Promise<Target> {
  const listenPort = await freePort();
  const owner = await world.start({ args: ['--listen', `/ip4/127.0.0.1/tcp/${listenPort}/ws`] });
  const member = await world.start();
  const { group_id: groupId, seed } = await createGroup(owner, 'doors');
  await member.call('/api/v2/group/join', { seed });
  const { token } = await owner.call('/app/api/v1/token/create', {
    name: 'attacker',
    role: 'node',
    allow_groups: [groupId],
    expires_at: new Date(Date.now() + TOKEN_MS).toISOString(),
  });
  const { relays } = await (await fetch(`${world.relay.origin}/bootstrap.json`)).json();
  const relayAddress: string = relays[0];
  const peerIdOf = async (node: NodeProcess): Promise<string> => (await node.call('/api/v1/network')).peer_id;
  const internal = listeningPorts(world.relay.pid).filter((port) => port !== world.relay.port);
  const doors: Door[] = [
    { name: 'relay', port: world.relay.port, path: '/', address: relayAddress },
    ...internal.map((port) => ({ name: 'inside the relay', port })),
    { name: 'node', port: owner.port, path: '/api/v1/ws/trx' },
    {
      name: 'node, listening',
      port: listenPort,
      path: '/',
      address: `/ip4/127.0.0.1/tcp/${listenPort}/ws/p2p/${await peerIdOf(owner)}`,
    },
    { name: 'member, over a circuit', address: `${relayAddress}/p2p-circuit/p2p/${await peerIdOf(member)}` },
  ];
  const processes = [
    ['relay', world.relay],
    ['owner', owner],
    ['member', member],
  ] as const;
  const told = new Map<string, number>();
  return {
    owner,
    member,
    groupId,
    scene: { doors, relayOrigin: world.relay.origin, nodeOrigin: owner.origin, listenPort, groupId, seed, token },
    processes,
    problems: () =>
      processes.flatMap(([name, process]) => {
        const output = process.output();
        const found = output.slice(told.get(name) ?? 0).match(DEFECT) ?? [];
        told.set(name, output.length);
        return [...(process.isRunning() ? [] : [`${name} has ended`]), ...found.map((text) => `${name}: ${text}`)];
      }),
  };
}

/** The same, with one more peer that is reached over circuits. */
export function withDoor(target: Target, name: string, peerId: string): Target {
  const { scene } = target;
  const relay = scene.doors.find((door) => door.name === 'relay')?.address;
  return { ...target, scene: { ...scene, doors: [...scene.doors, { name, address: `${relay}/p2p-circuit/p2p/${peerId}` }] } };
}

/** TCP ports that a process listens on; none where the system does not tell (it is Linux that does). */
export function listeningPorts(pid: number): number[] {
  try {
    const own = new Set(
      readdirSync(`/proc/${pid}/fd`).flatMap(
        (file) => /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${file}`))?.[1] ?? [],
      ),
    );
    return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
      .split('\n')
      .map((row) => row.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === LISTENING && own.has(inode ?? ''))
      .map(([, local]) => Number.parseInt(local?.split(':')[1] ?? '', 16));
  } catch {
    return [];
  }
}

/** Posts, and resolves with the milliseconds until it is final on this node. */
export async function postFinally(node: NodeProcess, groupId: string, content: string, timeoutMs: number): Promise<number> {
  const startMs = performance.now();
  const { trx_id: trxId } = await node.call(`/api/v1/group/${groupId}/content`, { data: { type: 'Note', content } });
  while (performance.now() - startMs < timeoutMs) {
    if ((await node.call(`/api/v1/trx/${groupId}/${trxId}/status`)).status === 'Committed') return performance.now() - startMs;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Post "${content}" was not final after ${timeoutMs} ms.`);
}
