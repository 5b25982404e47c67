/** Addresses in the one spelling in which they are kept (spec §2). */
import fc from 'fast-check';
import { isIP } from 'node:net';
import { describe, expect, test } from 'vitest';
import { canonicalAddress, isPlainAddress } from '#server/import/address.js';
import { addressOf } from '../../oracle/address.js';
import { line, verdictOn } from './shards.js';

const SPELLINGS: readonly (readonly [string, string])[] = [
  ['192.0.2.77', '192.0.2.77'],
  ['192.0.2.77:51001', '192.0.2.77'],
  ['[192.0.2.77]:80', '192.0.2.77'],
  ['2001:db8::8888', '2001:db8::8888'],
  ['[2001:db8::8888]', '2001:db8::8888'],
  ['[2001:db8::8888]:443', '2001:db8::8888'],
  ['2001:db8:0:0:0:0:0:8888', '2001:db8::8888'],
  ['2001:0DB8::0001', '2001:db8::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['[fe80::1%25en0]:80', 'fe80::1'],
  ['::ffff:192.0.2.77', '192.0.2.77'],
  ['::FFFF:c000:24d', '192.0.2.77'],
  ['[::ffff:192.0.2.77]:80', '192.0.2.77'],
  ['::192.0.2.77', '::c000:24d'],
  ['Host.Example', 'host.example'],
  ['a_b-c.example.', 'a_b-c.example.'],
  ['192.0.2', '192.0.2'],
];
const NONE = ['', '-', 'unix:'];
const WRONG = [
  '192.0.2.77,',
  '192.0.2.77, 198.51.100.7',
  '192.0.2.77,198.51.100.7',
  '2001:db8::8888,',
  '192.0.2.77:',
  '192.0.2.77:123456',
  'host.example:80',
  '[192.0.2.77',
  '2001:db8',
  ':::',
  'höst',
  'a b',
  'a\0',
  '"192.0.2.77"',
  '<script>',
];

describe('an address', () => {
  test.each(SPELLINGS)('%s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
    expect(verdictOn(line({ ip: text }))).toMatchObject({ ip: canonical });
    expect(
      verdictOn(
        line({ ip: text })
          .replace('"ip":"', '"ip":"\\u00')
          .replace(text, `${hex(text)}${text.slice(1)}`),
      ),
    ).toMatchObject({
      ip: canonical,
    });
  });
  test.each(NONE)('%j says that there is none', (text) => {
    expect(canonicalAddress(text)).toBe('');
    expect(verdictOn(line({ ip: text }))).toMatchObject({ ip: '' });
    expect(verdictOn(line({ ip: text, visitor: '' }))).toBe('visitor');
    expect(verdictOn(line({ ip: text, visitor: '', agent: 'A' }))).toMatchObject({ ip: '', agent: 'A' });
  });
  test.each(WRONG)('%j is none', (text) => {
    expect(canonicalAddress(text)).toBeUndefined();
    expect(verdictOn(line({ ip: text }))).toBe('ip');
  });
});

/** The first character of a text in hex, as JSON escapes it. */
function hex(text: string): string {
  return text.charCodeAt(0).toString(16).padStart(2, '0');
}

test('is one visitor, however it is written', () => {
  const spelt = SPELLINGS.filter(([, canonical]) => canonical === '2001:db8::8888').map(([text]) => text);
  const keys = spelt.map((ip) => (verdictOn(line({ ip, visitor: undefined })) as { visitor: string }).visitor);
  expect(spelt).toHaveLength(4);
  expect(new Set(keys).size).toBe(1);
});

const part = fc.constantFrom(
  '1',
  '0',
  '01',
  '255',
  '.',
  ':',
  '::',
  '[',
  ']',
  '%',
  'a',
  'F',
  'db8',
  '-',
  '_',
  ',',
  ' ',
  'ü',
  'ffff:',
  '192.0.2.1',
);
const text = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ unit: part, maxLength: 9 }));

test('a canonical one is as worked out group by group, stays as it is, and is an address or a host name', () => {
  fc.assert(
    fc.property(text, (address) => {
      const canonical = canonicalAddress(address);
      expect(canonical).toBe(addressOf(address));
      if (canonical === undefined) return;
      expect(canonicalAddress(canonical)).toBe(canonical);
      if (canonical !== '' && isIP(canonical) === 0) expect(canonical).toMatch(/^[a-z0-9._-]+$/);
    }),
    { numRuns: 3000 },
  );
});

test('what is plain by its bytes is canonical', () => {
  fc.assert(
    fc.property(text, (address) => {
      const bytes = Buffer.from(`"${address}"`);
      if (isPlainAddress(bytes, 1, bytes.length - 1)) expect(canonicalAddress(address)).toBe(address);
    }),
    { numRuns: 3000 },
  );
});
