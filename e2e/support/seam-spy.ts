/** Records everything that crosses the seam between a page, its worker and the other tabs, to look for what must not be there. */
import type { Page } from '@playwright/test';

/** What a page saw: every text and every run of bytes of every message, one after the other, by the way it came. */
export type Seen = Readonly<Record<string, { readonly messages: number; readonly texts: string; readonly bytes: string }>>;

declare global {
  interface Window {
    seam: Record<string, { messages: number; texts: string[]; bytes: string[] }>;
  }
}

/** To be called before the page loads. */
export async function spyOnSeam(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seam: Window['seam'] = {};
    window.seam = seam;
    const record = (way: string, message: unknown): void => {
      seam[way] ??= { messages: 0, texts: [], bytes: [] };
      const { texts, bytes } = seam[way];
      seam[way].messages++;
      const walk = (value: unknown): void => {
        if (typeof value === 'string') texts.push(value);
        else if (value instanceof ArrayBuffer) walk(new Uint8Array(value));
        else if (ArrayBuffer.isView(value)) {
          // The whole buffer crosses, not only the part that the view shows.
          let text = '';
          for (const byte of new Uint8Array(value.buffer)) text += String.fromCharCode(byte);
          bytes.push(text);
        } else if (Array.isArray(value)) {
          if (value.every((element) => typeof element === 'number')) texts.push(value.join());
          value.forEach(walk);
        } else if (value instanceof Map || value instanceof Set) walk([...value]);
        else if (typeof value === 'object' && value !== null && !(value instanceof MessagePort)) {
          walk(Object.keys(value));
          walk(Object.values(value));
        }
      };
      walk(message);
    };

    for (const scope of [Worker, MessagePort, BroadcastChannel]) {
      const { name, prototype } = scope as { name: string; prototype: Worker };
      const post = prototype.postMessage;
      prototype.postMessage = function (this: Worker, ...args: Parameters<Worker['postMessage']>) {
        record(`to ${name}`, args[0]);
        return post.apply(this, args);
      } as Worker['postMessage'];
      const descriptor = Object.getOwnPropertyDescriptor(prototype, 'onmessage');
      Object.defineProperty(prototype, 'onmessage', {
        ...descriptor,
        set(this: Worker, handler: ((event: MessageEvent) => void) | null) {
          descriptor?.set?.call(
            this,
            handler &&
              ((event: MessageEvent) => {
                record(`from ${name}`, event.data);
                handler.call(this, event);
              }),
          );
        },
      });
    }

    // Answers of the interface as a script of this origin gets them.
    let api: typeof window.sett;
    Object.defineProperty(window, 'sett', {
      configurable: true,
      get: () => api,
      set(given: NonNullable<typeof window.sett>) {
        api = {
          ready: given.ready,
          async api(path, init) {
            const response = await given.api(path, init);
            record('answers', await response.clone().text());
            return response;
          },
        };
      },
    });
  });
}

export function readSeam(page: Page): Promise<Seen> {
  return page.evaluate(() =>
    Object.fromEntries(
      Object.entries(window.seam).map(([way, { messages, texts, bytes }]) => [
        way,
        { messages, texts: texts.join('\n'), bytes: bytes.join('\n') },
      ]),
    ),
  );
}

/** The profile's true secrets: opens the sealed keys in the page with the browser's own key, as only its origin can. */
export async function readSecrets(page: Page, databaseName: string): Promise<Uint8Array[]> {
  const rows = await page.evaluate(async (name) => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await done(indexedDB.open(name));
    const [key] = await done<CryptoKey[]>(database.transaction('vault').objectStore('vault').getAll());
    const sealed = await done<Uint8Array[]>(database.transaction('keys').objectStore('keys').getAll());
    database.close();
    if (key === undefined) throw new Error('This profile has no key of its own.');
    if (key.extractable) throw new Error('The browser’s key can be taken out of it.');
    return Promise.all(
      sealed.map(async (row) => {
        const plain = await crypto.subtle.decrypt(
          { name: 'AES-GCM', iv: row.slice(1, 13), additionalData: row.slice(0, 1) },
          key,
          row.slice(13),
        );
        return [...new Uint8Array(plain)];
      }),
    );
  }, databaseName);
  return rows.flatMap((row) => fieldsOf(Uint8Array.from(row)));
}

/** The length-delimited fields of a small protobuf: a row of keys is made of such. */
function fieldsOf(bytes: Uint8Array): Uint8Array[] {
  const fields: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at + 1] ?? 0;
    if (length > 127) throw new Error('A field of a row of keys is longer than this reader knows.');
    fields.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return fields;
}

/** Every form in which a secret might travel. The texts are to be looked for without regard to case where that form has none. */
export function formsOf(secret: Uint8Array): {
  readonly bytes: string;
  readonly exact: readonly string[];
  readonly anyCase: readonly string[];
} {
  const buffer = Buffer.from(secret);
  // Base64 of a longer run of bytes shows the secret in one of three shifts; its first and last characters mix with its neighbours.
  const shifted = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), buffer])
      .toString('base64')
      .slice(shift === 0 ? 0 : 4, -4),
  );
  return {
    bytes: buffer.toString('latin1'),
    exact: [...shifted, ...shifted.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')), [...buffer].join()],
    anyCase: [buffer.toString('hex')],
  };
}
