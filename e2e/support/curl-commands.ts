/**
 * The curl commands of the family's document on changing consensus, as it prints them, and the names and types that it prints in their answers. Only what is
 * another for every group is put in the place of the document's: ports, group, keys, seed and ids.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parseExact } from '../../src/records/index.ts';
import { Comparison } from './document-answers.ts';
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

export interface CurlStep {
  readonly command: string;
  readonly answer: Json;
}

/**
 * Runs the document's procedures "Single producer" and "Single producer with multiple user nodes", on a group that the owner makes first and the users have
 * joined when it ends. Throws where an answer's names or types are not the document's. `told` gets every command as it is run, with its answer.
 */
export async function runDocument(
  owner: NodeProcess,
  users: readonly [NodeProcess, ...NodeProcess[]],
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
    [DOCUMENT.portOfUser, new URL(users[0].origin).host],
  ]);
  const curl = async (name: keyof typeof COMMANDS, user?: NodeProcess): Promise<Json> => {
    let command: string = COMMANDS[name];
    if (user) command = command.replace(/127\.0\.0\.1:\d+/, new URL(user.origin).host);
    for (const [printed, ours] of values) command = command.replaceAll(printed, ours);
    // Without the progress that curl shows at a terminal; jq only makes an answer readable.
    const { stdout } = await run('bash', ['-c', command.replace('curl ', 'curl -s ').replace(' | jq', '')]);
    const answer = parseExact(stdout);
    told({ command, answer });
    return answer;
  };

  const compared = new Comparison();

  // Single producer.
  const joined = await curl('join');
  compared.asPrinted('join', joined);
  values.set(DOCUMENT.owner, joined.owner_pubkey);
  compared.asPrinted('announced', await curl('announced'));
  const first = await curl('lastProof');
  compared.asPrinted('lastProof', first);
  same('the first proof is a success', first.result, 'SUCCESS');
  values.set(':req_id', first.req.ReqId);
  same('the history is that one proof', await curl('proofs'), { proofs: [first] });
  same('a proof by its request', (await curl('proof')).req.ReqId, first.req.ReqId);
  const before = await curl('consensus');
  compared.asPrinted('consensus', before);
  same('the consensus is the proof’s', before.proof_req_id, first.req.ReqId);
  compared.asPrinted('groups', await curl('groups'));

  // The users' nodes join before the change, so that they hear of it; what the document asks of them then follows below.
  for (const user of users) compared.asPrinted('join', await curl('join', user));
  const asked = await curl('change');
  compared.asPrinted('change', asked);
  same('nobody may fail', asked.failable_producers, 0);
  values.set(DOCUMENT.trx, asked.trx_id);
  await until('the user has the CONSENSUS trx', async () => (await curl('trx')).TrxId === asked.trx_id);
  const trx = await curl('trx');
  compared.asPrinted('trx', trx);
  same('its type is CONSENSUS', trx.Type, 2);

  let after = await curl('consensus');
  await until('the new configuration is at work', async () => {
    after = await curl('consensus');
    return Number(after.curr_epoch) >= asked.start_from_epoch;
  });
  compared.asPrinted('consensusAfter', after);
  same('the interval is the new one', after.trx_epoch_interval, asked.trx_epoch_tick);
  const history = await curl('proofs');
  compared.asPrinted('proofs', history);
  const last = await curl('lastProof');
  compared.asPrinted('lastProof', last);
  same('the history has both proofs, the oldest first', history.proofs, [first, last]);
  values.set(':req_id', last.req.ReqId);
  same('the last proof is the new one', [last.result, last.req.ReqId], ['SUCCESS', after.proof_req_id]);

  // Single producer with multiple user nodes.
  for (const user of users) {
    await until('every user has the CONSENSUS trx', async () => (await curl('trx', user)).TrxId === asked.trx_id);
    same('it is the same trx', await curl('trx', user), trx);
    same('the last proof is the same at a user', await curl('lastProof', user), last);
    same('so is the history', await curl('proofs', user), history);
    same('and each proof', await curl('proof', user), await curl('proof'));
    const seen = await curl('consensus', user);
    compared.asPrinted('consensusAfter', seen);
    same('the consensus differs in epoch and time only', withoutProgress(seen), withoutProgress(after));
  }
  compared.end();
}

/** The document: "for user node, curr_epoch and last_update are not as same as producer (owner) node". */
function withoutProgress({ curr_epoch: _epoch, last_update: _update, curr_block_id: _block, ...rest }: Json): Json {
  return rest;
}

function same(what: string, actual: unknown, expected: unknown): void {
  const [is, should] = [actual, expected].map((value) =>
    JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each)),
  );
  if (is !== should) throw new Error(`It does not hold that ${what}: ${is} and ${should}`);
}
