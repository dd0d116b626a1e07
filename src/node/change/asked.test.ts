import { describe, expect, it } from 'vitest';
import { HandoverReport, readTick, requestName, signTick } from '../../consensus/index.ts';
import { publicKeyOf, signContract, signRequest, verifyResponse } from '../../crypto/index.ts';
import { ChangeConsensusReq, ConsensusContract, decodeOrNothing, TrxType } from '../../records/index.ts';
import { AnnouncedGroup, liarIn, type SimulatedMachine, World } from '../../sim/index.ts';
import { openSecrets } from '../keystore.ts';
import type { Write } from '../ports.ts';
import { ProducerFrame, ProducerHello, signHello } from '../producers/frames.ts';
import { OutboxRow } from '../rows.ts';

const plainVault = { seal: async (bytes: Uint8Array) => bytes.slice(), open: async (bytes: Uint8Array) => bytes.slice() };
type Report = ReturnType<typeof HandoverReport.decode>;
const PEER = 'peer-owner-too';

/** The owner and one member, and whoever speaks to that member with a key of its own choice. */
async function scene(seed: number) {
  const world = await World.create(seed);
  const group = await AnnouncedGroup.create(world, 2);
  const { groupId } = group;
  const member = group.machine(1);
  const own = await world.settled(openSecrets(groupId, group.owner.disk.open({ fence: false }), plainVault));
  if (!own) throw new Error('the owner has no keys');
  const { signSecret } = own;
  const [pubkey = ''] = group.keys([1]);

  /** A good request of the owner, of this member alone. */
  const request = (over: Partial<ChangeConsensusReq> = {}, contract?: Partial<ConsensusContract>): ChangeConsensusReq =>
    signRequest(
      ChangeConsensusReq.create({
        ReqId: `request ${over.Nonce}`,
        GroupId: groupId,
        Nonce: 1,
        ProducerPubkeyList: [pubkey],
        AgreementTickLenInMs: 5_000,
        AgreementTickCount: 10,
        StartFromEpoch: 1_000,
        TrxEpochTickLenInMs: 1_000,
        ...(contract && { Contract: signContract(ConsensusContract.create({ GroupId: groupId, ...contract }), signSecret) }),
        ...over,
      }),
      signSecret,
    );

  /** A stream to the member, on which a peer has said this hello; `reports`: what the member reports on it. */
  const open = async (peer: string, hello: Uint8Array) => {
    const reports: Report[] = [];
    const stream = await world.settled(world.network.connect(peer).openStream(member.peerId));
    const heard = (data: Uint8Array): void => {
      for (const report of decodeOrNothing(ProducerFrame, data)?.Change ?? []) reports.push(HandoverReport.decode(report));
    };
    stream.receive({ message: heard, closed: () => {} });
    stream.send(hello);
    return { reports, stream };
  };
  const helloOf = (secret: Uint8Array, about: ChangeConsensusReq, FromPeer = PEER): ProducerHello => {
    const names = { GroupId: groupId, ConfigNonce: about.Nonce, Name: requestName(about) };
    return signHello({ ...names, FromPeer, ToPeer: member.peerId, Pubkey: publicKeyOf(secret) }, secret, 'request');
  };
  const frameOf = (said: Uint8Array): Uint8Array => ProducerFrame.encode(ProducerFrame.create({ Change: [said] }));

  /**
   * Opens a stream to the member under this key, as an owner does for this request, and says these ticks; `over` changes the hello after it was
   * signed. Answers what the member reports on it.
   */
  const say = async (
    secret: Uint8Array,
    about: ChangeConsensusReq,
    ticks: readonly Uint8Array[],
    { FromPeer, ...over }: Partial<ProducerHello> = {},
  ): Promise<Report[]> => {
    const { reports, stream } = await open(PEER, ProducerHello.encode({ ...helloOf(secret, about, FromPeer), ...over }));
    for (const said of ticks) stream.send(frameOf(said));
    await world.run(2_000);
    world.network.disconnect(PEER);
    return reports;
  };
  const tick = (of: ChangeConsensusReq): Uint8Array => signTick(of, 1, signSecret);
  const faults = () => group.view(member).change?.ownerFaults;
  return { world, group, member, signSecret, request, open, helloOf, frameOf, say, tick, faults };
}

describe('who is asked answers (C-30)', () => {
  it('on a stream of the owner, with the reason where it refuses what its software cannot do', async () => {
    const { signSecret, request, say, tick } = await scene(50);
    for (const [nonce, contract, reason] of [
      [1, { Contract: 'raft' }, /engine raft/],
      [2, { Version: '1000' }, /rules 1000/],
    ] as const) {
      const asked = request({ Nonce: nonce }, contract);
      const [report, ...more] = await say(signSecret, asked, [tick(asked)]);
      expect(report?.Response?.Refused).toMatch(reason);
      expect(report?.Response?.Req).toEqual(asked);
      expect(more).toEqual([]);
    }
    const good = request({ Nonce: 3 });
    const reports = await say(signSecret, good, [tick(good)]);
    expect(reports.map(({ Bundle, Response }) => (Bundle ?? Response)?.Req)).toContainEqual(good);
  });

  it('before it has a block that only somebody claims to have, whoever that says to be (N-15)', async () => {
    const { world, group } = await scene(51);
    const { consensus } = group.view(group.owner);
    for (const pubkey of group.keys([0, 1])) {
      const far = { HeadBlockId: 1_000_000_000, ConfigNonce: consensus.nonce, Pubkey: pubkey };
      await liarIn(group, far, () => new Promise(() => {}), `liar as ${pubkey}`);
    }
    await world.run(1_000);
    const { reqId } = await world.settled(group.owner.node.changeConsensus(group.groupId, group.wanted(group.keys([0, 1]))));
    await group.untilProducers([0, 1]);
    const { result } = await world.settled(group.owner.node.proof(group.groupId, reqId));
    expect(result).toBe('SUCCESS');
  });

  it('not before it is at the newest block that the owner says to have', async () => {
    const { world, group, signSecret, request, say, tick } = await scene(56);
    group.owner.crash();
    await world.run(70_000);
    const good = request();
    const { blockId } = group.view(group.machine(1)).head;
    for (const [HeadBlockId, isAnswered] of [
      [blockId + 1, false],
      [blockId, true],
    ] as const) {
      const owner = { HeadBlockId, ConfigNonce: 0, Pubkey: publicKeyOf(signSecret) };
      await liarIn(group, owner, () => new Promise(() => {}), 'owner elsewhere', signSecret);
      await world.run(1_000);
      expect((await say(signSecret, good, [tick(good)])).length > 0).toBe(isAnswered);
    }
  });

  it('not before it has heard the owner tell of its newest block: what the request relies on may be above its own', async () => {
    const { world, group, signSecret, request, say, tick } = await scene(53);
    group.owner.crash();
    // So long a member that fell silent is remembered, and some more.
    await world.run(70_000);
    const good = request();
    expect(await say(signSecret, good, [tick(good)])).toEqual([]);
    await group.owner.start();
    await world.run(10_000);
    expect(await say(signSecret, good, [tick(good)])).not.toEqual([]);
  });

  it('not while another is not announced, to whose key nothing can be encrypted; that one refuses', async () => {
    const world = await World.create(54);
    const group = await AnnouncedGroup.create(world, 3);
    const { groupId, owner } = group;
    // Nobody answers before all of them are connected.
    group.machine(1).crash();
    const wanted = group.wanted(group.keys([0, 1, 2]), { agreementTickCount: 100 });
    const { reqId } = await world.settled(owner.node.changeConsensus(groupId, wanted));
    await world.run(3_000);
    const { node } = group.machine(2);
    await world.settled(node.announce(groupId, { action: 'remove', type: 'producer', memo: '' }));
    await group.untilPosted();
    await group.untilOneHead();
    await world.run(5_000);
    await group.machine(1).start();
    await group.until('the result is final', () => group.view(owner).change?.phase === 'done');
    for (const machine of group.machines) expect(group.view(machine).problem).toBeUndefined();
    const { result, resps } = await world.settled(owner.node.proof(groupId, reqId));
    expect(result).toBe('FAILED');
    expect(resps.map(({ SenderPubkey, Refused }) => [SenderPubkey, Refused])).toEqual([
      [group.keys([2])[0], 'it does not announce itself as a producer any more'],
    ]);
  });

  it('only once its answer is in its log, as the owner’s tick and choice are in its own before they are heard of (C-33)', async () => {
    const early: string[] = [];
    const seen = new Set<string>();
    const check = (what: string, machine: SimulatedMachine, inLog: RegExp): void => {
      seen.add(what);
      if (!machine.disk.peek('log', {}).some(({ key }) => inLog.test(key))) early.push(`${what} of ${machine.name}`);
    };
    const world = await World.create(55, {
      block: () => {},
      sent: (machine, _to, data) => {
        for (const said of decodeOrNothing(ProducerFrame, data)?.Change ?? []) {
          if (readTick(said)) check('tick', machine, /\/asking\/.*\/tick$/);
          const { Response: response } = decodeOrNothing(HandoverReport, said) ?? {};
          if (response && verifyResponse(response)) check('response', machine, /\/asked\/response\//);
        }
      },
      written: (machine, writes) => {
        const isResult = ({ table, value }: Write): boolean =>
          table === 'outbox' && value !== undefined && OutboxRow.decode(value).Trx?.Type === TrxType.CONSENSUS;
        if (writes.some(isResult)) check('choice', machine, /\/asking\/.*\/choice$/);
      },
    });
    const group = await AnnouncedGroup.create(world, 3);
    await world.settled(group.owner.node.changeConsensus(group.groupId, group.wanted(group.keys([0, 1, 2]))));
    await group.untilProducers([0, 1, 2]);
    expect([...seen].sort()).toEqual(['choice', 'response', 'tick']);
    expect(early).toEqual([]);
  });

  it('each tick, which comes numbered on the stream that is open (C-30)', async () => {
    const heard: number[] = [];
    const world = await World.create(56, {
      block: () => {},
      sent: (_machine, to, data) => {
        const ticks = decodeOrNothing(ProducerFrame, data)?.Change.flatMap((said) => readTick(said) ?? []) ?? [];
        if (to === 'peer-member1') heard.push(...ticks.map(({ attempt }) => attempt));
      },
    });
    const group = await AnnouncedGroup.create(world, 3);
    group.machine(2).crash();
    const wanted = group.wanted(group.keys([0, 1, 2]), { agreementTickMs: 1_000 });
    await world.settled(group.owner.node.changeConsensus(group.groupId, wanted));
    await group.until('the result is final', () => group.view(group.owner).change?.phase === 'done');
    expect([...new Set(heard)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('as soon as the owner reaches it: who connects between two ticks is sent the newest one', async () => {
    const { world, group, member } = await scene(52);
    member.crash();
    const wanted = group.wanted(group.keys([0, 1]), { agreementTickMs: 3_600_000 });
    await world.settled(group.owner.node.changeConsensus(group.groupId, wanted));
    await world.run(10_000);
    await member.start();
    await group.untilProducers([0, 1]);
  });
});

describe('a request that is none (C-34)', () => {
  it('is passed over and counted: replayed, altered, contradicting, and foreign ones', async () => {
    const { world, group, member, signSecret, say, tick, faults } = await scene(40);
    const { groupId } = group;
    const wanted = group.wanted(group.keys([0, 1]));
    const { reqId } = await world.settled(group.owner.node.changeConsensus(groupId, wanted));
    await group.untilProducers([0, 1]);
    const { req } = await world.settled(member.node.proof(groupId, reqId));

    await say(signSecret, req, [tick(req)]);
    expect(faults()).toEqual({ 'stale-request': 1 });

    const next = signRequest({ ...req, Nonce: 2, StartFromEpoch: req.StartFromEpoch + 1_000 }, signSecret);
    const altered = { ...next, ProducerPubkeyList: [...next.ProducerPubkeyList].reverse() };
    await say(signSecret, next, [tick(altered), Uint8Array.of(1, 2, 3)]);
    expect(faults()).toEqual({ 'stale-request': 1, 'unsigned-request': 2 });

    const other = signRequest({ ...next, TrxEpochTickLenInMs: 5_000 }, signSecret);
    await say(signSecret, next, [tick(next), tick(other)]);
    expect(faults()).toEqual({ 'stale-request': 1, 'unsigned-request': 2, 'conflicting-request': 1 });
    const [proven, ...more] = await world.settled(member.node.provenFaults(groupId));
    expect(proven).toMatchObject({ pubkey: publicKeyOf(signSecret), kind: 'conflicting-request' });
    expect(proven?.records.map((record) => ChangeConsensusReq.decode(record))).toEqual([next, other]);
    expect(more).toEqual([]);
    expect(group.view(member).provenFaults).toBe(1);
    member.crash();
    await member.start();
    await group.until('what is stored is known again', () => group.view(member).provenFaults === 1);
    expect(await world.settled(member.node.provenFaults(groupId))).toEqual([proven]);

    const { penalties } = world.network;
    expect(penalties).toEqual([]);
    const stranger = new Uint8Array(32).fill(7);
    await say(stranger, next, [signTick(signRequest(next, stranger), 1, stranger)]);
    expect(penalties.map(({ reason }) => reason)).toEqual(['it asks for a change of consensus and is not the owner']);
  });

  it('is counted where it is for others, or not the one that the stream was opened for', async () => {
    const { group, signSecret, request, say, tick, faults } = await scene(41);
    // Something to show faults beside.
    const refused = request({ Nonce: 1 }, { Contract: 'raft' });
    await say(signSecret, refused, [tick(refused)]);
    expect(faults()).toEqual({});
    const forOthers = request({ Nonce: 2, ProducerPubkeyList: group.keys([0]) });
    expect(await say(signSecret, forOthers, [tick(forOthers)])).toEqual([]);
    expect(faults()).toEqual({ 'foreign-request': 1 });
    const [one, another] = [request({ Nonce: 3 }), request({ Nonce: 4 })];
    expect(await say(signSecret, one, [tick(another)])).toEqual([]);
    expect(faults()).toEqual({ 'foreign-request': 2 });
  });

  it('is not heard on a stream whose hello is not the owner’s, of this very connection', async () => {
    const { world, member, group, signSecret, request, say, tick } = await scene(42);
    const good = request();
    for (const over of [{ FromPeer: 'peer-of-another' }, { ToPeer: 'peer-of-another' }, { Sign: new Uint8Array(65) }]) {
      expect(await say(signSecret, good, [tick(good)], over), Object.keys(over).join()).toEqual([]);
      expect(group.view(member).change).toBeUndefined();
    }
    expect(world.network.penalties).toEqual([]);
    expect(await say(signSecret, good, [tick(good)])).not.toEqual([]);
  });

  it('is not heard from who says the owner’s hello after it, or makes one up, and that does not cut the owner off', async () => {
    const { world, signSecret, request, open, helloOf, frameOf, tick } = await scene(43);
    const good = request();
    const hello = helloOf(signSecret, good);
    const { stream, reports } = await open(PEER, ProducerHello.encode(hello));
    await world.run(500);
    const madeUp = { ...hello, FromPeer: 'peer-that-makes-up', Sign: new Uint8Array(65) };
    for (const [peer, said] of [
      ['peer-that-overheard', hello],
      ['peer-that-makes-up', madeUp],
    ] as const) {
      const other = await open(peer, ProducerHello.encode(said));
      other.stream.send(frameOf(tick(good)));
      await world.run(2_000);
      expect([other.reports, reports], peer).toEqual([[], []]);
    }
    stream.send(frameOf(tick(good)));
    await world.run(2_000);
    expect(reports).not.toEqual([]);
  });
});
