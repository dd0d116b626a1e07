import { beforeAll, expect, test } from 'vitest';
import { initCrypto, initThreshold, signResponse } from '../../crypto/index.ts';
import { ChangeConsensusResp } from '../../records/index.ts';
import { decodeMessage, encodeMessage } from '../hbbft/messages.ts';
import { roster } from '../hbbft/roster.ts';
import { Member, tickOf } from '../testing/member.ts';
import { requestFor, secretsOf } from '../testing/request.ts';
import { Attempt, type AttemptStep, instanceOf } from './attempt.ts';
import type { ParticipantInput } from './participant.ts';
import { encodeProof } from './proofs.ts';
import { requestName } from './request.ts';
import type { HandoverStep } from './step.ts';

beforeAll(async () => {
  await initCrypto();
  await initThreshold();
});

/** Two requested producers, each connected to the other, whose messages arrive at once. */
class Pair {
  readonly members = [new Member(2, 0), new Member(2, 1)] as const;
  /** Of each, in order. */
  readonly steps: readonly [HandoverStep[], HandoverStep[]] = [[], []];

  constructor() {
    for (const index of [0, 1] as const) this.do(index, tickOf(requestFor(2)));
    for (const index of [0, 1] as const) this.do(index, { type: 'connected', nonce: 4, peer: 1 - index });
  }

  do(index: 0 | 1, input: ParticipantInput): HandoverStep {
    const step = this.members[index].do(input);
    this.steps[index].push(step);
    const other = index === 0 ? 1 : 0;
    for (const { data } of step.send) this.do(other, { type: 'message', nonce: 4, sender: index, data });
    return step;
  }

  /** Answers the open request, with shares that are "encrypted" as they are. */
  accept(index: 0 | 1): void {
    const { encrypt } = this.do(index, { type: 'ready', nonce: 4, responseId: 'r', random: new Uint8Array(32).fill(index + 1) });
    this.do(index, { type: 'encrypted', nonce: 4, encryptedShares: encrypt?.shares.map(({ plain }) => plain) ?? [] });
  }
}

const all = <T>(steps: readonly HandoverStep[], part: (step: HandoverStep) => readonly T[]): T[] => steps.flatMap(part);
const timersOf = (steps: readonly HandoverStep[]): string[] => all(steps, ({ timers }) => timers.map(({ name }) => name));

test('an acknowledgement has a tick of its own, is in the log, and is the same after a restart, whatever decrypts then (C-30, C-31)', () => {
  const pair = new Pair();
  for (const index of [0, 1] as const) pair.accept(index);
  const [member] = pair.members;
  const [steps] = pair.steps;
  expect(timersOf(steps)).toEqual(['4/1/proofs', '4/1/acknowledgements']);
  const [shares, ...more] = all(steps, ({ decrypt }) => decrypt);
  expect(more).toEqual([]);
  const { name = '', encryptedShares = [] } = shares ?? {};
  const given = member.do({ type: 'decrypted', nonce: 4, name, plains: encryptedShares });
  expect(given.persist.map(({ key }) => key.split('/').at(-1))).toContain('acknowledge.1');
  expect(given.send.length).toBeGreaterThan(0);

  const again = member.restart();
  expect(again.decrypt).toEqual([]);
  expect(timersOf([again])).toContain('4/1/acknowledgements');
  // It would accept nobody's dealing now.
  member.do({ type: 'decrypted', nonce: 4, name, plains: encryptedShares.map(() => undefined) });
  const said = member.do({ type: 'connected', nonce: 4, peer: 1 }).send.map(({ data }) => `${data}`);
  expect(said).toEqual(expect.arrayContaining(given.send.map(({ data }) => `${data}`)));
});

test('a crash before the acknowledgement is made: it is asked for again (C-31)', () => {
  const pair = new Pair();
  for (const index of [0, 1] as const) pair.accept(index);
  const again = pair.members[0].restart();
  expect(again.decrypt).toHaveLength(1);
  expect(timersOf([again])).toEqual(['4/1/acknowledgements']);
});

test('a response without a dealing is its sender’s fault, told of once, and is not accepted (C-32)', () => {
  const request = requestFor(2);
  const member = new Member(2);
  const bare = ChangeConsensusResp.create({ RespId: 'r', GroupId: request.GroupId, Req: request });
  const proof = encodeProof(signResponse(bare, secretsOf(2)[1] as Uint8Array));
  const steps: HandoverStep[] = [];
  member.do(tickOf(request));
  member.do({ type: 'connected', nonce: 4, peer: 1 });
  for (const number of [1, 2]) {
    const liar = new Attempt(request, requestName(request), roster(2, 1), number);
    const hear = ({ send }: AttemptStep): void => {
      for (const { message } of send) tell(member.do({ type: 'message', nonce: 4, sender: 1, data: encodeMessage(message) }));
    };
    const tell = (step: HandoverStep): void => {
      steps.push(step);
      for (const { data } of step.send) {
        const message = decodeMessage(data, 2) as Parameters<Attempt['handle']>[2];
        const { attempt, instance } = instanceOf(message.epoch);
        if (attempt === number) hear(liar.handle(0, instance, message));
      }
    };
    tell(number === 1 ? member.accept() : member.do(tickOf(request, number)));
    hear(liar.join(proof));
  }
  expect(all(steps, ({ faults }) => faults)).toEqual([{ producer: 1, kind: 'bad-dealing' }]);
  const [shares] = all(steps, ({ decrypt }) => decrypt);
  // Its own share only: there is no other to look at.
  expect(shares?.encryptedShares).toHaveLength(1);
});
