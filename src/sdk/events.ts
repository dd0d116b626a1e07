/** What a node tells of: a final block, or what became of an own trx. */
export type SettEvent =
  | { readonly type: 'block'; readonly group_id: string; readonly block_id: number; readonly hash: string; readonly trxs: number }
  | {
      readonly type: 'trx';
      readonly group_id: string;
      readonly trx_id: string;
      readonly status: 'Pending' | 'Committed';
      /** Of a final one: its block, and the answer. */
      readonly block_id?: number;
      readonly result?: 'Applied' | 'Rejected';
      readonly version?: number;
      readonly state_root?: string;
    };

/** Reads Server-Sent Events until the stream ends. Comments, which only keep the connection open, are skipped. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SettEvent, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const messages = text.split('\n\n');
      text = messages.pop() ?? '';
      for (const message of messages) {
        const data = /^data: (.*)$/m.exec(message)?.[1];
        if (data !== undefined) yield JSON.parse(data) as SettEvent;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
