import { DEALING_RANDOM_BYTES, publicKeyOf } from '../../crypto/index.ts';
import type { ChangeConsensusReq, ChangeConsensusResp } from '../../records/index.ts';
import { Participant, type ParticipantInput } from '../handover/participant.ts';
import { HandoverReport } from '../handover/proofs.ts';
import { signTick } from '../handover/request.ts';
import type { HandoverStep } from '../handover/step.ts';
import { GROUP_ID, OWNER_SECRET, secretsOf } from './request.ts';

export const tickOf = (request: ChangeConsensusReq, attempt = 1): ParticipantInput => ({
  type: 'tick',
  data: signTick(request, attempt, OWNER_SECRET),
});
/** Of a dealing. */
export const dealingRandom = new Uint8Array(DEALING_RANDOM_BYTES).fill(7);

/** A requested producer with its log, which survives a restart. Shares are "encrypted" as they are. */
export class Member {
  readonly log = new Map<string, Uint8Array>();
  participant: Participant;
  readonly #secret: Uint8Array;

  constructor(size: number, index = 0, settledNonce = 3) {
    this.#secret = secretsOf(size)[index] as Uint8Array;
    this.participant = this.#make();
    this.do({ type: 'start', log: [], settledNonce });
  }

  #make(): Participant {
    return new Participant({ groupId: GROUP_ID, ownerPubkey: publicKeyOf(OWNER_SECRET), secret: this.#secret });
  }

  do(input: ParticipantInput): HandoverStep {
    const step = this.participant.handle(input);
    if (step.forget !== undefined) for (const key of this.log.keys()) if (key < step.forget) this.log.delete(key);
    for (const { key, data } of step.persist) this.log.set(key, data);
    return step;
  }

  restart(settledNonce = 3): HandoverStep {
    this.participant = this.#make();
    const log = [...this.log].map(([key, data]) => ({ key, data })).sort((a, b) => (a.key < b.key ? -1 : 1));
    return this.do({ type: 'start', log, settledNonce });
  }

  /** Answers the open request. */
  accept(nonce = 4, responseId = 'a response'): HandoverStep {
    const { encrypt } = this.do({ type: 'ready', nonce, responseId, random: dealingRandom });
    if (!encrypt) throw new Error('it did not deal');
    return this.do({ type: 'encrypted', nonce, encryptedShares: encrypt.shares.map(({ plain }) => plain) });
  }
}

export const responsesIn = ({ report }: HandoverStep): (ChangeConsensusResp | undefined)[] =>
  report.map((data) => HandoverReport.decode(data).Response);
