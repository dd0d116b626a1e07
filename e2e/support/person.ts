/** Somebody with a browser of their own, who uses the page by the names that a screen reader would say. */
import { type Browser, type BrowserContext, type CDPSession, expect, type Locator, type Page } from '@playwright/test';

/** `microphone`: see `chromium.ts`. The others: people copy seeds and paste them. */
export const PERMISSIONS = ['microphone', 'clipboard-read', 'clipboard-write'];

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the interface's answers have many shapes
  readonly body: any;
}

/** What two nodes must agree on. */
export interface BlockIdentity {
  readonly hash: string;
  readonly stateRoot: string;
}

export interface Surroundings {
  /** A network that lets no UDP through, so that WebRTC finds no way and the relay carries everything. */
  readonly withoutUdp?: boolean;
  /** Room that the app's storage has, until {@link Person.setQuota} says otherwise. */
  readonly quotaBytes?: number;
}

export class Person {
  readonly context: BrowserContext;
  readonly #origin: string;
  readonly #defects: string[] = [];
  /** What the tab's network logs. */
  readonly networkLog: string[] = [];
  #page: Page | undefined;
  /** The browser drops the limit with the session that set it. */
  #quotaSession: CDPSession | undefined;

  private constructor(context: BrowserContext, origin: string) {
    this.context = context;
    this.#origin = origin;
  }

  /** Opens the app for the first time. */
  static async arrive(browser: Browser, origin: string, { withoutUdp, quotaBytes }: Surroundings = {}): Promise<Person> {
    const context = await browser.newContext({ permissions: PERMISSIONS });
    if (withoutUdp) await context.addInitScript(blockUdp);
    const person = new Person(context, origin);
    const page = await person.#newPage();
    // Before the app writes anything: Chromium remembers for a while how much room it has found.
    if (quotaBytes !== undefined) await person.setQuota(quotaBytes);
    await page.goto(origin);
    await person.ready();
    return person;
  }

  /** The same with a browser context that the caller has made. */
  static async with(context: BrowserContext, origin: string): Promise<Person> {
    const person = new Person(context, origin);
    await person.openTab();
    return person;
  }

  get page(): Page {
    if (this.#page === undefined) throw new Error('This person has no tab open.');
    return this.#page;
  }

  /** Errors that no test expects: uncaught ones of the page, and those that the node logs. */
  get defects(): readonly string[] {
    return this.#defects;
  }

  // ------------------------------------------------------------------------------------------------------- the tab

  /** Opens the tab (again) at `hash`; resolves when its node is ready. */
  async openTab(hash = ''): Promise<void> {
    const page = await this.#newPage();
    await page.goto(`${this.#origin}/${hash}`);
    await this.ready();
  }

  async #newPage(): Promise<Page> {
    const page = await this.context.newPage();
    page.on('pageerror', (error) => this.#defects.push(error.stack ?? error.message));
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'debug' && text.startsWith('sett network: ')) this.networkLog.push(text);
      else if (message.type() === 'error' && text.startsWith('sett')) this.#defects.push(text);
    });
    this.#page = page;
    return page;
  }

  async closeTab(): Promise<void> {
    await this.page.close();
    this.#page = undefined;
  }

  /** The tab's process ends without a word, as when the power goes. */
  async crashTab(): Promise<void> {
    const session = await this.context.newCDPSession(this.page);
    const crashed = this.page.waitForEvent('crash');
    // The answer to this never comes.
    void session.send('Page.crash').catch(() => {});
    await crashed;
    await this.closeTab();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.ready();
  }

  /** Limits the app's storage for as long as this tab is open; undefined: as much as the disk has. */
  async setQuota(quotaBytes?: number): Promise<void> {
    this.#quotaSession ??= await this.context.newCDPSession(this.page);
    const origin = this.#origin;
    await this.#quotaSession.send('Storage.overrideQuotaForOrigin', {
      origin,
      ...(quotaBytes !== undefined && { quotaSize: quotaBytes }),
    });
  }

  async leave(): Promise<void> {
    await this.context.close();
  }

  async ready(): Promise<void> {
    await this.page.evaluate(() => window.sett?.ready);
  }

  // ---------------------------------------------------------------------------------------------------- the page

  get feed(): Locator {
    return this.page.getByRole('feed');
  }

  get status(): Locator {
    return this.page.getByRole('region', { name: 'Status' });
  }

  get alert(): Locator {
    return this.page.getByRole('alert');
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Write a post' });
  }

  /** The post with this text. */
  article(text: string): Locator {
    return this.feed.getByRole('article').filter({ hasText: text });
  }

  /** Resolves with the new group's id, when its page is shown. */
  async createGroup(name: string): Promise<string> {
    await this.page.getByRole('button', { name: 'Create group' }).click();
    await this.page.getByRole('textbox', { name: 'Group name' }).fill(name);
    await this.page.getByRole('button', { name: 'Create', exact: true }).click();
    return this.#groupShown(name);
  }

  /** The seed of the group that is shown, as the clipboard gets it. */
  async copySeed(): Promise<string> {
    const share = this.page.getByRole('button', { name: 'Share' });
    await share.click();
    await this.page.getByRole('button', { name: 'Copy seed' }).click();
    const seed = await this.page.waitForFunction(async () => {
      const text = await navigator.clipboard.readText();
      return text.startsWith('rum://seed?') ? text : undefined;
    });
    await this.page.keyboard.press('Escape');
    return (await seed.jsonValue()) ?? '';
  }

  /** Pastes a seed and asks to join; what comes of it is for the caller to look at. */
  async pasteSeed(seed: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Join group' }).click();
    await this.page.evaluate((text) => navigator.clipboard.writeText(text), seed);
    const field = this.page.getByRole('textbox', { name: 'Seed URL' });
    await field.press('ControlOrMeta+V');
    await expect(field).toHaveValue(seed);
    await this.page.getByRole('button', { name: 'Join', exact: true }).click();
  }

  /** Joins by pasting; resolves with the group's id when its page is shown. */
  async join(seed: string, name: string): Promise<string> {
    await this.pasteSeed(seed);
    return this.#groupShown(name);
  }

  async #groupShown(name: string): Promise<string> {
    await expect(this.page.getByRole('heading', { level: 1, name })).toBeVisible();
    const groupId = /#\/group\/([0-9a-f-]{36})/.exec(this.page.url())?.[1];
    if (groupId === undefined) throw new Error(`${this.page.url()} is not a group's page.`);
    return groupId;
  }

  /** Writes a post and sends it; what comes of it is for the caller to look at. */
  async submit(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.page.getByRole('button', { name: 'Post', exact: true }).click();
  }

  /** Writes a post and sends it; resolves when the page shows it. */
  async post(text: string): Promise<void> {
    await this.submit(text);
    await expect(this.article(text)).toHaveCount(1);
  }

  async seesFinal(text: string): Promise<void> {
    await expect(this.article(text)).toContainText('Final');
    await expect(this.article(text)).toHaveCount(1);
  }

  // ----------------------------------------------------------------------------------------------- the REST interface

  api(route: string, body?: unknown): Promise<Answer> {
    return this.page.evaluate(
      async ([route, body]) => {
        const response = await window.sett?.api(route, body === undefined ? undefined : { method: 'POST', body });
        return { status: response?.status ?? 0, body: await response?.json() };
      },
      [route, body === undefined ? undefined : JSON.stringify(body)] as const,
    );
  }

  /** Number of the newest block that this node has stored. */
  async topBlock(groupId: string): Promise<number> {
    const { body } = await this.api('/api/v1/groups');
    return body.groups.find((group: { group_id: string }) => group.group_id === groupId)?.currt_top_block;
  }

  async block(groupId: string, blockId: number): Promise<BlockIdentity> {
    const { status, body } = await this.api(`/api/v1/block/${groupId}/${blockId}`);
    if (status !== 200) throw new Error(`Block ${blockId}: ${JSON.stringify(body)}`);
    return { hash: body.BlockHash, stateRoot: body.StateRoot };
  }

  /** All blocks that this node has stored, from the first. */
  async chain(groupId: string): Promise<BlockIdentity[]> {
    const numbers = Array.from({ length: await this.topBlock(groupId) }, (_, index) => index + 1);
    return Promise.all(numbers.map((number) => this.block(groupId, number)));
  }

  /** Texts of all final posts, in the order of the blocks. */
  async finalTexts(groupId: string): Promise<string[]> {
    const { body } = await this.api(`/app/api/v1/group/${groupId}/content?num=500`);
    // The page posts a note inside an activity, scripts post it bare.
    type Note = { content: string };
    return (body as { Content: Note & { object?: Note } }[]).map(({ Content }) => (Content.object ?? Content).content);
  }

  /** How this node is connected to others: path and address of each connection, by peer id. */
  async connections(): Promise<ReadonlyMap<string, { readonly path: string; readonly address: string }>> {
    const { body } = await this.api('/api/v1/network');
    const list = body.connections as { peer_id: string; path: string; address: string }[];
    return new Map(list.map(({ peer_id, path, address }) => [peer_id, { path, address }]));
  }

  async peerId(): Promise<string> {
    return (await this.api('/api/v1/network')).body.peer_id;
  }
}

/** Runs in the page: its WebRTC may use TURN servers only, and there are none. */
function blockUdp(): void {
  globalThis.RTCPeerConnection = new Proxy(RTCPeerConnection, {
    construct: (target, [configuration]: [RTCConfiguration?]) => new target({ ...configuration, iceTransportPolicy: 'relay' }),
  });
}
