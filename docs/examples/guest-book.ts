/** A guest book on a group: node docs/examples/guest-book.ts [origin of a node]. Whoever joins the group by its seed has the same book. */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { html } from 'hono/html';
import { createSettClient, type SettClient, SettError } from '../../src/sdk/index.ts';

const APP_KEY = 'guest_book';

/** The group of this node's guest book; made if there is none. */
async function bookOf(sett: SettClient): Promise<string> {
  const { groups } = await sett.groups();
  const found = groups.find(({ app_key }) => app_key === APP_KEY);
  if (found) return found.group_id;
  const made = await sett.createGroup({
    group_name: 'Guest book',
    consensus_type: 'poa',
    encryption_type: 'public',
    app_key: APP_KEY,
  });
  return made.group_id;
}

/** Whoever has joined can post anything: an entry that is none must not hide the others. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '(not readable)');

export async function guestBook(sett: SettClient): Promise<Hono> {
  const group_id = await bookOf(sett);
  const app = new Hono();
  app.get('/', async (context) => {
    const entries = await sett.contents({ group_id, reverse: true, num: 50 });
    const { seed } = await sett.groupSeed({ group_id });
    return context.html(html`<!doctype html><html lang="en"><title>Guest book</title><h1>Guest book</h1>
      <form method="post"><label>Name <input name="name" required></label>
        <label>Greeting <input name="content" required></label> <button>Sign</button></form>
      ${entries.map(({ Content, Publisher }) => {
        const { name, content } = (Content ?? {}) as { name?: unknown; content?: unknown };
        return html`<p title="${Publisher}"><b>${textOf(name)}</b>: ${textOf(content)}</p>`;
      })}
      <p>Join with <code>${seed}</code></p></html>`);
  });
  app.post('/', async (context) => {
    const { name, content } = await context.req.parseBody();
    const { trx_id } = await sett.post({ group_id, data: { type: 'Note', name: String(name), content: String(content) } });
    await sett.untilFinal({ group_id, trx_id });
    return context.redirect('/', 303);
  });
  app.onError((error, context) => {
    if (error instanceof SettError) return context.text(error.message, 502);
    throw error;
  });
  return app;
}

if (import.meta.main) {
  const book = await guestBook(createSettClient({ origin: process.argv[2] ?? 'http://127.0.0.1:8002' }));
  serve({ fetch: book.fetch, hostname: '127.0.0.1', port: 8010 }, ({ port }) => console.log(`http://127.0.0.1:${port}/`));
}
