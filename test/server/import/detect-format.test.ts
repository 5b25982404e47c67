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
    ['impressions', '  {"site":5,"time":"soon"}'],
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

test('lines of a log behind many others', () => {
  const junk = Array.from({ length: 5000 }, (_, i) => `PHP Warning: something is undefined, line ${i}`);
  expect(detect([...junk, COMBINED, COMBINED].join('\n'))).toBe('combined');
  expect(detect(`Mar  1 09:00:00 web1 nginx: ${COMBINED}`)).toBe('combined');
  expect(detect(COMMON.replace('192.0.2.1', '192.0.2.1, 198.51.100.7'))).toBe('common');
  expect(detect(`${COMMON} 1047`)).toBe('common');
});

describe('what is not read is called by its name', () => {
  const named = (bytes: string | Uint8Array): string => {
    try {
      detectFormat(Buffer.from(bytes), 'a.log');
      return 'read';
    } catch (error) {
      expect(error).toMatchObject({ exitCode: 2, data: { source: 'a.log' } });
      return (error as Error).message;
    }
  };
  test.each([
    ['W3C', '#Software: Some Server\n#Version: 1.0\n#Fields: date time c-ip cs-method\n2024-05-05 23:10:01 192.0.2.4 GET\n'],
    ['CloudFront', '#Version: 1.0\n#Fields: date time x-edge-location c-ip\n2024-05-05\t23:10:01\tFRA\t192.0.2.4\n'],
    ['Squid', '1741683600.123    921 192.0.2.7 TCP_MISS/200 5070 GET http://www.example.org/a - HIER_DIRECT/- text/html\n'],
    ['JSON that is no impression', '{"ts":1714943400.1,"request":{"remote_ip":"192.0.2.1","uri":"/"}}\n{"time":"2024-05-05T23:10:00Z"}\n'],
    ['a list', '[{"time":1741683600000,"site":"shop"}]'],
    ['a list', '[\n  {\n    "time": 1741683600000\n  }\n]\n'],
    ['several lines', '{\n  "time": 1741683600000\n}\n'],
    ['seconds', `${line({ time: 1_741_683_600 })}\n${line({ time: 1_741_683_660 })}\n`],
    ['microseconds', line({ time: 1_741_683_600_000_000 })],
  ])('%s', (name, text) => expect(named(text)).toContain(name));

  test.each([
    ['UTF-16', Buffer.from(`\ufeff${COMBINED}`, 'utf16le')],
    ['UTF-16', Buffer.from(COMBINED, 'utf16le')],
    ['UTF-16', Buffer.from(`\ufeff${COMBINED}`, 'utf16le').swap16()],
    ['bzip2', Buffer.from('BZh91AY&SY')],
    ['xz', Buffer.from('fd377a585a000004', 'hex')],
    ['zstd', Buffer.from('28b52ffd00000000', 'hex')],
    ['zip', Buffer.from('PK\x03\x04')],
  ])('%s', (name, bytes) => expect(named(bytes)).toContain(name));

  test('one time that can be right makes the others rejected lines', () => {
    expect(named(`${line({ time: 1_741_683_600 })}\n${line()}\n`)).toBe('read');
  });
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
