import { fromBase64, toHex } from '../../records/index.ts';
import { equal, matches } from './caller.ts';
import { type Case, oneNode } from './case.ts';

export const EVENT_CASES: readonly Case[] = [
  oneNode('events tell of final blocks and of own trxs, of the asked group only', async (node) => {
    const { group_id } = await node.createGroup();
    const other = await node.createGroup();
    const stream = await node.open(`/api/v1/events?group_id=${group_id}`);
    matches('content-type', stream.contentType, /^text\/event-stream/);
    const posts: string[] = [];
    for (const group of [other.group_id, group_id]) {
      const { trx_id } = await node.post(`/api/v1/group/${group}/content`, { data: { content: 'hello' } });
      await node.untilFinal(group, trx_id);
      posts.push(trx_id);
    }
    const text = await stream.readUntil((told) => told.includes('event: block') && told.includes('"Committed"'));
    await stream.end();
    const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? ''));
    equal('groups', [...new Set(events.map((event) => event.group_id))], [group_id]);
    const committed = events.find(({ type, status }) => type === 'trx' && status === 'Committed');
    equal('the trx', committed?.trx_id, posts[1]);
    const block = events.find(({ type }) => type === 'block');
    equal('the block', [block?.block_id, block?.trxs], [committed?.block_id, 1]);
    const status = await node.get(`/api/v1/trx/${group_id}/${posts[1]}/status`);
    const answer = ['result', 'version', 'state_root'].map((name) => committed?.[name]);
    equal('the answer', [status.result, status.version, status.state_root], answer);
    const { StateRoot } = await node.get(`/api/v1/block/${group_id}/${committed?.block_id}`);
    equal('its version and root', answer, ['Applied', committed?.block_id, toHex(fromBase64(StateRoot) ?? new Uint8Array())]);
    await node.forget(other.group_id);
    await node.forget(group_id);
  }),
];
