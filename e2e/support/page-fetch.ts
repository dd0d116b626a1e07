/** A page's `fetch` in the test's own process: its answers, endless ones too. */
import type { Page } from '@playwright/test';

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Readers = { readers?: Reader[] };

/** What `init` of the calls may hold. */
interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Calls as a script of the page would: its origin's service worker answers. */
export async function pageFetch(page: Page, target: string, call: Call = {}): Promise<Response> {
  const { id, status, headers } = await page.evaluate(
    async ([target, call]) => {
      const response = await fetch(target, call);
      const reader = response.body?.getReader();
      if (reader === undefined) throw new Error(`${target} was answered without a body`);
      const kept = window as Readers;
      kept.readers ??= [];
      return { id: kept.readers.push(reader) - 1, status: response.status, headers: [...response.headers] };
    },
    [target, call] as const,
  );
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const bytes = await page.evaluate(async (id) => {
        const read = await (window as Readers).readers?.[id]?.read();
        return read?.value && [...read.value];
      }, id);
      if (bytes === undefined) controller.close();
      else controller.enqueue(Uint8Array.from(bytes));
    },
    cancel: () => page.evaluate((id) => (window as Readers).readers?.[id]?.cancel(), id),
  });
  return new Response(body, { status, headers });
}
