import { beforeAll, describe, expect, test } from 'vitest';
import { initCrypto, initThreshold, publicKeyOf, signHash, verifyRequest, verifyResponse } from '../../crypto/index.ts';
import { ChangeConsensusReq, type ChangeConsensusResp, sha256 } from '../../records/index.ts';
import { SeededRandom } from '../../sim/index.ts';
import { encodeMessage } from '../hbbft/messages.ts';
import { Member, dealingRandom as random, responsesIn, tickOf } from '../testing/member.ts';
import { GROUP_ID, OWNER_SECRET, recoveryContract, requestFor, secretsOf } from '../testing/request.ts';
import type { ParticipantInput } from './participant.ts';
import { encodeProof, HandoverReport, proofLimitBytes } from './proofs.ts';
import { signTick } from './request.ts';
import type { HandoverStep } from './step.ts';

beforeAll(async () => {
  await initCrypto();
  await initThreshold();
});

describe('which requests are open (rule 2)', () => {
  test('a good one is, and is answered once the node is ready', () => {
    const member = new Member(2);
    const request = requestFor(2);
    const { opened, persist, report } = member.do(tickOf(request));
    expect(opened?.producers).toEqual(secretsOf(2).map(publicKeyOf));
    expect(opened?.hasResponded).toBe(false);
    expect(persist).toHaveLength(1);
    expect(report).toEqual([]);
    const step = member.accept();
    expect(responsesIn(step)[0]).toMatchObject({ RespId: 'a response', GroupId: GROUP_ID, Req: request });
    expect(verifyResponse(responsesIn(step)[0] as ChangeConsensusResp)).toBe(true);
    expect(step.persist.map(({ key }) => key.split('/')[0])).toContain('response');
    expect(step.timers.map(({ name }) => name)).toEqual(['4/1/proofs']);
    expect(member.participant.status()).toMatchObject({ response: 'given', attempt: 1 });
  });

  test('not so: stale nonce, foreign signer, another group, an altered list, another’s list, bad ticks', () => {
    const request = requestFor(2);
    const stranger = secretsOf(2)[1] as Uint8Array;
    const foreign = requestFor(2, {}, stranger);
    const altered = { ...request, ProducerPubkeyList: request.ProducerPubkeyList.toReversed() };
    expect(verifyRequest(altered)).toBe(false);
    for (const input of [
      tickOf(requestFor(2, { Nonce: 3 })),
      { type: 'tick', data: signTick(foreign, 1, stranger) },
      tickOf(requestFor(2, { GroupId: 'aa2a1b5e-57ac-4b4e-8c8c-2d2c3a6f1a01' })),
      tickOf(altered),
      tickOf(requestFor(2, { ProducerPubkeyList: secretsOf(2).slice(1).map(publicKeyOf) })),
      tickOf(requestFor(2, { ProducerPubkeyList: [] })),
      tickOf(requestFor(2, { ProducerPubkeyList: [...request.ProducerPubkeyList, ...request.ProducerPubkeyList] })),
      tickOf(requestFor(2, { AgreementTickLenInMs: 999 })),
      tickOf(requestFor(2, { AgreementTickCount: 9 })),
      tickOf(requestFor(2, { AgreementTickCount: 101 })),
      tickOf(requestFor(2, { TrxEpochTickLenInMs: 499 })),
      tickOf(request, 11),
      tickOf(request, 0),
    ] as const) {
      const member = new Member(2);
      const step = member.do(input);
      expect([step.opened, step.persist, step.conflictingRequests]).toEqual([undefined, [], undefined]);
    }
  });

  test('nor what the owner has not signed as a tick: another number, another tag, another’s signature (C-30, C-34)', () => {
    const good = signTick(requestFor(2), 1, OWNER_SECRET);
    // Key, length and the 65 bytes of the signature, which come last.
    const body = good.slice(0, -67);
    const signed = (unsigned: Uint8Array, secret: Uint8Array): Uint8Array =>
      Uint8Array.of(...unsigned, 0x22, 65, ...signHash(sha256(unsigned), secret));
    expect(signed(body, OWNER_SECRET)).toEqual(good);
    const otherTag = body.with(2, (body[2] as number) ^ 1);
    const numbered = good.with(body.length - 1, 2);
    for (const bad of [numbered, signed(otherTag, OWNER_SECRET), signed(body, secretsOf(2)[1] as Uint8Array)]) {
      const member = new Member(2);
      expect(member.do({ type: 'tick', data: bad }).opened).toBeUndefined();
      expect(member.do({ type: 'tick', data: good }).opened).toBeDefined();
      // It starts no attempt of the open request either.
      expect(member.accept().timers).toHaveLength(1);
      expect(member.do({ type: 'tick', data: bad }).timers).toEqual([]);
    }
  });

  test('any bytes are taken for a tick', () => {
    const good = signTick(requestFor(2), 1, OWNER_SECRET);
    const member = new Member(2);
    for (let seed = 1; seed <= 300; seed++) {
      const seeded = new SeededRandom(seed, 'tick');
      const bad = seeded.chance(0.5) ? seeded.bytes(seeded.int(300)) : good.slice(0, seeded.int(good.length));
      expect(member.do({ type: 'tick', data: bad }).opened).toBeUndefined();
    }
  });

  test('two requests with one nonce prove the owner’s fault; the first stays', () => {
    const member = new Member(2);
    const [first, second] = [requestFor(2), requestFor(2, { StartFromEpoch: 7 })];
    member.do(tickOf(first));
    for (const _ of ['before a restart', 'after it']) {
      const { conflictingRequests, opened } = member.do(tickOf(second));
      expect(opened).toBeUndefined();
      expect(conflictingRequests?.map((data) => verifyRequest(ChangeConsensusReq.decode(data)))).toEqual([true, true]);
      expect(member.participant.status().request).toEqual(first);
      member.restart();
    }
    // What it has answered is known when another one is open.
    member.accept();
    member.do(tickOf(requestFor(2, { Nonce: 6 })));
    expect(member.do(tickOf(second)).conflictingRequests).toHaveLength(2);
    expect(member.do(tickOf(first)).conflictingRequests).toBeUndefined();
  });

  test('so they do when a later request is open, if the first had its response (C-34)', () => {
    const member = new Member(2);
    member.do(tickOf(requestFor(2)));
    member.accept();
    member.do(tickOf(requestFor(2, { Nonce: 6 })));
    expect(member.do(tickOf(requestFor(2, { StartFromEpoch: 7 }))).conflictingRequests).toHaveLength(2);
    expect(member.do(tickOf(requestFor(2))).conflictingRequests).toBeUndefined();
  });

  test('one that is over is not opened again, whatever is left of the log and the chain (C-30, C-34)', () => {
    const settled = new Member(2);
    settled.do(tickOf(requestFor(2)));
    settled.do({ type: 'settled', nonce: 4 });
    settled.restart();
    expect(settled.do(tickOf(requestFor(2))).opened).toBeUndefined();
    const answered = new Member(2);
    answered.do(tickOf(requestFor(2)));
    answered.accept();
    for (const key of answered.log.keys()) if (!key.startsWith('response')) answered.log.delete(key);
    answered.restart();
    expect(answered.do(tickOf(requestFor(2))).opened).toBeUndefined();
  });

  test('a later one takes the place of an earlier, whose attempts are forgotten and whose response is not', () => {
    const member = new Member(2);
    member.do(tickOf(requestFor(2)));
    member.accept();
    const step = member.do(tickOf(requestFor(2, { Nonce: 6 })));
    expect(step.opened?.request.Nonce).toBe(6);
    expect([...member.log.keys()].filter((key) => key.startsWith('0000000000000004'))).toEqual([]);
    expect([...member.log.keys()].filter((key) => key.startsWith('response'))).toHaveLength(1);
    expect(member.accept(6).report).toHaveLength(1);
    // What was under way for the earlier one changes nothing.
    expect(member.do({ type: 'timer', name: '4/1/proofs' }).persist).toEqual([]);
    expect(member.do({ type: 'message', nonce: 4, sender: 1, data: Uint8Array.of(1) }).faults).toEqual([]);
    expect(member.do(tickOf(requestFor(2, { Nonce: 5 }))).opened).toBeUndefined();
  });
});

describe('one response a nonce (rule 2)', () => {
  test('the same again at each tick and after each restart; never another', () => {
    const member = new Member(2);
    const request = requestFor(2);
    member.do(tickOf(request));
    const [response] = responsesIn(member.accept());
    expect(responsesIn(member.do(tickOf(request, 2)))).toEqual([response]);
    const { opened, report, timers } = member.restart();
    expect(opened?.hasResponded).toBe(true);
    expect(HandoverReport.decode(report[0] as Uint8Array).Response).toEqual(response);
    expect(timers.map(({ name }) => name)).toEqual(['4/1/proofs', '4/2/proofs']);
    expect(member.do({ type: 'ready', nonce: 4, responseId: 'another', random }).encrypt).toBeUndefined();
    expect(member.do({ type: 'refuse', nonce: 4, responseId: 'another', reason: 'no' }).report).toEqual([]);
    expect(responsesIn(member.do(tickOf(request, 3)))).toEqual([response]);
    expect(member.participant.hasGiven(response as ChangeConsensusResp)).toBe(true);
    expect(member.participant.hasGiven({ ...(response as ChangeConsensusResp), RespId: 'another' })).toBe(false);
  });

  test('of the largest set, it fits into a proof', () => {
    const member = new Member(24);
    const request = requestFor(24, { Contract: recoveryContract() });
    member.do(tickOf(request));
    const { encrypt } = member.do({ type: 'ready', nonce: 4, responseId: 'aa2a1b5e-57ac-4b4e-8c8c-2d2c3a6f1a01', random });
    // What an age file to one recipient adds.
    const encryptedShares = encrypt?.shares.map(({ plain }) => Uint8Array.of(...plain, ...new Uint8Array(210))) ?? [];
    const [response] = responsesIn(member.do({ type: 'encrypted', nonce: 4, encryptedShares }));
    expect(encodeProof(response as ChangeConsensusResp).length).toBeLessThan(proofLimitBytes(request));
  });

  test('a crash before the response is made: the request is open again, and is answered then', () => {
    const member = new Member(2);
    member.do(tickOf(requestFor(2)));
    member.do({ type: 'ready', nonce: 4, responseId: 'lost', random });
    expect(member.restart().opened?.hasResponded).toBe(false);
    expect(responsesIn(member.accept(4, 'kept'))[0]?.RespId).toBe('kept');
  });

  test('shares that come encrypted and were not asked for are no response, and those of an earlier request keep none back (C-30)', () => {
    const member = new Member(2);
    member.do(tickOf(requestFor(2)));
    const unasked: ParticipantInput = { type: 'encrypted', nonce: 4, encryptedShares: [random, random] };
    expect(member.do(unasked)).toMatchObject({ persist: [], report: [] });
    member.do({ type: 'ready', nonce: 4, responseId: 'of the earlier one', random });
    member.do(tickOf(requestFor(2, { Nonce: 5 })));
    expect(responsesIn(member.accept(5))).toHaveLength(1);
    expect(member.do({ ...unasked, nonce: 5 })).toMatchObject({ persist: [], report: [] });
  });

  test('while shares are encrypted no second dealing is made', () => {
    const member = new Member(2);
    member.do(tickOf(requestFor(2)));
    expect(member.do({ type: 'ready', nonce: 4, responseId: 'one', random }).encrypt?.shares).toHaveLength(2);
    expect(
      member.do({ type: 'ready', nonce: 4, responseId: 'two', random: random.map((byte) => byte + 1) }).encrypt,
    ).toBeUndefined();
  });

  test('what was dealt for an earlier request is nothing to a later one', () => {
    const member = new Member(2);
    member.do(tickOf(requestFor(2)));
    member.do({ type: 'ready', nonce: 4, responseId: 'earlier', random });
    member.do(tickOf(requestFor(2, { Nonce: 6 })));
    expect(responsesIn(member.accept(6, 'later'))[0]).toMatchObject({ RespId: 'later', Req: { Nonce: 6 } });
  });

  test('a refusal has a reason, takes part in no attempt, and goes to the owner each tick', () => {
    const member = new Member(2);
    const request = requestFor(2);
    member.do(tickOf(request));
    expect(() => member.do({ type: 'refuse', nonce: 4, responseId: 'r', reason: '' })).toThrow('reason');
    const step = member.do({ type: 'refuse', nonce: 4, responseId: 'r', reason: 'a higher block is here', higherBlock: random });
    expect(responsesIn(step)[0]).toMatchObject({ Refused: 'a higher block is here', HigherBlock: random });
    expect(step.timers).toEqual([]);
    expect(responsesIn(member.do(tickOf(request, 2)))[0]?.Refused).toBe('a higher block is here');
    expect(member.participant.status()).toMatchObject({ response: 'refused', attempt: 0 });
  });
});

describe('attempts (rule 2)', () => {
  /** What producer 1 says first in an attempt, to producer 0 of `size`. */
  const firstWords = (size: number, attempt: number, index: number, responseId = 'a response'): Uint8Array => {
    const other = new Member(size, index);
    const connected = other.do(tickOf(requestFor(size), attempt));
    expect(connected.opened).toBeDefined();
    other.accept(4, responseId);
    const [first] = other.do({ type: 'connected', nonce: 4, peer: 0 }).send;
    return first?.data as Uint8Array;
  };

  test('an attempt is joined when f+1 others are in it, without a tick of the owner', () => {
    const member = new Member(4);
    member.do(tickOf(requestFor(4)));
    member.accept();
    const once = member.do({ type: 'message', nonce: 4, sender: 1, data: firstWords(4, 5, 1) });
    expect(once.timers).toEqual([]);
    const twice = member.do({ type: 'message', nonce: 4, sender: 2, data: firstWords(4, 5, 2) });
    expect(twice.timers.map(({ name }) => name)).toEqual(['4/5/proofs']);
    expect(member.participant.status().attempt).toBe(5);
  });

  test('a tick that comes late starts no attempt before the newest (C-30)', () => {
    const member = new Member(2);
    member.do(tickOf(requestFor(2), 3));
    member.do(tickOf(requestFor(2), 1));
    expect(member.accept().timers.map(({ name }) => name)).toEqual(['4/3/proofs']);
    expect(member.do(tickOf(requestFor(2), 2)).timers).toEqual([]);
  });

  test('that a tick has run out is in the log: it does not run out a second time after a restart (C-31)', () => {
    const member = new Member(2);
    member.do(tickOf(requestFor(2)));
    member.accept();
    const ended = member.do({ type: 'timer', name: '4/1/proofs' });
    expect(ended.persist.map(({ key }) => key.split('/').at(-1))).toEqual(['over.1.proofs']);
    member.restart();
    expect(member.do({ type: 'timer', name: '4/1/proofs' }).persist).toEqual([]);
  });

  test('what was heard is in the log before it is answered: after a restart nothing is said against it', () => {
    const member = new Member(4);
    member.do(tickOf(requestFor(4)));
    member.accept();
    for (const peer of [1, 2, 3]) member.do({ type: 'connected', nonce: 4, peer });
    const heard = member.do({ type: 'message', nonce: 4, sender: 1, data: firstWords(4, 1, 1) });
    expect(heard.persist).toHaveLength(1);
    expect(heard.send.length).toBeGreaterThan(0);
    const otherwise: ParticipantInput = { type: 'message', nonce: 4, sender: 1, data: firstWords(4, 1, 1, 'another') };
    for (const _ of ['before a restart', 'after it']) {
      for (const peer of [1, 2, 3]) member.do({ type: 'connected', nonce: 4, peer });
      const { faults, send } = member.do(otherwise);
      expect([faults, send]).toEqual([[{ producer: 1, kind: 'conflicting-value' }], []]);
      member.restart();
    }
  });

  test('everything said is said again on each new stream, after a restart too', () => {
    const member = new Member(4);
    member.do(tickOf(requestFor(4)));
    const before = member.accept();
    expect(before.send).toEqual([]);
    const first = member.do({ type: 'connected', nonce: 4, peer: 2 }).send;
    expect(first.length).toBeGreaterThan(0);
    expect(first.every(({ to }) => to === 2)).toBe(true);
    member.do({ type: 'disconnected', nonce: 4, peer: 2 });
    expect(member.do({ type: 'connected', nonce: 4, peer: 2 }).send).toEqual(first);
    member.restart();
    expect(member.do({ type: 'connected', nonce: 4, peer: 2 }).send).toEqual(first);
  });

  test('messages of attempts far ahead are not kept, unless f+1 others are in them', () => {
    const member = new Member(4);
    member.do(tickOf(requestFor(4), 2));
    member.accept();
    const { size } = member.log;
    expect(member.do({ type: 'message', nonce: 4, sender: 1, data: firstWords(4, 6, 1) }).persist).toEqual([]);
    expect(member.log.size).toBe(size);
    expect(member.do({ type: 'message', nonce: 4, sender: 1, data: firstWords(4, 5, 1) }).persist).toHaveLength(1);
    expect(member.do({ type: 'message', nonce: 4, sender: 2, data: firstWords(4, 6, 2) }).timers).toHaveLength(1);
    expect(member.do({ type: 'message', nonce: 4, sender: 1, data: firstWords(4, 9, 1) }).persist).toHaveLength(1);
  });

  test('others that are in it before this one has responded are joined then, also after a restart', () => {
    const member = new Member(2);
    member.do(tickOf(requestFor(2)));
    member.do({ type: 'message', nonce: 4, sender: 1, data: firstWords(2, 3, 1) });
    member.restart();
    expect(member.accept().timers.map(({ name }) => name)).toContain('4/3/proofs');
  });

  test('hostile bytes and messages that have no place are faults, and nothing is thrown or kept', () => {
    const member = new Member(4);
    member.do(tickOf(requestFor(4)));
    member.accept();
    const entries = member.log.size;
    for (let seed = 1; seed <= 200; seed++) {
      const bad = new SeededRandom(seed, 'message').bytes(12);
      bad[0] = 200;
      const { faults } = member.do({ type: 'message', nonce: 4, sender: 1, data: bad });
      expect(faults).toEqual([{ producer: 1, kind: 'malformed-message' }]);
    }
    // A greeting, which no attempt has; of an attempt beyond the last one, and of attempt 0.
    const hello = encodeMessage({ kind: 'hello', epoch: 2, started: 2 });
    expect(member.do({ type: 'message', nonce: 4, sender: 1, data: hello }).faults[0]?.kind).toBe('unexpected-message');
    const value = firstWords(4, 5, 1);
    for (const epoch of [22, 0]) {
      const bad = value.slice();
      bad[1] = epoch;
      expect(member.do({ type: 'message', nonce: 4, sender: 1, data: bad }).faults[0]?.kind).toBe('unexpected-message');
    }
    expect(member.log.size).toBe(entries);
    expect(() => member.do({ type: 'message', nonce: 4, sender: 0, data: value })).toThrow('no other producer');
  });
});

test('a crash when all proofs are there: the shares are asked for again, in time; once acknowledged, the log says so (C-30, C-31)', () => {
  const members = [new Member(2, 0), new Member(2, 1)] as const;
  const [member] = members;
  const queue: { to: 0 | 1; data: Uint8Array }[] = [];
  const asked: HandoverStep['decrypt'][number][] = [];
  const started: string[] = [];
  const say = (from: 0 | 1, step: HandoverStep): void => {
    for (const { data } of step.send) queue.push({ to: from === 0 ? 1 : 0, data });
    if (from !== 0) return;
    asked.push(...step.decrypt);
    started.push(...step.timers.map(({ name }) => name));
  };
  for (const index of [0, 1] as const) {
    members[index].do(tickOf(requestFor(2)));
    members[index].accept();
    say(index, members[index].do({ type: 'connected', nonce: 4, peer: 1 - index }));
  }
  for (let next = queue.shift(); next && asked.length === 0; next = queue.shift()) {
    const { to, data } = next;
    say(to, members[to].do({ type: 'message', nonce: 4, sender: 1 - to, data }));
  }
  expect(started).toEqual(['4/1/acknowledgements']);
  const { timers, decrypt } = member.restart();
  expect(timers.map(({ name }) => name)).toEqual(['4/1/acknowledgements']);
  expect(decrypt).toEqual(asked);
  const { name, encryptedShares } = decrypt[0] as HandoverStep['decrypt'][number];
  const { persist } = member.do({ type: 'decrypted', nonce: 4, name, plains: encryptedShares });
  expect(persist.map(({ key }) => key.split('/').at(-1))).toContain('acknowledge.1');
  expect(member.restart().decrypt).toEqual([]);
});

describe('the end', () => {
  test('settled: closed, its attempts forgotten, also after a restart; its response is kept', () => {
    const member = new Member(2);
    member.do(tickOf(requestFor(2)));
    const [response] = responsesIn(member.accept());
    expect(member.do({ type: 'settled', nonce: 4 }).closed).toBe(true);
    expect(member.participant.status().request).toBeUndefined();
    expect(member.do(tickOf(requestFor(2), 2)).opened).toBeUndefined();
    expect(member.restart().opened).toBeUndefined();
    expect(member.do(tickOf(requestFor(2), 3)).opened).toBeUndefined();
    expect([...member.log.keys()].filter((key) => key.startsWith('0'))).toEqual([]);
    expect(member.participant.hasGiven(response as ChangeConsensusResp)).toBe(true);
  });

  test('settled stays settled, also for one that has not responded and whose chain does not say so any more (C-29)', () => {
    const member = new Member(2);
    member.do(tickOf(requestFor(2)));
    member.do({ type: 'settled', nonce: 4 });
    member.restart();
    expect(member.do(tickOf(requestFor(2), 2)).opened).toBeUndefined();
  });

  test('a response to a recovery is a promise until that very recovery has come to nothing, restarts included (C-36)', () => {
    const member = new Member(2);
    member.do(tickOf(requestFor(2, { Contract: recoveryContract() })));
    expect(member.participant.status().promised).toBeUndefined();
    member.accept();
    expect(member.participant.status().promised).toBe(4);
    member.restart();
    expect(member.participant.status().promised).toBe(4);
    // A result of another nonce says nothing of this one.
    member.do({ type: 'settled', nonce: 5 });
    member.do({ type: 'released', nonce: 5 });
    expect(member.participant.status().promised).toBe(4);
    expect(member.restart().opened).toBeUndefined();
    expect(member.participant.status().promised).toBe(4);
    member.do({ type: 'released', nonce: 4 });
    expect(member.participant.status().promised).toBeUndefined();
    member.restart();
    expect(member.participant.status().promised).toBeUndefined();
  });

  test('a recovery that has come to nothing is over, and is not followed later (C-36, C-37)', () => {
    const member = new Member(1);
    const request = requestFor(1, { Contract: recoveryContract() });
    member.do(tickOf(request));
    const step = member.do({ type: 'ready', nonce: 4, responseId: 'r', random });
    const [response] = step.report.flatMap(
      (data) => HandoverReport.decode(data).Response ?? HandoverReport.decode(data).Bundle?.Resps ?? [],
    );
    expect(member.participant.hasPromised(response as ChangeConsensusResp)).toBe(true);
    expect(member.do({ type: 'released', nonce: 4 }).closed).toBe(true);
    expect(member.participant.hasPromised(response as ChangeConsensusResp)).toBe(false);
    expect(member.do(tickOf(request, 2)).opened).toBeUndefined();
    expect(member.restart().opened).toBeUndefined();
    expect(member.participant.hasPromised(response as ChangeConsensusResp)).toBe(false);
  });

  test('a refused recovery promises nothing', () => {
    const member = new Member(2);
    member.do(tickOf(requestFor(2, { Contract: recoveryContract() })));
    const [response] = responsesIn(member.do({ type: 'refuse', nonce: 4, responseId: 'r', reason: 'a higher block is here' }));
    expect(member.participant.hasGiven(response as ChangeConsensusResp)).toBe(true);
    expect(member.participant.hasPromised(response as ChangeConsensusResp)).toBe(false);
    expect(member.participant.status().promised).toBeUndefined();
  });

  test('one producer alone: its response is the agreement', () => {
    const member = new Member(1);
    member.do(tickOf(requestFor(1)));
    const step = member.do({ type: 'ready', nonce: 4, responseId: 'r', random });
    expect(step.report.map((data) => HandoverReport.decode(data).Bundle?.ResponsedProducers)).toContainEqual(
      secretsOf(1).map(publicKeyOf),
    );
    // What is agreed on needs no further attempt: each tick brings the bundle again (C-31).
    const again = member.do(tickOf(requestFor(1), 2));
    expect([again.timers, again.persist]).toEqual([[], []]);
    expect(again.report.map((data) => HandoverReport.decode(data).Bundle !== undefined)).toEqual([true]);
    expect(member.participant.status().attempt).toBe(1);
    expect(member.restart().report).toHaveLength(1);
  });
});
