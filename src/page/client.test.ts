import { afterEach, expect, test } from 'vitest';
import { CALL_LIMIT_MS, type Call, type Line, readFromClient, SEAM_VERSION, type ToClient } from '../worker/index.ts';
import type { Surroundings } from './browser.ts';
import { type ClientEvent, createClient, type SettClient } from './client.ts';
import type { NodeReports, RunningNode, StartNode } from './leader.ts';
import type { LeaderLock } from './leadership.ts';

/** Lets every message and promise under way arrive. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** The lock manager of a browser: one holder, a queue, theft. */
class FakeLock {
  #holder: { steal: () => void } | undefined;
  #queue: (() => void)[] = [];

  port(): LeaderLock {
    return {
      hold: ({ steal, signal }, held) =>
        new Promise((resolve, reject) => {
          const grant = () => {
            signal.removeEventListener('abort', abort);
            const holder = { steal: () => resolve('lost') };
            this.#holder = holder;
            held().then(() => {
              resolve('released');
              if (this.#holder === holder) this.#next();
            }, reject);
          };
          const abort = () => {
            this.#queue = this.#queue.filter((other) => other !== grant);
            reject(signal.reason);
          };
          if (steal) {
            this.#holder?.steal();
            grant();
          } else if (this.#holder === undefined) grant();
          else {
            this.#queue.push(grant);
            signal.addEventListener('abort', abort);
          }
        }),
      isHeld: async () => this.#holder !== undefined,
    };
  }

  #next(): void {
    this.#holder = undefined;
    this.#queue.shift()?.();
  }
}

/** A broadcast channel, and ports, with messages that arrive later. */
class FakeLine implements Line {
  readonly others: Set<FakeLine>;
  #receive: ((message: unknown) => void) | undefined;
  constructor(others = new Set<FakeLine>()) {
    this.others = others;
    others.add(this);
  }
  post(message: unknown): void {
    const copy: unknown = structuredClone(message);
    const targets = [...this.others].filter((line) => line !== this);
    setImmediate(() => {
      for (const line of targets) if (this.others.has(line)) line.#receive?.(copy);
    });
  }
  listen(receive: (message: unknown) => void): void {
    this.#receive = receive;
  }
  close(): void {
    this.#receive = undefined;
    this.others.delete(this);
  }
}

interface FakeNode {
  readonly leader: string;
  readonly calls: Call[];
  readonly reports: NodeReports;
  isStopped: boolean;
  /** Messages are neither read nor answered. */
  isFrozen: boolean;
  begin(): void;
  answer(call: Call | undefined, status?: number): void;
}

/** A browser with tabs of one profile, and nodes that do what the test tells them. */
class FakeBrowser {
  readonly lock = new FakeLock();
  readonly channels = new Set<FakeLine>();
  readonly nodes: FakeNode[] = [];
  kept = 0;
  /** Whether nodes start without being told. */
  startsNodes = true;
  #nowMs = 0;
  #timers: { atMs: number; periodMs: number | undefined; callback: () => void; tab: FakeTab }[] = [];

  open(profile = 'default'): FakeTab {
    return new FakeTab(this, profile);
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    while (this.#nowMs < untilMs) {
      this.#nowMs += 500;
      for (const timer of [...this.#timers]) {
        if (timer.atMs > this.#nowMs || !this.#timers.includes(timer) || timer.tab.isFrozen) continue;
        if (timer.periodMs === undefined) this.#timers = this.#timers.filter((other) => other !== timer);
        else timer.atMs = this.#nowMs + timer.periodMs;
        timer.callback();
      }
      await settle();
    }
  }

  surroundings(tab: FakeTab): Surroundings {
    let ids = 0;
    const timer = (delayMs: number, periodMs: number | undefined, callback: () => void) => {
      const entry = { atMs: this.#nowMs + delayMs, periodMs, callback, tab };
      this.#timers.push(entry);
      return () => {
        this.#timers = this.#timers.filter((other) => other !== entry);
      };
    };
    return {
      origin: 'http://localhost:8000',
      lock: () => this.lock.port(),
      channel: () => new FakeLine(this.channels),
      every: (periodMs, callback) => timer(periodMs, periodMs, callback),
      after: (delayMs, callback) => timer(delayMs, undefined, callback),
      nowMs: () => this.#nowMs,
      uuid: () => `00000000-0000-4000-${String(tab.number).padStart(4, '0')}-${String(++ids).padStart(12, '0')}`,
      chance: () => (tab.number % 4) / 4,
      onPause: (pause, resume) => {
        tab.pause = pause;
        tab.resume = resume;
      },
      keepStorage: async () => {
        this.kept++;
      },
    };
  }

  startNode(leader: string, reports: NodeReports): RunningNode {
    const [near, far] = [new FakeLine(), new FakeLine()];
    near.others.add(far);
    far.others.add(near);
    const channel = new FakeLine(this.channels);
    const say = (line: FakeLine, message: ToClient) => {
      if (!node.isFrozen && !node.isStopped) line.post(message);
    };
    const lineOf = new Map<Call, FakeLine>();
    const ready: ToClient = { type: 'leading', version: SEAM_VERSION, leader, state: 'ready' };
    const node: FakeNode = {
      leader,
      calls: [],
      reports,
      isStopped: false,
      isFrozen: false,
      begin() {
        for (const line of [far, channel]) {
          line.listen((value) => {
            const message = readFromClient(value);
            if (node.isFrozen || message === undefined) return;
            if (message.type === 'hello') say(line, ready);
            if (message.type === 'ping') say(line, { type: 'pong' });
            if (message.type === 'call') {
              node.calls.push(message);
              lineOf.set(message, line);
            }
          });
        }
        say(channel, ready);
        reports.ready();
      },
      answer(call, status = 200) {
        const line = call && lineOf.get(call);
        if (!call || !line) throw new Error('no such call');
        say(line, {
          type: 'answer',
          client: call.client,
          call: call.call,
          status,
          contentType: 'application/json',
          body: `{"by":"${leader}"}`,
        });
      },
    };
    this.nodes.push(node);
    if (this.startsNodes) setImmediate(() => node.begin());
    return {
      calls: near,
      stop() {
        node.isStopped = true;
        near.close();
        far.close();
        channel.close();
      },
    };
  }
}

let tabs = 0;
class FakeTab {
  readonly number = ++tabs;
  readonly client: SettClient;
  readonly events: ClientEvent[] = [];
  pause: () => void = () => {};
  resume: () => void = () => {};
  isFrozen = false;
  constructor(browser: FakeBrowser, profile: string) {
    const start: StartNode = ({ leader }, reports) => browser.startNode(leader, reports);
    this.client = createClient(profile, browser.surroundings(this), start);
    this.client.subscribe((event) => this.events.push(event));
  }
  get role(): string {
    const tab = this.events.findLast((event) => event.type === 'tab');
    return tab?.type === 'tab' ? tab.role : '';
  }
  get problem(): string | undefined {
    const tab = this.events.findLast((event) => event.type === 'tab');
    return tab?.type === 'tab' ? tab.problem?.code : undefined;
  }
}

let browser = new FakeBrowser();
afterEach(() => {
  browser = new FakeBrowser();
});

const post: RequestInit = { method: 'POST', body: '{"data":{"content":"x"}}' };
const contentPath = '/api/v1/group/g/content';

async function outcome(answer: Promise<Response>): Promise<string> {
  const response = await answer;
  const { code, by } = (await response.json()) as { code?: string; by?: string };
  return `${response.status} ${code ?? by}`;
}

test('the first tab leads, the others are windows onto its node', async () => {
  const [a, b] = [browser.open(), browser.open()];
  await settle();
  expect([a.role, b.role]).toEqual(['leader', 'window']);
  await Promise.all([a.client.ready, b.client.ready]);

  const answers = [a.client.api('/api/v1/groups'), b.client.api('/api/v1/groups')];
  await settle();
  const [node] = browser.nodes;
  expect(node?.calls.map(({ path }) => path)).toEqual(['/api/v1/groups', '/api/v1/groups']);
  for (const call of node?.calls ?? []) node?.answer(call);
  expect(await Promise.all(answers.map(outcome))).toEqual([`200 ${node?.leader}`, `200 ${node?.leader}`]);
});

test('a post that the closed leader took but did not answer is sent to the next one with the same trx id', async () => {
  const [a, b] = [browser.open(), browser.open()];
  await settle();
  const answer = b.client.api(contentPath, post);
  await settle();
  a.pause();
  await settle();

  expect(b.role).toBe('leader');
  const [first, second] = browser.nodes;
  expect(first?.isStopped).toBe(true);
  expect(second?.calls).toHaveLength(1);
  expect(second?.calls[0]?.body).toBe(first?.calls[0]?.body);
  expect(JSON.parse(second?.calls[0]?.body ?? '')).toEqual({
    trx_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    data: { content: 'x' },
  });
  second?.answer(second.calls[0]);
  expect(await outcome(answer)).toBe(`200 ${second?.leader}`);
});

test('the creation of a group is never done twice: after a handover the caller is told to look', async () => {
  const [a, b] = [browser.open(), browser.open()];
  await settle();
  const sent = b.client.api('/api/v1/group', { method: 'POST', body: '{}' });
  await settle();
  a.pause();
  await settle();
  expect(await outcome(sent)).toBe('503 interrupted');
  expect(browser.nodes[1]?.calls).toEqual([]);
});

test('a call waits for a node that is still starting, and storage is kept once a group is made', async () => {
  browser.startsNodes = false;
  const a = browser.open();
  const created = a.client.api('/api/v1/group', { method: 'POST', body: '{}' });
  await browser.pass(5_000);
  const [node] = browser.nodes;
  expect(node?.calls).toEqual([]);
  node?.begin();
  await settle();
  node?.answer(node.calls[0]);
  expect((await created).status).toBe(200);
  expect(browser.kept).toBe(1);
});

test('without any answer a call ends in a clear refusal, though the clock jumped while the page was frozen', async () => {
  browser.startsNodes = false;
  const a = browser.open();
  const waiting = outcome(a.client.api('/api/v1/groups'));
  await browser.pass(CALL_LIMIT_MS + 1_000);
  expect(await waiting).toBe('503 no-node');
});

test('windows take over from a leader that went silent, one of them, and it gives way when it wakes', async () => {
  const [a, b, c] = [browser.open(), browser.open(), browser.open()];
  await settle();
  const answer = b.client.api(contentPath, post);
  await settle();
  const [frozen] = browser.nodes;
  if (frozen) frozen.isFrozen = true;
  a.isFrozen = true;
  await browser.pass(25_000);

  expect([b.role, c.role].sort()).toEqual(['leader', 'window']);
  expect(browser.nodes).toHaveLength(2);
  const next = browser.nodes[1];
  next?.answer(next.calls[0]);
  expect(await outcome(answer)).toBe(`200 ${next?.leader}`);

  a.isFrozen = false;
  await settle();
  expect(a.role).toBe('window');
  expect(frozen?.isStopped).toBe(true);
});

test('a node that crashes is started again, later each time, and open calls go to the new one', async () => {
  const [a, b] = [browser.open(), browser.open()];
  await settle();
  const answer = b.client.api('/api/v1/groups');
  await settle();
  browser.nodes[0]?.reports.stopped({ code: 'node-crashed', message: 'It crashed.' });
  await settle();
  expect([a.role, a.problem, b.problem]).toEqual(['leader', 'node-crashed', 'node-crashed']);
  expect(browser.nodes[0]?.isStopped).toBe(true);

  await browser.pass(1_000);
  expect(browser.nodes).toHaveLength(2);
  expect([a.problem, b.problem]).toEqual([undefined, undefined]);
  browser.nodes[1]?.answer(browser.nodes[1].calls[0]);
  expect(await outcome(answer)).toBe(`200 ${browser.nodes[1]?.leader}`);

  browser.nodes[1]?.reports.stopped({ code: 'node-crashed', message: 'It crashed.' });
  await browser.pass(1_500);
  expect(browser.nodes).toHaveLength(2);
  await browser.pass(1_000);
  expect(browser.nodes).toHaveLength(3);
});

test('a silent node in the leading tab is started again', async () => {
  const a = browser.open();
  await settle();
  const [node] = browser.nodes;
  if (node) node.isFrozen = true;
  await browser.pass(60_000);
  expect(a.role).toBe('leader');
  expect(node?.isStopped).toBe(true);
  expect(browser.nodes.length).toBeGreaterThan(1);
});

test('a page that was put away comes back as a window', async () => {
  const [a, b] = [browser.open(), browser.open()];
  await settle();
  a.pause();
  await settle();
  expect([a.role, b.role]).toEqual(['electing', 'leader']);
  a.resume();
  await settle();
  expect(a.role).toBe('window');
  const answer = a.client.api('/api/v1/groups');
  await settle();
  browser.nodes[1]?.answer(browser.nodes[1].calls[0]);
  expect((await answer).status).toBe(200);
});

test('a call can be aborted, and a request that is none rejects', async () => {
  const a = browser.open();
  const controller = new AbortController();
  const answer = a.client.api('/api/v1/groups', { signal: controller.signal });
  await settle();
  controller.abort();
  await expect(answer).rejects.toThrow('abort');
  await expect(a.client.api('https://elsewhere.example/api/v1/groups')).rejects.toThrow(TypeError);
});

test('a leader of another version answers nothing here, and says so', async () => {
  const a = browser.open();
  await settle();
  const b = browser.open();
  await settle();
  const other = new FakeLine(browser.channels);
  other.post({ type: 'leading', version: SEAM_VERSION + 1, leader: 'x', state: 'ready' } satisfies ToClient);
  await settle();
  expect(b.problem).toBe('other-version');
  expect(await outcome(b.client.api('/api/v1/groups'))).toBe('503 other-version');
  expect(a.problem).toBe(undefined);
});

test('a name that is no profile’s is refused', async () => {
  const a = browser.open('../x');
  await expect(a.client.ready).rejects.toMatchObject({ code: 'bad-profile' });
  expect(a.problem).toBe('bad-profile');
  expect(await outcome(a.client.api('/api/v1/groups'))).toBe('503 bad-profile');
  expect(browser.nodes).toEqual([]);
});

test('messages of no known shape are passed over', async () => {
  const [a, b] = [browser.open(), browser.open()];
  await settle();
  const stranger = new FakeLine(browser.channels);
  for (const junk of [
    null,
    7,
    'x',
    {},
    { type: 'leading' },
    { type: 'answer', client: 1 },
    { type: 'events', events: [{ type: 'view' }] },
  ]) {
    stranger.post(junk);
  }
  await settle();
  expect([a.role, b.role, b.problem]).toEqual(['leader', 'window', undefined]);
});
