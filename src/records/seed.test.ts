import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import vectors from '../../vectors/change-consensus.json' with { type: 'json' };
import { formatSeed, fromHex, LIMITS, parseSeed, type Seed, SeedError, toBase64Url, uuidFromBytes } from './index.ts';

const { url, expect: expected } = vectors.seed;

function codeOf(text: string): string {
  try {
    parseSeed(text);
  } catch (error) {
    if (error instanceof SeedError) return error.part === undefined ? error.code : `${error.code} ${error.part}`;
    throw error;
  }
  return 'none';
}

/** The vectors' seed with one part replaced, or left out. */
function withPart(part: string, value: string | undefined): string {
  const pairs = url.slice('rum://seed?'.length).split('&');
  const changed = pairs.flatMap((pair) =>
    pair.startsWith(`${part}=`) ? (value === undefined ? [] : [`${part}=${value}`]) : [pair],
  );
  return `rum://seed?${changed.join('&')}`;
}

describe('a seed of another node', () => {
  const seed = parseSeed(url);

  test('is read in full', () => {
    expect(seed).toMatchObject({
      version: 1,
      encryption: expected.encryption_type,
      consensus: expected.consensus_type,
      cipherKey: fromHex(expected.cipher_key),
      groupId: expected.group_id,
      ownerPubkey: expected.owner_pubkey,
      genesisTimeNs: BigInt(expected.genesis_timestamp_ns),
      groupName: expected.group_name,
      appKey: expected.app_key,
    });
    expect(seed.urls).toHaveLength(1);
    expect(seed.urls[0]).toMatch(/^http:\/\/127\.0\.0\.1:8002\?jwt=/);
  });

  test('is written as it was', () => {
    expect(formatSeed(seed)).toBe(url);
  });

  test.each([
    ['blanks around it', `  \n${url}\t `],
    ['a page link', `https://sett.example/#/join/${encodeURIComponent(url)}`],
    ['a page link on a path', `http://localhost:8000/app/index.html?profile=a#/join/${encodeURIComponent(url)}`],
    ['the protocol handler', `web+${url}`],
    ['the protocol handler without slashes', url.replace('rum://', 'web+rum:')],
    ['the protocol handler around a seed', `web+rum:${encodeURIComponent(url)}`],
    ['the protocol handler in a page link', `https://sett.example/#/join/${encodeURIComponent(`web+${url}`)}`],
    ['another case and a slash that an address bar adds', url.replace('rum://seed?', 'RUM://seed/?')],
  ])('is read with %s', (_what, text) => {
    expect(parseSeed(text)).toStrictEqual(seed);
  });
});

describe('a wrong seed says what is wrong with it', () => {
  test.each([
    ['', 'not-a-seed'],
    ['hello', 'not-a-seed'],
    ['https://example.org/', 'not-a-seed'],
    ['https://example.org/#/join/nothing', 'not-a-seed'],
    ['https://example.org/#/join/%', 'bad-escape'],
    ['rum://seed?', 'missing-part v'],
    [`rum://seed?v=1${'&z=1'.repeat(1)}`, 'missing-part e'],
    [`${url}${'x'.repeat(LIMITS.seedChars)}`, 'too-long'],
    [`${url}&g=AA`, 'duplicate-part g'],
  ])('%.40s → %s', (text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  test.each(['v', 'e', 'n', 'c', 'g', 'k', 's', 't', 'a', 'y'])('without %s', (part) => {
    expect(codeOf(withPart(part, undefined))).toBe(`missing-part ${part}`);
    expect(codeOf(withPart(part, ''))).toBe(`missing-part ${part}`);
  });

  test.each([
    ['v', '2', 'bad-version v'],
    ['e', '2', 'bad-encryption e'],
    ['n', '1', 'unsupported-consensus n'],
    ['n', 'x', 'bad-consensus n'],
    ['c', 'AAAA', 'bad-cipher-key c'],
    ['c', '!', 'bad-cipher-key c'],
    ['g', 'AAAA', 'bad-group-id g'],
    ['k', 'AAAA', 'bad-owner-key k'],
    ['s', 'AAAA', 'bad-signature s'],
    ['t', 'AAAAAAAAAAAA', 'bad-time t'],
    ['t', 'AA', 'bad-time t'],
    ['t', '__________8', 'bad-time t'],
    ['a', 'x'.repeat(LIMITS.groupNameMaxChars + 1), 'bad-group-name a'],
    ['y', 'x'.repeat(LIMITS.appKeyMaxChars + 1), 'bad-app-key y'],
    ['a', '%E0%A4%A', 'bad-escape a'],
  ])('with %s=%s', (part, value, code) => {
    expect(codeOf(withPart(part, value))).toBe(code);
  });

  test('and never fails otherwise', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 200 }),
        fc.nat(url.length),
        (text, at) => void codeOf(url.slice(0, at) + text + url.slice(at)),
      ),
      {
        numRuns: 500,
      },
    );
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => void codeOf(text)));
  });

  test('without telling the cipher key', () => {
    for (const part of ['c', 'k', 's']) {
      const secret = `${'s3cret'.repeat(8)}`;
      expect(() => parseSeed(withPart(part, secret))).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('s3cret') }),
      );
    }
  });
});

const arbitrarySeed: fc.Arbitrary<Seed> = fc.record(
  {
    version: fc.constant(1 as const),
    encryption: fc.constantFrom('public' as const, 'private' as const),
    consensus: fc.constant('poa' as const),
    cipherKey: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    groupId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(uuidFromBytes),
    ownerPubkey: fc
      .uint8Array({ minLength: 33, maxLength: 33 })
      .map((bytes) => toBase64Url(Uint8Array.of(2 + ((bytes[0] as number) & 1), ...bytes.slice(1)))),
    signature: fc.uint8Array({ minLength: 65, maxLength: 65 }),
    genesisTimeNs: fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }),
    groupName: fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((name) => [...name].length <= LIMITS.groupNameMaxChars),
    appKey: fc.string({ minLength: 1, maxLength: 20 }),
    urls: fc.array(fc.webUrl({ withQueryParameters: true, withFragments: true }), { maxLength: 3 }),
  },
  { noNullPrototype: true },
);

test('every seed is read back as it was written, also through a link', () => {
  fc.assert(
    fc.property(arbitrarySeed, (seed) => {
      const text = formatSeed(seed);
      expect(parseSeed(text)).toStrictEqual(seed);
      expect(parseSeed(`https://h/#/join/${encodeURIComponent(text)}`)).toStrictEqual(seed);
    }),
  );
});

test('other writers: a plus for a space, several URLs, escaped bars, no scheme', () => {
  const text = withPart('a', 'my+group%2B').replace(/&u=.*/, '&u=127.0.0.1:1|http%3A%2F%2Fa%3Fb%3D%2520%7Cc.example');
  expect(parseSeed(text)).toMatchObject({
    groupName: 'my group+',
    urls: ['https://127.0.0.1:1', 'http://a?b=%20', 'https://c.example'],
  });
});
