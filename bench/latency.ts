import type { Page } from '@playwright/test';
import { call, createGroup, openTab, withApp } from './app.ts';
import { type Benchmark, figure, quantile } from './benchmark.ts';

const POSTS = 40;

/** Milliseconds since 1970 of the browser's clock, which both tabs and the block's time share. */
interface Times {
  readonly posted: number;
  readonly acknowledged: number;
  readonly trxId: string;
}

function post(page: Page, groupId: string, text: string): Promise<Times> {
  return page.evaluate(
    async ({ groupId, text }) => {
      const { sett } = window;
      if (sett === undefined) throw new Error('This page is not Sett.');
      const posted = performance.timeOrigin + performance.now();
      const answer = await sett.api(`/api/v1/group/${groupId}/content`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ data: { type: 'Note', content: text } }),
      });
      const { trx_id: trxId } = await answer.json();
      return { posted, acknowledged: performance.timeOrigin + performance.now(), trxId };
    },
    { groupId, text },
  );
}

/** Waits until a trx is final in a tab; answers when, and in which block. */
function final(page: Page, groupId: string, trxId: string): Promise<{ at: number; blockId: number }> {
  return page.evaluate(
    async ({ groupId, trxId }) => {
      const { sett } = window;
      if (sett === undefined) throw new Error('This page is not Sett.');
      for (;;) {
        const answer = await sett.api(`/api/v1/trx/${groupId}/${trxId}/status`);
        const { status, block_id: blockId } = await answer.json();
        if (status === 'Committed') return { at: performance.timeOrigin + performance.now(), blockId };
        if (status === 'Invalid') throw new Error('The post was refused.');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    { groupId, trxId },
  );
}

/** When the epoch of a block began, by its producer's clock. */
async function blockTimeMs(page: Page, groupId: string, blockId: number): Promise<number> {
  const block = await call<{ TimeStamp: string }>(page, 'GET', `/api/v1/block/${groupId}/${blockId}`);
  return Number(BigInt(block.TimeStamp) / 1_000n) / 1_000;
}

export const latency: Benchmark = {
  name: 'latency',
  sentence:
    'One producer, two tabs: from a member’s post to its being final, in the member’s tab and in the owner’s, as a whole and beyond the tick ' +
    '(from the start of the epoch that took it). Reference: the epoch interval, and a status call that does nothing.',
  run: ({ progress }) =>
    withApp(async ({ origin, browser }) => {
      const owner = await openTab(await browser(), origin);
      const { group_id: groupId, seed } = await createGroup(owner);
      const member = await openTab(await browser(), origin);
      await call(member, 'POST', '/api/v2/group/join', { seed });
      progress('Two tabs, one group; waiting until the first post goes through.');
      await final(member, groupId, (await post(member, groupId, 'warm-up')).trxId);

      const { trx_epoch_interval: intervalMs } = await call<{ trx_epoch_interval: number }>(
        member,
        'GET',
        `/api/v1/group/${groupId}/consensus/`,
      );
      const runs = {
        acknowledged: [] as number[],
        total: [] as number[],
        atOwner: [] as number[],
        beyond: [] as number[],
        nothing: [] as number[],
      };
      for (let number = 0; number < POSTS; number++) {
        // Spread over the interval, so that the wait for the tick is not always the same.
        await member.evaluate((delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)), (number * intervalMs) / POSTS);
        const { posted, acknowledged, trxId } = await post(member, groupId, `post ${number}`);
        const [here, there] = await Promise.all([final(member, groupId, trxId), final(owner, groupId, trxId)]);
        const startedMs = await blockTimeMs(member, groupId, here.blockId);
        const nothing = await member.evaluate(async () => {
          const start = performance.now();
          await window.sett?.api('/api/v1/groups');
          return performance.now() - start;
        });
        runs.acknowledged.push(acknowledged - posted);
        runs.total.push(here.at - posted);
        runs.atOwner.push(there.at - posted);
        runs.beyond.push(here.at - startedMs);
        runs.nothing.push(nothing);
        if (number % 10 === 9) progress(`${number + 1} of ${POSTS} posts are final.`);
      }
      return {
        figures: [
          figure('beyond the tick: start of the epoch to final at the member', 'ms', runs.beyond),
          { name: '… 95 of 100 within', unit: 'ms', value: quantile(runs.beyond, 0.95) },
          figure('post to final at the member', 'ms', runs.total),
          figure('post to final at the owner', 'ms', runs.atOwner),
          figure('post to acknowledged (stored durably)', 'ms', runs.acknowledged),
        ],
        reference: [
          { name: 'epoch interval', unit: 'ms', value: intervalMs },
          figure('a REST call that only reads', 'ms', runs.nothing),
        ],
      };
    }),
};
