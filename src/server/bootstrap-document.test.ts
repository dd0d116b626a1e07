import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrapDocument, hostAddress, relayAddresses } from './bootstrap-document.ts';

const PEER = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5';
const NOTHING_SET = { publicOrigin: undefined, announce: [], iceServers: [] };
const LISTENING = '127.0.0.1:8000';

describe('hostAddress', () => {
  it.each([
    ['127.0.0.1:8000', false, '/ip4/127.0.0.1/tcp/8000/ws'],
    ['localhost:8000', false, '/dns4/localhost/tcp/8000/ws'],
    ['[::1]:8000', false, '/ip6/::1/tcp/8000/ws'],
    ['Sett.Example.org', false, '/dns4/sett.example.org/tcp/80/ws'],
    ['sett.example.org', true, '/dns4/sett.example.org/tcp/443/wss'],
    ['sett.example.org:8443', true, '/dns4/sett.example.org/tcp/8443/wss'],
    ['x', false, '/dns4/x/tcp/80/ws'],
    ['', false, undefined],
    ['a/b', false, undefined],
    ['a/tcp/1/p2p/x:80', false, undefined],
    ['a:0', false, undefined],
    ['a:65536', false, undefined],
    ['a:b', false, undefined],
    ['user@a:80', false, undefined],
    ['a..b', false, undefined],
    ['-a', false, undefined],
    ['a-', false, undefined],
    ['256.1.1.1', false, undefined],
    ['1.2.3', false, undefined],
    ['01.2.3.4', false, undefined],
    ['[::1', false, undefined],
    ['[:::::]:80', false, undefined],
    ['[fe80::1%25eth0]:80', false, undefined],
    [`${'a'.repeat(300)}:80`, false, undefined],
  ])('%s (secure %s) → %s', (text, secure, expected) => {
    expect(hostAddress(text, secure)).toBe(expected);
  });

  it('gives a whole WebSocket multiaddr or nothing for any header', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.domain(),
          fc.ipV4(),
          fc.ipV6().map((address) => `[${address}]:80`),
        ),
        (text) => {
          const address = hostAddress(text, false);
          if (address !== undefined) expect(address).toMatch(/^\/(ip4|ip6|dns4)\/[0-9a-z.:-]+\/tcp\/\d+\/ws$/i);
        },
      ),
    );
  });
});

describe('relayAddresses', () => {
  it('takes what is announced, else the public URL, else the Host header, else where it listens', () => {
    const publicOrigin = 'https://sett.example.org';
    expect(relayAddresses({ announce: ['/dns4/a/tcp/1/wss'], publicOrigin }, 'x', LISTENING)).toEqual(['/dns4/a/tcp/1/wss']);
    expect(relayAddresses({ announce: [], publicOrigin }, 'x', LISTENING)).toEqual(['/dns4/sett.example.org/tcp/443/wss']);
    expect(relayAddresses({ announce: [], publicOrigin: 'http://10.0.0.1' }, 'x', LISTENING)).toEqual([
      '/ip4/10.0.0.1/tcp/80/ws',
    ]);
    expect(relayAddresses({ announce: [], publicOrigin: 'https://[2001:db8::1]:8443' }, 'x', LISTENING)).toEqual([
      '/ip6/2001:db8::1/tcp/8443/wss',
    ]);
    expect(relayAddresses({ announce: [], publicOrigin: undefined }, 'localhost:8000', LISTENING)).toEqual([
      '/dns4/localhost/tcp/8000/ws',
    ]);
    expect(relayAddresses({ announce: [], publicOrigin: undefined }, 'a/b', LISTENING)).toEqual(['/ip4/127.0.0.1/tcp/8000/ws']);
    expect(relayAddresses({ announce: [], publicOrigin: undefined }, undefined, LISTENING)).toEqual([
      '/ip4/127.0.0.1/tcp/8000/ws',
    ]);
  });
});

describe('bootstrapDocument', () => {
  it('has the shape of wire.md', () => {
    const turn = { urls: 'turn:t.example', username: 'u', credential: 'c' };
    const options = { ...NOTHING_SET, iceServers: [{ urls: 'stun:s.example' }, turn] };
    expect(JSON.parse(bootstrapDocument(options, PEER, 'localhost:8000', LISTENING))).toEqual({
      relays: [`/dns4/localhost/tcp/8000/ws/p2p/${PEER}`],
      ice_servers: ['stun:s.example', turn],
      version: 1,
    });
  });
});
