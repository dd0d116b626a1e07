import { describe, expect, it } from 'vitest';
import { isLocalCall } from './locality.ts';

const LOCAL = { remoteAddress: '127.0.0.1', host: '127.0.0.1:8002', 'content-type': 'application/json' };

function isLocal(method: string, change: Record<string, string | undefined> = {}): boolean {
  const { remoteAddress, ...headers } = { ...LOCAL, ...change };
  return isLocalCall({ method, remoteAddress, header: (name) => (headers as Record<string, string | undefined>)[name] });
}

describe('isLocalCall', () => {
  it.each([
    ['POST', {}],
    ['POST', { 'content-type': 'application/json; charset=utf-8' }],
    ['POST', { 'content-type': 'Application/JSON ; charset=utf-8' }],
    ['POST', { 'content-type': 'application/activity+json' }],
    ['GET', { 'content-type': undefined }],
    ['GET', { host: 'localhost:8002' }],
    ['GET', { host: '[::1]:8002', remoteAddress: '::1' }],
    ['GET', { remoteAddress: '::ffff:127.0.0.1' }],
    ['POST', { origin: 'http://127.0.0.1:8002', 'sec-fetch-site': 'same-origin' }],
    ['GET', { 'sec-fetch-site': 'none' }],
  ])('takes a %s with %j for one of this machine', (method, change) => {
    expect(isLocal(method, change)).toBe(true);
  });

  it.each([
    ['another machine', 'GET', { remoteAddress: '192.168.1.5' }],
    ['no address', 'GET', { remoteAddress: undefined }],
    ['an address that looks like one', 'GET', { remoteAddress: '127.0.0.1.evil.example' }],
    ['a name that leads here (DNS rebinding)', 'GET', { host: 'evil.example:8002' }],
    ['a name that begins like this machine', 'GET', { host: '127.0.0.1.evil.example' }],
    ['no host', 'GET', { host: undefined }],
    ['a host with a path', 'GET', { host: 'localhost/evil.example' }],
    ['a host with a user', 'GET', { host: 'localhost@evil.example' }],
    ['a page of elsewhere', 'POST', { origin: 'https://evil.example' }],
    ['a page of another port of this machine', 'POST', { origin: 'http://127.0.0.1:8000' }],
    ['a page with no origin of its own', 'POST', { origin: 'null' }],
    ['an image of a page of elsewhere', 'GET', { 'sec-fetch-site': 'cross-site' }],
    ['a form of a page', 'POST', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a text of a page', 'POST', { 'content-type': 'text/plain' }],
    ['a body of no type', 'POST', { 'content-type': undefined }],
    ['a type that only begins like JSON', 'POST', { 'content-type': 'application/jsonp' }],
    ['a text that mentions JSON', 'POST', { 'content-type': 'text/plain; application/json' }],
    ['two types', 'POST', { 'content-type': 'text/plain, application/json' }],
    ['a proxy of this machine', 'GET', { 'x-forwarded-for': '192.0.2.1' }],
  ])('takes %s for no call of this machine', (_name, method, change) => {
    expect(isLocal(method, change)).toBe(false);
  });
});
