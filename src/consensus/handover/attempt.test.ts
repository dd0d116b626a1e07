import { beforeAll, describe, expect, test } from 'vitest';
import { initCrypto, initThreshold, publicKeyOf, signAcknowledgement, signResponse } from '../../crypto/index.ts';
import { type ChangeConsensusReq, ChangeConsensusResp, ConsensusResult } from '../../records/index.ts';
import { SeededRandom } from '../../sim/index.ts';
import { Agreement } from '../hbbft/agreement/agreement.ts';
import type { AgreementMessage, Message } from '../hbbft/messages.ts';
import { roster } from '../hbbft/roster.ts';
import type { ProtocolStep } from '../hbbft/step.ts';
import { Crank } from '../testing/crank.ts';
import { requestFor, secretsOf } from '../testing/request.ts';
import {
  Attempt,
  type AttemptOutput,
  type AttemptResult,
  type AttemptStep,
  type Instance,
  instanceOf,
  publicCoin,
} from './attempt.ts';
import { encodeProof } from './proofs.ts';
import { requestName } from './request.ts';

beforeAll(async () => {
  await initCrypto();
  await initThreshold();
});

const responseTo = (
  request: ChangeConsensusReq,
  secret: Uint8Array,
  rest: Partial<ChangeConsensusResp> = {},
): ChangeConsensusResp =>
  signResponse(ChangeConsensusResp.create({ RespId: 'a response', GroupId: request.GroupId, Req: request, ...rest }), secret);

/** One attempt at all producers; `outputs` of the crank are their results. */
class Trial {
  readonly request: ChangeConsensusReq;
  readonly secrets: readonly Uint8Array[];
  readonly attempts: readonly Attempt[];
  readonly crank: Crank<AttemptResult>;

  constructor(size: number, seed: number) {
    this.request = requestFor(size);
    this.secrets = secretsOf(size);
    const name = requestName(this.request);
    this.attempts = this.secrets.map((_, index) => new Attempt(this.request, name, roster(size, index), 1));
    const random = new SeededRandom(seed, 'attempt');
    const machines = this.attempts.map((attempt) => ({
      handle: (sender: number, message: Message) =>
        resultOf(attempt.handle(sender, instanceOf(message.epoch).instance, message as Parameters<Attempt['handle']>[2])),
    }));
    this.crank = new Crank<AttemptResult>(machines, (count) => random.int(count));
  }

  response(index: number): ChangeConsensusResp {
    return responseTo(this.request, this.secrets[index] as Uint8Array);
  }

  join(index: number, proof = encodeProof(this.response(index))): void {
    this.crank.take(index, resultOf((this.attempts[index] as Attempt).join(proof)));
  }

  acknowledge(index: number, acknowledgement?: Uint8Array): void {
    const attempt = this.attempts[index] as Attempt;
    const { request } = this;
    const own = signAcknowledgement({ request, responses: attempt.responses ?? [] }, 0, this.secrets[index] as Uint8Array);
    this.crank.take(index, resultOf(attempt.acknowledge(acknowledgement ?? own)));
  }

  endWait(index: number, instance: Instance): void {
    this.crank.take(index, resultOf((this.attempts[index] as Attempt).endWait(instance)));
  }

  all(work: (index: number) => void): void {
    for (const index of this.attempts.keys()) work(index);
    this.crank.run();
  }

  get blamed(): string[] {
    return [...new Set(this.crank.faults.map(({ producer, kind }) => `${producer} ${kind}`))];
  }
}

const resultOf = (step: AttemptStep): ProtocolStep<AttemptResult> => {
  const { result } = (step.output ?? {}) as AttemptOutput;
  const { accepted, send, faults } = step;
  return { accepted, send, faults, ...(result !== undefined ? { output: result } : {}) };
};

const failed = (size: number): AttemptResult[] => new Array<AttemptResult>(size).fill('failed');

describe('proofs (rule 2)', () => {
  for (const size of [2, 4, 7]) {
    test(`${size}: who is slow is waited for until the tick has run out`, () => {
      const trial = new Trial(size, size);
      for (let index = 1; index < size; index++) trial.join(index);
      trial.crank.run();
      expect(trial.attempts.every(({ responses, result }) => responses === undefined && result === undefined)).toBe(true);
      trial.join(0);
      trial.crank.run();
      for (const { responses } of trial.attempts) expect(responses).toHaveLength(size);
      expect(trial.blamed).toEqual([]);
    });
  }

  test('without the slow one the attempt has failed, for all alike, once the tick has run out', () => {
    const trial = new Trial(4, 1);
    for (const index of [1, 2, 3]) trial.join(index);
    trial.crank.run();
    trial.all((index) => trial.endWait(index, 'proofs'));
    expect(trial.crank.outputs).toEqual(failed(4));
    expect(trial.blamed).toEqual([]);
  });

  test('the tick alone is not enough: with fewer than N−f proofs nothing is voted down', () => {
    const trial = new Trial(4, 2);
    for (const index of [0, 1]) trial.join(index);
    trial.all((index) => trial.endWait(index, 'proofs'));
    expect(trial.crank.outputs).toEqual(new Array(4).fill(undefined));
    trial.join(2);
    trial.join(3);
    trial.crank.run();
    expect(trial.attempts.every(({ responses, result }) => responses !== undefined || result === 'failed')).toBe(true);
  });

  test('ticks that run out here early and there late: one outcome for all', () => {
    for (let seed = 1; seed <= 25; seed++) {
      const trial = new Trial(4, seed);
      const random = new SeededRandom(seed, 'ticks');
      for (const index of random.shuffle([0, 1, 2, 3])) {
        trial.join(index);
        trial.crank.run(() => random.chance(0.8));
        trial.endWait(random.int(4), 'proofs');
      }
      trial.all((index) => trial.endWait(index, 'proofs'));
      expect(trial.blamed).toEqual([]);
      const outcomes = trial.attempts.map(({ responses, result }) => (responses ? responses.length : result));
      expect(new Set(outcomes).size, `seed ${seed}: ${outcomes}`).toBe(1);
    }
  });

  test('what is no proof fails the attempt, for all alike, and is its sender’s fault', () => {
    const { request, secrets } = new Trial(4, 1);
    const [own, other] = secrets as [Uint8Array, Uint8Array];
    const another = requestFor(4, { Nonce: 5 });
    const tampered = { ...responseTo(request, own), RespId: 'another' };
    for (const bad of [
      Uint8Array.of(1, 2, 3),
      encodeProof(responseTo(request, other)),
      encodeProof(responseTo(another, own)),
      encodeProof(responseTo(request, own, { Refused: 'no' })),
      encodeProof(responseTo(request, own, { GroupId: 'aa2a1b5e-57ac-4b4e-8c8c-2d2c3a6f1a01' })),
      encodeProof(tampered),
      ChangeConsensusResp.encode(responseTo(request, own)),
    ]) {
      const trial = new Trial(4, 3);
      trial.join(0, bad);
      trial.all((index) => trial.join(index));
      expect(trial.crank.outputs).toEqual(failed(4));
      expect(trial.blamed).toEqual(['0 bad-response']);
    }
  });
});

describe('acknowledgements (rule 3)', () => {
  const withProofs = (seed: number): Trial => {
    const trial = new Trial(4, seed);
    trial.all((index) => trial.join(index));
    return trial;
  };

  test('all of them make the bundle, the same everywhere; no dealing is accepted here, so it says FAIL (rule 5)', () => {
    const trial = withProofs(1);
    trial.all((index) => trial.acknowledge(index));
    const [first] = trial.crank.outputs;
    for (const output of trial.crank.outputs) expect(output).toEqual(first);
    expect(first !== 'failed' && first?.Result).toBe(ConsensusResult.FAIL);
    expect(first !== 'failed' && first?.ResponsedProducers).toEqual(trial.secrets.map(publicKeyOf));
  });

  test('one that is missing is waited for until their own tick has run out', () => {
    const trial = withProofs(2);
    for (const index of [0, 1, 2]) trial.acknowledge(index);
    trial.crank.run();
    trial.all((index) => trial.endWait(index, 'proofs'));
    expect(trial.crank.outputs).toEqual(new Array(4).fill(undefined));
    trial.all((index) => trial.endWait(index, 'acknowledgements'));
    expect(trial.crank.outputs).toEqual(failed(4));
    expect(trial.blamed).toEqual([]);
  });

  test('where they are settled before the proofs are here, the outcome is the same (C-31)', () => {
    const trial = new Trial(4, 4);
    for (const index of [0, 1, 2, 3]) trial.join(index);
    // Whatever is said of proofs comes late to one, who so has nothing to acknowledge.
    const isInTime = ({ to, message }: { to: number; message: Message }): boolean =>
      to !== 0 || instanceOf(message.epoch).instance === 'acknowledgements';
    trial.crank.run(isInTime);
    for (const index of [1, 2, 3]) trial.acknowledge(index);
    for (const index of [0, 1, 2, 3]) trial.endWait(index, 'acknowledgements');
    trial.crank.run(isInTime);
    expect(trial.crank.outputs).toEqual([undefined, 'failed', 'failed', 'failed']);
    trial.crank.run();
    expect(trial.crank.outputs).toEqual(failed(4));
    expect(trial.blamed).toEqual([]);
  });

  test('a bad one fails the attempt, for all alike, and is its sender’s fault', () => {
    const good = withProofs(3);
    const { request, secrets } = good;
    const responses = good.attempts[0]?.responses as readonly ChangeConsensusResp[];
    const [own, other] = secrets as [Uint8Array, Uint8Array];
    for (const bad of [
      Uint8Array.of(9),
      signAcknowledgement({ request, responses }, 15, other),
      signAcknowledgement({ request, responses: responses.slice(1) }, 15, own),
      signAcknowledgement({ request: requestFor(4, { Nonce: 9 }), responses }, 15, own),
    ]) {
      const trial = withProofs(3);
      trial.acknowledge(0, bad);
      trial.all((index) => trial.acknowledge(index));
      expect(trial.crank.outputs).toEqual(failed(4));
      expect(trial.blamed).toEqual(['0 bad-acknowledgement']);
    }
  });
});

describe('the coin, while there are no keys (rule 3)', () => {
  test('is public where the schedule has none: agreement ends in the rounds that toss, alike for all, without shares', () => {
    let rounds = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const random = new SeededRandom(seed, 'coin');
      const agreements = [0, 1, 2, 3].map((self) => new Agreement(roster(4, self), 2, 0, publicCoin(Uint8Array.of(seed), 2, 0)));
      const machines = agreements.map((agreement) => ({
        handle: (sender: number, message: Message) => agreement.handle(sender, message as AgreementMessage),
      }));
      const crank = new Crank(machines, (count) => random.int(count));
      for (const [self, agreement] of agreements.entries()) crank.take(self, agreement.input(self % 2 === 0));
      crank.run();
      expect(new Set(crank.outputs).size, `seed ${seed}`).toBe(1);
      expect(crank.outputs[0]).toBeDefined();
      expect(crank.sent.has('coin') || crank.sent.has('conf')).toBe(false);
      rounds = Math.max(rounds, ...agreements.map((agreement) => agreement.status().round));
    }
    expect(rounds).toBeGreaterThanOrEqual(2);
  });

  test('differs by request, attempt, instance, proposer and round', () => {
    const bits = (name: Uint8Array, epoch: number, proposer: number): string =>
      Array.from({ length: 64 }, (_, round) => (publicCoin(name, epoch, proposer).coin(round) ? '1' : '0')).join('');
    const all = [
      bits(Uint8Array.of(1), 2, 0),
      bits(Uint8Array.of(2), 2, 0),
      bits(Uint8Array.of(1), 3, 0),
      bits(Uint8Array.of(1), 4, 0),
      bits(Uint8Array.of(1), 2, 1),
    ];
    expect(new Set(all).size).toBe(all.length);
    for (const each of all) expect(new Set(each).size).toBe(2);
  });
});
