import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BootstrapError, bootstrapOrigin, parseBootstrap, readRelayAddress } from './bootstrap.ts';

const PEER = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5';
const OWN = 'https://sett.example';
const FAR = 'https://far.example';
const wss = `/dns4/relay.example/tcp/443/wss/p2p/${PEER}`;
const loopback = `/ip4/127.0.0.1/tcp/8000/ws/p2p/${PEER}`;
const lan = `/ip4/192.168.1.1/tcp/80/ws/p2p/${PEER}`;

function parse(document: unknown, origin = FAR, ownOrigin = OWN) {
  return parseBootstrap(JSON.stringify(document), origin, [ownOrigin]);
}

describe('bootstrapOrigin', () => {
  it.each([
    ['https://far.example', FAR],
    ['https://user:pass@far.example/path?jwt=secret#x', FAR],
    ['far.example', FAR],
    ['far.example:8443/api', 'https://far.example:8443'],
    ['http://127.0.0.1:8000/x', 'http://127.0.0.1:8000'],
    ['http://[::1]:8000', 'http://[::1]:8000'],
    ['http://localhost:8000', 'http://localhost:8000'],
    ['http://far.example', undefined],
    ['http://192.168.1.1', undefined],
    ['http://127.0.0.1.far.example', undefined],
    ['http://localhost.far.example', undefined],
    ['ftp://127.0.0.1', undefined],
    ['file:///etc/passwd', undefined],
    // What follows is no port: without a scheme these are host names that cannot be.
    ['javascript:alert(1)', undefined],
    ['data:application/json,{}', undefined],
    ['', undefined],
  ])('%s → %s', (text, origin) => {
    expect(bootstrapOrigin(text, [OWN])).toBe(origin);
  });

  it('allows plain http on the own origin only', () => {
    expect(bootstrapOrigin('http://192.168.1.5:8000/x', ['http://192.168.1.5:8000'])).toBe('http://192.168.1.5:8000');
    expect(bootstrapOrigin('http://192.168.1.5:8001/x', ['http://192.168.1.5:8000'])).toBe(undefined);
  });

  it('gives an allowed origin or nothing for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), (text) => {
        const origin = bootstrapOrigin(text, [OWN]);
        if (origin !== undefined)
          expect(/^https:\/\/[^/]+$|^http:\/\/(localhost|127|\[::1\]|[^/]*\.localhost)/.test(origin)).toBe(true);
      }),
    );
  });
});

describe('parseBootstrap', () => {
  it('reads relays and servers', () => {
    const turn = { urls: 'turn:turn.example:3478', username: 'sett', credential: 'secret' };
    expect(parse({ relays: [wss], ice_servers: ['stun:stun.example:3478', turn], version: 1 })).toEqual({
      relays: [wss],
      iceServers: [{ urls: 'stun:stun.example:3478' }, turn],
    });
  });

  it.each([
    ['null', null],
    ['an array', []],
    ['no relays', { version: 1 }],
    ['relays that are text', { relays: wss, version: 1 }],
    ['no usable relay', { relays: ['/ip4/1.2.3.4/tcp/1', 7, null, `/p2p/${PEER}`], version: 1 }],
    ['another version', { relays: [wss], version: 2 }],
    ['no version', { relays: [wss] }],
  ])('refuses %s', (_name, document) => {
    expect(() => parse(document)).toThrow(BootstrapError);
  });

  it('refuses what is not JSON', () => {
    expect(() => parseBootstrap('<!doctype html>', FAR, [OWN])).toThrow(BootstrapError);
  });

  it('lets a document of the internet name wss only', () => {
    expect(parse({ relays: [loopback, lan, wss], version: 1 }).relays).toEqual([wss]);
    expect(() => parse({ relays: [loopback, lan], version: 1 })).toThrow(BootstrapError);
  });

  it('lets this machine name this machine, and the own origin anything', () => {
    expect(parse({ relays: [loopback, lan], version: 1 }, 'http://127.0.0.1:8000').relays).toEqual([loopback]);
    expect(parse({ relays: [loopback, lan], version: 1 }, OWN).relays).toEqual([loopback, lan]);
  });

  it('takes a few of each and leaves out servers that would break a connection', () => {
    const bootstrap = parse({
      relays: Array(50).fill(wss),
      ice_servers: ['turn:turn.example', 'http://x', 7, null, { urls: ['stun:a'] }, ...Array(50).fill('stun:stun.example')],
      version: 1,
    });
    expect(bootstrap.relays).toHaveLength(4);
    expect(bootstrap.iceServers).toEqual(Array(4).fill({ urls: 'stun:stun.example' }));
  });

  it('reads any JSON or refuses it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          parseBootstrap(text, FAR, [OWN]);
        } catch (error) {
          expect(error).toBeInstanceOf(BootstrapError);
        }
      }),
    );
  });
});

describe('readRelayAddress', () => {
  it.each([
    [wss, { host: 'relay.example', secure: true, peerId: PEER }],
    [loopback, { host: '127.0.0.1', secure: false, peerId: PEER }],
    [`/ip6/::1/tcp/8000/ws/p2p/${PEER}`, { host: '::1', secure: false, peerId: PEER }],
    [`/dns4/relay.example/tcp/443/tls/ws/p2p/${PEER}`, { host: 'relay.example', secure: true, peerId: PEER }],
    ['/dns4/relay.example/tcp/443/wss', undefined],
    [`${wss}/p2p-circuit`, undefined],
    [`${wss}/p2p-circuit/p2p/${PEER}`, undefined],
    [`/ip4/1.2.3.4/udp/1/quic-v1/p2p/${PEER}`, undefined],
    [`/ip4/1.2.3.4/tcp/1/p2p/${PEER}`, undefined],
    [`/dnsaddr/relay.example/p2p/${PEER}`, undefined],
    [`/unix/tmp/x/p2p/${PEER}`, undefined],
    ['relay.example', undefined],
    ['', undefined],
    [`/dns4/${'a'.repeat(600)}/tcp/443/wss/p2p/${PEER}`, undefined],
  ])('%s', (address, expected) => {
    expect(readRelayAddress(address)).toEqual(expected);
  });
});

describe('the public origin', () => {
  it('is what the operator named, if a page may use it', () => {
    const named = (publicUrl: unknown) => parse({ relays: [wss], version: 1, public_url: publicUrl }).publicOrigin;
    expect(named('https://sett.far.example/some/path')).toBe('https://sett.far.example');
    expect(named('http://far.example')).toBeUndefined();
    expect(named('nonsense')).toBeUndefined();
    expect(named(7)).toBeUndefined();
    expect(named(undefined)).toBeUndefined();
  });
});
