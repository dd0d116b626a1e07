import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../sim/index.ts';
import { Access, isDenial } from './access.ts';
import { HTTP_LIMITS } from './limits.ts';
import type { CallFacts } from './locality.ts';
import { openRevocations } from './revocations.ts';
import { type Revocations, type TokenClaims, Tokens } from './tokens.ts';

const MINE = 'cd991ce2-7dbb-422e-9f5c-a0f552e4d896';
const OTHER = '0d991ce2-7dbb-422e-9f5c-a0f552e4d896';
const DAY_MS = 24 * 60 * 60 * 1_000;
const START_MS = Date.UTC(2026, 0, 1);

function setUp(options: { requireToken?: boolean } = {}) {
  const time = { nowMs: START_MS };
  const tokens = new Tokens(new Uint8Array(32).fill(7), () => time.nowMs, inMemory());
  const access = new Access({ tokens, requireToken: false, nowMs: () => time.nowMs, ...options });
  return { time, tokens, access };
}

function inMemory(): Revocations {
  const rows = new Map<string, number>();
  return { untilOf: (name) => rows.get(name), set: async (name, until) => void rows.set(name, until) };
}

function facts(remoteAddress: string, headers: Record<string, string> = {}): CallFacts {
  return {
    method: 'GET',
    remoteAddress,
    callerAddress: remoteAddress,
    header: (name) => ({ host: '127.0.0.1:8002', ...headers })[name],
  };
}

const HERE = facts('127.0.0.1');
const AWAY = facts('192.0.2.1');
const bearer = (token: string) => facts('192.0.2.1', { authorization: `Bearer ${token}` });
const url = (path: string) => new URL(path, 'http://127.0.0.1:8002');
const ANY = url('/api/v1/groups');

describe('tokens', () => {
  it('say who may do what until when, and are refused a second later', async () => {
    const { tokens, time } = setUp();
    const token = await tokens.create({ name: 'app', role: 'node', allowGroups: [MINE], expiresAtMs: START_MS + DAY_MS });
    expect(await tokens.read(token)).toEqual({
      name: 'app',
      role: 'node',
      allowGroups: [MINE],
      issuedAtMs: START_MS,
      expiresAtMs: START_MS + DAY_MS,
    } satisfies TokenClaims);
    time.nowMs += DAY_MS - 1_000;
    expect(await tokens.read(token)).toBeDefined();
    time.nowMs += 1_000;
    expect(await tokens.read(token)).toBeUndefined();
  });

  it('have the form that programs of the family read', async () => {
    const { tokens } = setUp();
    const token = await tokens.create({ name: 'app', role: 'node', allowGroups: [MINE], expiresAtMs: START_MS + DAY_MS });
    const [head, payload] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
    expect(JSON.parse(head ?? '')).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(JSON.parse(payload ?? '')).toEqual({
      name: 'app',
      role: 'node',
      allowGroups: [MINE],
      iat: START_MS / 1_000,
      exp: (START_MS + DAY_MS) / 1_000,
    });
  });

  it('are made anew for as long as before, from valid ones only', async () => {
    const { tokens, time } = setUp();
    const token = await tokens.create({ name: 'app', role: 'chain', allowGroups: [], expiresAtMs: START_MS + DAY_MS });
    time.nowMs += DAY_MS / 2;
    expect(await tokens.read(await tokens.refresh(token))).toMatchObject({ name: 'app', expiresAtMs: time.nowMs + DAY_MS });
    time.nowMs += DAY_MS / 2;
    for (const bad of [token, undefined, 'x']) await expect(tokens.refresh(bad)).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('of a name end when that is revoked, those made anew from them too; others, and later ones of the name, do not', async () => {
    const { tokens, time } = setUp();
    const make = (name: string) => tokens.create({ name, role: 'chain', allowGroups: [], expiresAtMs: START_MS + DAY_MS });
    const [stolen, other] = [await make('app'), await make('other')];
    time.nowMs += 1_000;
    const anew = await tokens.refresh(stolen);
    await tokens.revoke('app');
    for (const bad of [stolen, anew]) {
      expect(await tokens.read(bad)).toBeUndefined();
      await expect(tokens.refresh(bad)).rejects.toMatchObject({ code: 'bad-input' });
    }
    expect(await tokens.read(other)).toMatchObject({ name: 'other' });
    const later = await make('app');
    expect(await tokens.read(later)).toMatchObject({ name: 'app' });
    expect(await tokens.read(await tokens.refresh(later))).toMatchObject({ name: 'app' });
  });

  it('of a name that is revoked, made and revoked within one moment all end, and one that is made then holds', async () => {
    const { tokens } = setUp();
    const make = () => tokens.create({ name: 'app', role: 'chain', allowGroups: [], expiresAtMs: START_MS + DAY_MS });
    const first = await make();
    await tokens.revoke('app');
    const second = await make();
    expect(await tokens.read(first)).toBeUndefined();
    expect(await tokens.read(second)).toBeDefined();
    await tokens.revoke('app');
    expect(await tokens.read(second)).toBeUndefined();
    expect(await tokens.read(await make())).toBeDefined();
  });

  it('have one form: padding and spare bits make another text of it, which is none', async () => {
    const { tokens } = setUp();
    const token = await tokens.create({ name: 'app', role: 'chain', allowGroups: [], expiresAtMs: START_MS + DAY_MS });
    expect(await tokens.read(token)).toBeDefined();
    // The last character of a signature of 32 bytes has two bits that nobody reads.
    const spare = String.fromCharCode(token.charCodeAt(token.length - 1) + 1);
    for (const other of [`${token}=`, `${token} `, token.replace('.', '=.'), `${token.slice(0, -1)}${spare}`])
      expect(await tokens.read(other), other).toBeUndefined();
  });

  it('stay revoked over a restart, whatever their name', async () => {
    const store = memoryStore();
    const names = ['app', 'a/b', 'é \ud800', ''];
    const first = await openRevocations(store);
    for (const [index, name] of names.entries()) await first.set(name, index);
    await first.set('app', 99);
    const second = await openRevocations(store);
    expect(names.map((name) => second.untilOf(name))).toEqual([99, 1, 2, 3]);
    expect(second.untilOf('none')).toBeUndefined();
  });

  it('are not made for the past, nor for ever', async () => {
    const { tokens } = setUp();
    for (const expiresAtMs of [START_MS, START_MS + HTTP_LIMITS.tokenMs + 1]) {
      const made = tokens.create({ name: 'app', role: 'chain', allowGroups: [], expiresAtMs });
      await expect(made).rejects.toMatchObject({ code: 'bad-input' });
    }
  });

  it('of another node, of no algorithm, changed, or no tokens at all say nothing', async () => {
    const { tokens } = setUp();
    const claims = { name: 'app', role: 'chain', allowGroups: [], expiresAtMs: START_MS + DAY_MS } as const;
    const token = await tokens.create(claims);
    const [head = '', payload = '', signature = ''] = token.split('.');
    const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    const foreign = await new Tokens(new Uint8Array(32), () => START_MS, inMemory()).create(claims);
    const raised = Buffer.from(payload, 'base64url').toString().replace('app', 'own');
    for (const bad of [
      foreign,
      `${unsigned}.${payload}.`,
      `${unsigned}.${payload}.${signature}`,
      `${head}.${Buffer.from(raised).toString('base64url')}.${signature}`,
      `${head}.${payload}.${signature.slice(1)}`,
      'x',
      '..',
      'x'.repeat(100_000),
    ]) {
      expect(await tokens.read(bad), bad.slice(0, 80)).toBeUndefined();
    }
  });
});

describe('access', () => {
  it('is free for calls of this machine, and needs a good token for all others', async () => {
    const { access, tokens } = setUp();
    expect(await access.callerOf(HERE, ANY)).toBe('local');
    expect(await access.callerOf(AWAY, ANY)).toMatchObject({ status: 401, code: 'no-token' });
    expect(await access.callerOf(bearer('x'), ANY)).toMatchObject({ status: 401, code: 'bad-token' });
    const token = await tokens.create({ name: 'app', role: 'chain', allowGroups: [], expiresAtMs: START_MS + DAY_MS });
    expect(await access.callerOf(bearer(token), ANY)).toMatchObject({ name: 'app', role: 'chain' });
    expect(await access.callerOf(AWAY, url(`/api/v1/groups?jwt=${token}`))).toMatchObject({ name: 'app' });
  });

  it('needs a token from everybody where that is asked for', async () => {
    expect(await setUp({ requireToken: true }).access.callerOf(HERE, ANY)).toMatchObject({ code: 'no-token' });
  });

  it('lets the role chain do everything, the role node what is about its groups', () => {
    const { access } = setUp();
    const claims = { name: 'app', allowGroups: [MINE], issuedAtMs: START_MS, expiresAtMs: START_MS + DAY_MS };
    const may = (role: 'chain' | 'node', path: string, groupId?: unknown) => {
      const denial = access.denial({ ...claims, role }, path);
      return (denial === 'by-body' ? access.denialOfGroup({ ...claims, role }, groupId) : denial) === undefined;
    };
    const paths: readonly (readonly [path: string, groupId: unknown, ofNode: boolean])[] = [
      [`/api/v1/group/${MINE}/content`, undefined, true],
      [`/api/v1/group/${MINE.toUpperCase()}/content`, undefined, true],
      [`/app/api/v1/group/${MINE}/content`, undefined, true],
      [`/api/v1/trx/${MINE}/x/status`, undefined, true],
      [`/api/v1/block/${MINE}/1`, undefined, true],
      ['/api/v1/group/announce', MINE, true],
      ['/app/api/v1/token/refresh', undefined, true],
      ['/api/v1/tools/pubkeytoaddr', undefined, true],
      ['/api/v1/ws/trx', undefined, true],
      [`/api/v1/group/${OTHER}/content`, undefined, false],
      // What the path names counts, whatever the body says.
      [`/api/v1/group/${OTHER}/content`, MINE, false],
      [`/api/v1/trx/${OTHER}/${MINE}`, undefined, false],
      ['/api/v1/group/announce', OTHER, false],
      ['/api/v1/group/announce', undefined, false],
      ['/api/v1/group/announce', [MINE], false],
      ['/api/v1/groups', undefined, false],
      ['/api/v1/network', undefined, false],
      ['/api/v1/network/peers', MINE, false],
      ['/api/v1/network/relay', MINE, false],
      ['/app/api/v1/token/revoke', MINE, false],
      ['/api/v2/group/join', undefined, false],
      ['/app/api/v1/token/create', undefined, false],
      ['/metrics', undefined, false],
      // A body's group opens nothing that is not about that group.
      ['/api/v1/backup', MINE, false],
      ['/api/v1/restore', MINE, false],
      ['/app/api/v1/token/create', MINE, false],
      ['/api/v2/group/join', MINE, false],
      ['/api/v1/group', MINE, false],
    ];
    for (const [path, groupId, ofNode] of paths) {
      expect(may('node', path, groupId), path).toBe(ofNode);
      expect(may('chain', path, groupId), path).toBe(true);
    }
    expect(access.denial('local', '/metrics')).toBeUndefined();
  });

  it('hears a token only so often, and another one all the same', async () => {
    const { access, tokens, time } = setUp();
    const make = (name: string) => tokens.create({ name, role: 'chain', allowGroups: [], expiresAtMs: START_MS + DAY_MS });
    const [busy, other] = [bearer(await make('busy')), bearer(await make('other'))];
    for (let call = 0; call < HTTP_LIMITS.calls.burst; call++) expect(isDenial(await access.callerOf(busy, ANY))).toBe(false);
    expect(await access.callerOf(busy, ANY)).toMatchObject({ status: 429, code: 'too-many-calls' });
    expect(isDenial(await access.callerOf(other, ANY))).toBe(false);
    time.nowMs += 1_000;
    for (let call = 0; call < HTTP_LIMITS.calls.perSecond; call++) expect(isDenial(await access.callerOf(busy, ANY))).toBe(false);
    expect(await access.callerOf(busy, ANY)).toMatchObject({ status: 429 });
  });

  it('tells an address only so often that it needs a token, and does not shut out those of it that have one', async () => {
    const { access, tokens } = setUp();
    for (let call = 0; call < HTTP_LIMITS.refusedCalls.burst; call++)
      expect(await access.callerOf(AWAY, ANY)).toMatchObject({ status: 401 });
    expect(await access.callerOf(AWAY, ANY)).toMatchObject({ status: 429 });
    const token = await tokens.create({ name: 'app', role: 'chain', allowGroups: [], expiresAtMs: START_MS + DAY_MS });
    expect(await access.callerOf(bearer(token), ANY)).toMatchObject({ name: 'app' });
    expect(await access.callerOf(HERE, ANY)).toBe('local');
  });
});
