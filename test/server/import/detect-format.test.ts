import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { detectFormat } from '#server/import/detect-format.js';
import { line } from './shards.js';

const COMMON = '192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326';
const COMBINED = `${COMMON} "http://a/" "Agent"`;
const VHOST = `shop.example:80 ${COMBINED}`;
const detect = (text: string): unknown => detectFormat(Buffer.from(text));

describe('the format of', () => {
  test.each([
    ['impressions', line()],
    ['impressions', '  {"any":"object"}'],
    ['impressions', '{"cut off'.padEnd(20, 'x') + `\n${line()}`],
    ['common', COMMON],
    ['combined', COMBINED],
    ['combined', COMBINED.replace('- -', '- John Doe')],
    ['combined', COMBINED.replace('- -', '- 192.0.2.2').replace('192.0.2.1', '192.0.2.9')],
    ['combined', COMBINED.replace('192.0.2.1', '2001:db8::1')],
    ['combined', COMBINED.replace('192.0.2.1', 'host.example')],
    ['vhost_combined', VHOST],
    ['vhost_combined', VHOST.replace(':80', '')],
    ['vhost_combined', VHOST.replace('192.0.2.1', '::1')],
    ['vhost_combined', VHOST.replace('192.0.2.1', 'client.example')],
    ['vhost_combined', VHOST.replace('shop.example', 'localhost')],
  ])('%s: %s', (format, text) => {
    expect(detect(text)).toBe(format);
    expect(detect(`\n\r\n${text}\r\n\n${text}`)).toBe(format);
    expect(detect(`\ufeff${text}\n`)).toBe(format);
  });
});

test('what most of the lines have', () => {
  expect(detect([COMMON, 'noise', COMBINED, 'noise', 'noise', COMBINED].join('\n'))).toBe('combined');
  expect(detect([...Array.from({ length: 50 }, () => 'noise'), line()].join('\n'))).toBe('impressions');
});

test('a line that the beginning cuts off is not judged', () => {
  const wide = `${COMBINED} ${'x'.repeat(40_000)}`;
  expect(detectFormat(Buffer.from(`${wide}\n${wide}`))).toBe('combined');
  expect(detectFormat(Buffer.from(`${COMMON}\n${'x'.repeat(66_000)}`))).toBe('common');
  expect(detectFormat(Buffer.from(`${COMMON}\n${line({ x: 'y'.repeat(66_000) })}`))).toBe('common');
  expect(detectFormat(Buffer.from(`${COMBINED} ${'x'.repeat(70_000)}`))).toBe('combined');
});

test('of nothing there is none', () => {
  for (const text of ['', '\n', '\r\n\n', '\ufeff']) expect(detect(text)).toBeUndefined();
});

test('one that is wanted is not doubted', () => {
  expect(detectFormat(Buffer.from(COMMON), 'a.log', 'impressions')).toBe('impressions');
  expect(detectFormat(Buffer.from(''), 'a.log', 'combined')).toBe('combined');
});

describe('errors', () => {
  test.each(['hello\nworld', 'a,b,c\n1,2,3', '[{"a":1}]', '{"a":', '<html>'])('nothing recognised: %s', (text) => {
    expect(() => detectFormat(Buffer.from(text), 'a.csv')).toThrow(
      expect.objectContaining({ code: 'TM_ERR_IMPORT_FORMAT', exitCode: 2, message: expect.stringContaining('a.csv') as string }),
    );
  });

  test.each([
    ['NUL', Buffer.from(`${COMMON}\0`)],
    ['gzip', gzipSync(COMBINED)],
    ['UTF-16', Buffer.from(COMBINED, 'utf16le')],
    ['control characters', Buffer.from('\x01\x02\x03abcdefgh')],
  ])('binary: %s', (_, bytes) => {
    for (const wanted of ['auto', 'combined'] as const) {
      expect(() => detectFormat(bytes, 'a.bin', wanted)).toThrow(
        expect.objectContaining({ code: 'TM_ERR_IMPORT_BINARY', data: { source: 'a.bin' } }),
      );
    }
  });
});
