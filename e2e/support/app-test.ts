/** What the tests of the whole app share: the app built once, a real relay for each test, and people with browsers of their own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, expect } from '@playwright/test';
import { buildApp } from './build-app.ts';
import { Person, type Surroundings } from './person.ts';
import { startRelayProcess } from './relay.ts';

export { expect };

interface Relay {
  /** Where the app is served; stays the same after {@link restart}. */
  readonly origin: string;
  /** Ends the process, as its operator would. */
  stop(): Promise<void>;
  /** The same relay again, on the same port. */
  restart(): Promise<void>;
}

interface Fixtures {
  readonly relay: Relay;
  /** Somebody else's browser, with the app open and its node ready. */
  readonly arrive: (surroundings?: Surroundings) => Promise<Person>;
}

export const test = base.extend<Fixtures, { readonly appDirectory: string }>({
  appDirectory: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from it that nothing is needed
    async ({}, use) => {
      const directory = await buildApp();
      await use(directory);
      await rm(directory, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],

  relay: async ({ appDirectory }, use) => {
    const dataDirectory = await mkdtemp(path.join(tmpdir(), 'sett-relay-'));
    const first = await startRelayProcess({ dataDirectory, appDirectory });
    let running: typeof first | undefined = first;
    await use({
      origin: first.origin,
      async stop() {
        const code = await running?.stop();
        running = undefined;
        expect(code).toBe(0);
      },
      async restart() {
        running = await startRelayProcess({ dataDirectory, appDirectory, port: first.port });
      },
    });
    await running?.stop();
    await rm(dataDirectory, { recursive: true, force: true });
  },

  arrive: async ({ browser, relay }, use) => {
    const people: Person[] = [];
    await use(async (surroundings) => {
      const person = await Person.arrive(browser, relay.origin, surroundings);
      people.push(person);
      return person;
    });
    const defects = people.flatMap((person) => person.defects);
    for (const person of people) await person.leave();
    expect(defects, 'no page and no node met a defect').toEqual([]);
  },
});
