import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { addressKey, clientAddress, isLoopbackAddress } from './address.ts';

describe('addressKey', () => {
  it('counts an IPv4 address by itself, however it is written', () => {
    expect(addressKey('192.0.2.1')).toBe('192.0.2.1');
    expect(addressKey('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(addressKey('::FFFF:192.0.2.1')).toBe('192.0.2.1');
  });

  it('counts an IPv6 address by its /64', () => {
    for (const same of ['2001:db8:0:1::1', '2001:db8:0:1:2:3:4:5', '2001:DB8:0:0001::', '2001:db8:0:1::9%eth0'])
      expect(addressKey(same), same).toBe('2001:db8:0:1::/64');
    expect(addressKey('2001:db8::1')).toBe('2001:db8:0:0::/64');
    expect(addressKey('::1')).toBe('0:0:0:0::/64');
    expect(addressKey('fe80::1')).not.toBe(addressKey('fe81::1'));
  });

  it('takes any text', () => {
    expect(addressKey(undefined)).toBe('');
    expect(addressKey('no address')).toBe('no address');
  });
});

describe('isLoopbackAddress', () => {
  it('knows this machine', () => {
    for (const here of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) expect(isLoopbackAddress(here), here).toBe(true);
    for (const away of [undefined, '', '192.0.2.1', '::2', '127.0.0.256', '127.evil.example'])
      expect(isLoopbackAddress(away), away).toBe(false);
  });
});

describe('clientAddress', () => {
  const from = (remoteAddress: string, forwarded?: string) =>
    ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

  it('believes X-Forwarded-For behind a proxy on this machine only, and of it the last', () => {
    expect(clientAddress(from('::ffff:192.0.2.1'), false)).toBe('192.0.2.1');
    expect(clientAddress(from('127.0.0.1', '192.0.2.9'), false)).toBe('127.0.0.1');
    expect(clientAddress(from('127.0.0.1', 'invented, 192.0.2.9'), true)).toBe('192.0.2.9');
    expect(clientAddress(from('192.0.2.1', '192.0.2.9'), true)).toBe('192.0.2.1');
    expect(clientAddress(from('127.0.0.1'), true)).toBe('127.0.0.1');
    expect(clientAddress(from('127.0.0.1', 'no address'), true)).toBe('127.0.0.1');
  });
});
