import { equal, equalKeys, UNKNOWN_ID } from './caller.ts';
import { type Case, oneNode } from './case.ts';
import { PRINTED } from './document.ts';

export const CONSENSUS_CASES: readonly Case[] = [
  oneNode('a new group has its owner as the only producer, announced and proved', async (node) => {
    const { group_id } = await node.createGroup();
    const url = `/api/v1/group/${group_id}`;
    const consensus = await node.get(`${url}/consensus/`);
    equalKeys('the consensus', consensus, PRINTED.consensus);
    equal('the interval', consensus.trx_epoch_interval, 1000);
    equal('producers', consensus.producers.length, 1);
    for (const name of PRINTED.producer) equal(`a producer’s ${name}`, name in consensus.producers[0], true);

    const { producers } = await node.get(`${url}/announced/producers`);
    equal('announced', producers.length, 1);
    equalKeys('an announcement', producers[0], PRINTED.announcement);
    equalKeys('its content', producers[0].Content, PRINTED.announcedProducer);
    equal('announced users', await node.get(`${url}/announced/users`), { users: [] });

    const last = await node.get(`${url}/consensus/proof/last`);
    equalKeys('a proof', last, PRINTED.proof);
    equalKeys('its request', last.req, PRINTED.firstRequest);
    equal('its result and request', [last.result, last.req.ReqId], ['SUCCESS', consensus.proof_req_id]);
    equal('the history', await node.get(`${url}/consensus/proof/history`), { proofs: [last] });
    const full = await node.get(`${url}/consensus/proof/${consensus.proof_req_id}`);
    equalKeys('a proof by its id', full, ['result', 'req', 'resps', 'responsed_producer']);
    await node.refused(404, 'unknown-proof', 'GET', `${url}/consensus/proof/${UNKNOWN_ID}`);

    const live = await node.get(`${url}/consensus/live`);
    equal('at work', [live.producers.length, live.seals_needed, live.producers[0].link], [1, 1, 'self']);
    equal('proved faults', await node.get(`${url}/consensus/faults`), { faults: [] });
    await node.forget(group_id);
  }),
];
