import { describe, expect, it } from 'vitest';
import { UsageError } from './commands/command.ts';
import { RELAY_HELP, readOptions } from './options.ts';

describe('readOptions', () => {
  it('has defaults that reach nobody else', () => {
    expect(readOptions([])).toEqual({
      port: 8000,
      host: '127.0.0.1',
      dataDirectory: '.sett/relay',
      appDirectory: 'dist',
      publicOrigin: undefined,
      announce: [],
      iceServers: [],
    });
  });

  it('reads everything', () => {
    const args = [
      ...['--port', '9000', '--host', '0.0.0.0', '--data', '/var/lib/sett', '--app', '/srv/sett'],
      ...['--public-url', 'https://sett.example.org/', '--announce', '/dns4/a.example/tcp/443/wss'],
      ...['--announce', '/ip4/192.0.2.1/tcp/80/ws/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'],
      ...['--stun', 'stun:stun.example:3478', '--turn', 'turn:turn.example:3478?transport=udp,sett,pass,word'],
    ];
    expect(readOptions(args)).toEqual({
      port: 9000,
      host: '0.0.0.0',
      dataDirectory: '/var/lib/sett',
      appDirectory: '/srv/sett',
      publicOrigin: 'https://sett.example.org',
      announce: ['/dns4/a.example/tcp/443/wss', '/ip4/192.0.2.1/tcp/80/ws'],
      iceServers: [
        { urls: 'stun:stun.example:3478' },
        { urls: 'turn:turn.example:3478?transport=udp', username: 'sett', credential: 'pass,word' },
      ],
    });
  });

  it('has a help that names every option', () => {
    for (const name of ['port', 'host', 'data', 'app', 'public-url', 'announce', 'stun', 'turn'])
      expect(RELAY_HELP).toContain(`--${name}`);
  });

  it.each([
    [['--port', 'x']],
    [['--port', '65536']],
    [['--port', '-1']],
    [['--unknown']],
    [['--help']],
    [['stray']],
    [['--public-url', 'sett.example.org']],
    [['--public-url', 'https://sett.example.org/path']],
    [['--public-url', 'ftp://sett.example.org']],
    [['--announce', '/ip4/1.2.3.4/tcp/1']],
    [['--announce', 'relay.example.org']],
    [['--stun', 'turn:x']],
    [['--turn', 'turn:x']],
    [['--turn', 'turn:x,user']],
  ])('refuses %j in words', (args) => {
    expect(() => readOptions(args)).toThrow(UsageError);
  });
});
