/**
 * The curl commands of the family's document on changing consensus, as it prints them, and the names that it prints in their answers. Only what is
 * another for every group is put in the place of the document's: ports, group, keys, seed and ids.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PRINTED } from '../../src/api/conformance/document.ts';
import { parseExact } from '../../src/records/index.ts';
import { type Json, type NodeProcess, until } from './node-process.ts';

const run = promisify(execFile);

/** What stands in the document, and is replaced. */
const DOCUMENT = {
  group: 'cd991ce2-7dbb-422e-9f5c-a0f552e4d896',
  owner: 'AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B',
  trx: '133c71b9-9f5a-464c-accd-eb2e33ae10f5',
  portOfOwner: '127.0.0.1:8002',
  portOfUser: '127.0.0.1:8003',
} as const;

const COMMANDS = {
  join: `curl -X POST -H 'Content-Type: application/json' -d '{"seed": "SEED"}' http://127.0.0.1:8002/api/v2/group/join`,
  announced: `curl -X GET -H 'Content-Type: application/json' -d '' http://127.0.0.1:8002/api/v1/group/cd991ce2-7dbb-422e-9f5c-a0f552e4d896/announced/producers`,
  lastProof: `curl -X GET -H 'Content-Type: application/json' -d {} http://127.0.0.1:8002/api/v1/group/cd991ce2-7dbb-422e-9f5c-a0f552e4d896/consensus/proof/last`,
  proofs: `curl -X GET -H 'Content-Type: application/json' -d{} http://127.0.0.1:8002/api/v1/group/:group_id/consensus/proof/history`,
  proof: `curl -X GET -H 'Content-Type: application/json' -d{} http://127.0.0.1:8002/api/v1/group/:group_id/consensus/proof/:req_id`,
  consensus: `curl -X GET -H 'Content-Type: application/json' -d{} http://127.0.0.1:8002/api/v1/group/cd991ce2-7dbb-422e-9f5c-a0f552e4d896/consensus/`,
  groups: `curl -X GET -H 'Content-Type: application/json' -d '{}' http://127.0.0.1:8002/api/v1/groups | jq`,
  change: `curl -X POST -H 'Content-Type: application/json' -d '{"group_id":"cd991ce2-7dbb-422e-9f5c-a0f552e4d896","start_from_epoch":10000, "trx_epoch_tick":3000, "agreement_tick_length":10000, "agreement_tick_count":10, "producer_pubkey":["AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B"]}'  http://127.0.0.1:8002/api/v1/group/updconsensus`,
  trx: `curl -X GET -H 'Content-Type: application/json' -d{} http://127.0.0.1:8003/api/v1/trx/cd991ce2-7dbb-422e-9f5c-a0f552e4d896/133c71b9-9f5a-464c-accd-eb2e33ae10f5`,
} as const;

/** What the document's answers hold that ours name otherwise. Each stands in `docs/api.md` with its reason. */
const OURS_BESIDES = {
  change: ['req_id'],
  producer: ['Memo', 'ProofTrxId', 'BlockCount'],
} as const;

export interface CurlStep {
  readonly command: string;
  readonly answer: Json;
}

/**
 * Runs the document's procedures "Single producer" and "Single producer with multiple user nodes", on a group that the owner makes first and the user has
 * joined when it ends. Throws where an answer's names are not the document's. `told` gets every command as it is run, with its answer.
 */
export async function runDocument(
  owner: NodeProcess,
  user: NodeProcess,
  told: (step: CurlStep) => void = () => {},
): Promise<void> {
  const made = await owner.call('/api/v1/group', {
    group_name: 'my_test_group',
    consensus_type: 'poa',
    encryption_type: 'public',
    app_key: 'test_app',
  });
  const groupId: string = made.group_id;
  const values = new Map<string, string>([
    [DOCUMENT.group, groupId],
    [':group_id', groupId],
    ['SEED', made.seed],
    [DOCUMENT.portOfOwner, new URL(owner.origin).host],
    [DOCUMENT.portOfUser, new URL(user.origin).host],
  ]);
  const curl = async (name: keyof typeof COMMANDS, at: 'owner' | 'user' = 'owner'): Promise<Json> => {
    let command: string = COMMANDS[name];
    if (at === 'user') command = command.replace(DOCUMENT.portOfOwner, DOCUMENT.portOfUser);
    for (const [printed, ours] of values) command = command.replaceAll(printed, ours);
    // Without the progress that curl shows at a terminal; jq only makes an answer readable.
    const { stdout } = await run('bash', ['-c', command.replace('curl ', 'curl -s ').replace(' | jq', '')]);
    const answer = parseExact(stdout);
    told({ command, answer });
    return answer;
  };

  // Single producer.
  const joined = await curl('join');
  names('join', joined, PRINTED.join);
  values.set(DOCUMENT.owner, joined.owner_pubkey);
  const [announced] = (await curl('announced')).producers;
  names('announced', announced, PRINTED.announcement);
  names('announced.Content', announced.Content, PRINTED.announcedProducer);
  const first = await curl('lastProof');
  names('proof/last', first, PRINTED.proof);
  names('proof/last.req', first.req, PRINTED.firstRequest);
  same('the first proof is a success', first.result, 'SUCCESS');
  values.set(':req_id', first.req.ReqId);
  same('the history has one proof', (await curl('proofs')).proofs.length, 1);
  same('a proof by its request', (await curl('proof')).req.ReqId, first.req.ReqId);
  const before = await curl('consensus');
  names('consensus', before, PRINTED.consensus);
  names('consensus.producers', before.producers[0], PRINTED.producer, OURS_BESIDES.producer);
  same('the consensus is the proof’s', before.proof_req_id, first.req.ReqId);
  names(
    'groups',
    (await curl('groups')).groups.find(({ group_id }: Json) => group_id === groupId),
    PRINTED.group,
  );

  // The user's node joins before the change, so that it hears of it; what the document asks of it then follows below.
  await curl('join', 'user');
  const asked = await curl('change');
  names('updconsensus', asked, [
    ...['group_id', 'Producers', 'start_from_epoch', 'trx_epoch_tick', 'trx_id', 'failable_producers', 'memo'],
    ...OURS_BESIDES.change,
  ]);
  same('nobody may fail', asked.failable_producers, 0);
  values.set(DOCUMENT.trx, asked.trx_id);
  await until('the user has the CONSENSUS trx', async () => (await curl('trx')).TrxId === asked.trx_id);
  const trx = await curl('trx');
  names('trx', trx, PRINTED.trx);
  same('its type is CONSENSUS', trx.Type, 2);

  let after = await curl('consensus');
  await until('the new configuration is at work', async () => {
    after = await curl('consensus');
    return Number(after.curr_epoch) >= asked.start_from_epoch;
  });
  names('consensus after the change', after.producers[0], PRINTED.producer, OURS_BESIDES.producer);
  same('the interval is the new one', after.trx_epoch_interval, asked.trx_epoch_tick);
  const history = await curl('proofs');
  same('the history has both proofs', history.proofs.length, 2);
  const last = await curl('lastProof');
  same('the last proof is the new one', [last.result, last.req.ReqId], ['SUCCESS', after.proof_req_id]);

  // Single producer with multiple user nodes.
  same('the last proof is the same at the user', await curl('lastProof', 'user'), last);
  same('so is the history', await curl('proofs', 'user'), history);
  same('and each proof', await curl('proof', 'user'), await curl('proof'));
  same('the consensus differs in epoch and time only', withoutProgress(await curl('consensus', 'user')), withoutProgress(after));
}

/** The document: "for user node, curr_epoch and last_update are not as same as producer (owner) node". */
function withoutProgress({ curr_epoch: _epoch, last_update: _update, curr_block_id: _block, ...rest }: Json): Json {
  return rest;
}

function names(what: string, actual: object, printed: readonly string[], optional: readonly string[] = []): void {
  const is = Object.keys(actual);
  const missing = printed.filter((name) => !is.includes(name));
  const more = is.filter((name) => !printed.includes(name) && !optional.includes(name));
  if (missing.length + more.length > 0)
    throw new Error(`${what}: without ${missing.join(', ') || '–'}; besides ${more.join(', ') || '–'}`);
}

function same(what: string, actual: unknown, expected: unknown): void {
  const [is, should] = [actual, expected].map((value) =>
    JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each)),
  );
  if (is !== should) throw new Error(`It does not hold that ${what}: ${is} and ${should}`);
}
