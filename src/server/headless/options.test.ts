import { describe, expect, it } from 'vitest';
import { UsageError } from '../commands/command.ts';
import { NODE_HELP, readHeadlessOptions } from './options.ts';

const RELAY = '/dns4/relay.example.org/tcp/443/wss/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5';

describe('readHeadlessOptions', () => {
  it('has defaults that reach nobody else', () => {
    expect(readHeadlessOptions([])).toEqual({
      port: 8002,
      host: '127.0.0.1',
      dataDirectory: '.sett/node',
      relayOrigins: [],
      relayAddresses: [],
      peers: [],
      listen: [],
      passphraseFile: undefined,
      requireToken: false,
      corsOrigins: [],
      isVerbose: false,
    });
  });

  it('takes relays by their web address and by their multiaddr', () => {
    const args = ['--relay', 'https://sett.example.org/', '--relay', RELAY, '--relay', 'http://10.0.0.1:8000', '--relay', RELAY];
    expect(readHeadlessOptions(args)).toMatchObject({
      relayOrigins: ['https://sett.example.org', 'http://10.0.0.1:8000'],
      relayAddresses: [RELAY],
    });
  });

  it('has a help that names every option', () => {
    for (const name of ['port', 'host', 'data', 'relay', 'peer', 'listen', 'passphrase-file', 'require-token', 'cors', 'verbose'])
      expect(NODE_HELP).toContain(`--${name}`);
  });

  it.each([
    [['--relay', 'sett.example.org']],
    [['--relay', 'https://sett.example.org/path']],
    [['--relay', 'https://user:secret@sett.example.org']],
    [['--relay', '/dns4/relay.example.org/tcp/443/wss']],
    [['--relay', '/ip4/1.2.3.4/udp/1/quic-v1/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5']],
    [Array.from({ length: 9 }, (_, index) => ['--relay', `https://${index}.example.org`]).flat()],
    [['--listen', '/ip4/0.0.0.0/tcp/9002']],
    [['--listen', '/ip4/0.0.0.0/tcp/9002/wss']],
    [['--listen', '9002']],
    [['--peer', '/ip4/192.0.2.1/tcp/9002/ws']],
    [['--cors', '*']],
    [['--passphrase', 'secret']],
  ])('refuses %j in words', (args) => {
    expect(() => readHeadlessOptions(args)).toThrow(UsageError);
  });
});
