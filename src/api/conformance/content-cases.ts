import { equal, equalKeys, matches, UNKNOWN_ID } from './caller.ts';
import { type Case, oneNode } from './case.ts';
import { PRINTED } from './document.ts';

export const CONTENT_CASES: readonly Case[] = [
  oneNode('a post becomes final and is read back as it was sent, integers beyond 2^53 included', async (node) => {
    const { group_id } = await node.createGroup();
    const body = '{"data": {"type": "Note", "content": "héllo", "number": 12345678901234567890}}';
    const { trx_id } = await node.post(`/api/v1/group/${group_id}/content`, body);
    await node.untilFinal(group_id, trx_id);
    const { json, text } = await node.ask('GET', `/app/api/v1/group/${group_id}/content`);
    equal('posts', json.length, 1);
    equalKeys('a post', json[0], ['TrxId', 'Publisher', 'Content', 'TimeStamp']);
    equal('its id and text', [json[0].TrxId, json[0].Content.content], [trx_id, 'héllo']);
    matches('the feed', text, /"number":12345678901234567890/);

    const { block_id } = await node.get(`/api/v1/trx/${group_id}/${trx_id}/status`);
    const block = await node.get(`/api/v1/block/${group_id}/${block_id}`);
    equal('the block', [block.GroupId, block.BlockId, block.Trxs.length], [group_id, block_id, 1]);
    const trx = await node.get(`/api/v1/trx/${group_id}/${trx_id}`);
    equal('the trx', trx, block.Trxs[0]);
    // A post is type 0, and default values are left out.
    equalKeys('a trx', { ...trx, Type: 0 }, PRINTED.trx);
    await node.forget(group_id);
  }),

  oneNode('a post with an id of the caller’s is the same post however often it is sent, and can be taken back', async (node) => {
    const { group_id } = await node.createGroup();
    const body = { data: { type: 'Note', content: 'once' }, trx_id: '3F2504E0-4F89-41D3-9A0C-0305E82C3301' };
    const sent = { trx_id: body.trx_id.toLowerCase() };
    for (let time = 0; time < 2; time++) equal('the id', await node.post(`/api/v1/group/${group_id}/content`, body), sent);
    await node.untilFinal(group_id, sent.trx_id);
    equal('posts', (await node.get(`/app/api/v1/group/${group_id}/content`)).length, 1);
    await node.refused(404, 'unknown-trx', 'POST', `/api/v1/trx/${group_id}/${UNKNOWN_ID}/discard`);
    await node.forget(group_id);
  }),

  oneNode('a page of the feed: count, direction, start and senders', async (node) => {
    const { group_id } = await node.createGroup();
    const ids: string[] = [];
    for (const content of ['a', 'b', 'c']) {
      const { trx_id } = await node.post(`/api/v1/group/${group_id}/content`, { data: { content } });
      await node.untilFinal(group_id, trx_id);
      ids.push(trx_id);
    }
    const feed = async (query: string) =>
      (await node.get(`/app/api/v1/group/${group_id}/content?${query}`)).map(
        (item: { Content: { content: string } }) => item.Content.content,
      );
    equal('num', await feed('num=2'), ['a', 'b']);
    equal('reverse', await feed('reverse=true&num=2'), ['c', 'b']);
    equal('starttrx', await feed(`starttrx=${ids[0]}`), ['b', 'c']);
    equal('includestarttrx', await feed(`starttrx=${ids[1]}&includestarttrx=true&reverse=1`), ['b', 'a']);
    equal('senders', await feed('senders=AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B'), []);
    await node.refused(400, 'bad-input', 'GET', `/app/api/v1/group/${group_id}/content?num=501`);
    await node.refused(400, 'bad-input', 'GET', `/app/api/v1/group/${group_id}/content?reverse=maybe`);
    await node.forget(group_id);
  }),

  oneNode('too large, too deep, unknown', async (node) => {
    const { group_id } = await node.createGroup();
    const url = `/api/v1/group/${group_id}/content`;
    await node.refused(413, 'too-large', 'POST', url, { data: { content: 'x'.repeat(300 * 1024) } });
    await node.refused(400, 'bad-input', 'POST', url, `{"data":{"content":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`);
    await node.refused(404, 'unknown-block', 'GET', `/api/v1/block/${group_id}/99999`);
    await node.refused(404, 'unknown-trx', 'GET', `/api/v1/trx/${group_id}/${UNKNOWN_ID}`);
    equal('its status', await node.get(`/api/v1/trx/${group_id}/${UNKNOWN_ID}/status`), { status: 'Unknown' });
    await node.forget(group_id);
  }),
];
