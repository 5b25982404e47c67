/** The scanner of logs gives for any line what the exact reading by a regular expression gives. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { optionalField, readLogLine, readRequest, siteOf, unescapeField } from '#server/import/log-line.js';
import { createParser, type ShardParser } from '#server/import/parse-shard.js';
import { addressOf } from '../../oracle/address.js';
import { kernelNames, kernels, NOW, options, outcomeOf } from './shards.js';

type Row = Record<string, unknown>;

/** The fields that a line gives, or the reason why it is rejected; undefined where it is filtered. All filters that can be are off. */
function read(bytes: Buffer, virtualHosts: boolean): Row | string | undefined {
  const text = bytes.toString();
  if (!Buffer.from(text).equals(bytes)) return 'utf8';
  const line = readLogLine(text, virtualHosts);
  if (line === undefined) return 'format';
  const { time, virtualHost, host } = line;
  if (Number.isNaN(time)) return 'time';
  const request = readRequest(unescapeField(line.request));
  if (request === undefined) return undefined;
  const agent = optionalField(line.agent ?? '-');
  const referrer = optionalField(line.referrer ?? '-');
  const { object, type, action, term } = request;
  if (time < Date.UTC(1990, 0, 1) || time > NOW + 86_400_000) return 'time';
  if (virtualHost?.includes(',') === true) return 'site';
  const own = siteOf(virtualHost ?? '');
  const site = /^[A-Za-z0-9._-]{1,64}$/.test(own) ? own : 'main';
  const ip = addressOf(host);
  for (const [name, value] of Object.entries({ object, term })) if (value.includes('\0')) return name;
  if (ip === undefined) return 'ip';
  for (const [name, value] of Object.entries({ agent, referrer })) if (value.includes('\0')) return name;
  if (ip === '' && agent === '') return 'visitor';
  return { time, site, type, action, object, term, ip, agent, referrer };
}

const word = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.constantFrom(
      '-',
      'a',
      'Mar',
      '192.0.2.1',
      '192.0.2.1:80',
      '192.0.2.1,',
      'shop.example:80',
      'shop.example',
      'unix:',
      'ü',
      '::1',
      '[::1]:80',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('', 'a b', '[', '"', '\\', '\t', '\u00a0', '\u2028') },
);
const quoted = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.constantFrom('-', '', 'Agent/1.0', 'http://a/?b', 'ü', '\\"', '\\\\', 'x\\"y\\\\', '\\x16', '] "', '" 200 1', ' ['),
  },
  { weight: 1, arbitrary: fc.constantFrom('"', '\\', '\0', '\r') },
);
const request = fc.oneof(
  quoted,
  fc
    .tuple(
      fc.constantFrom('GET', 'POST', 'X', 'M-SEARCH', '1', ''),
      fc.constantFrom('/', '/a?q=b+c', 'http://h/p.css', '/x y', '/\\"', '/a.pdf#b', ''),
      fc.constantFrom(' HTTP/1.1', '  HTTP/1.1', '', ' HTTP/', ' x'),
    )
    .map(([m, u, p]) => `${m} ${u}${p}`),
);
const two = (max: number): fc.Arbitrary<string> => fc.nat(max).map((n) => String(n).padStart(2, '0'));
/** Days, hours, minutes, seconds and offsets that there are, and those just beyond. */
const anyTime = fc
  .tuple(
    two(33),
    fc.constantFrom('Jan', 'Feb', 'Apr', 'Dec'),
    fc.constantFrom('2000', '2023', '2024', '1900'),
    two(25),
    two(61),
    two(62),
    two(16),
    two(61),
  )
  .map(([day, month, year, hour, minute, second, h, m]) => `${day}/${month}/${year}:${hour}:${minute}:${second} +${h}${m}`);
const time = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom('14/Jun/2026:10:00:00 +0000', '01/Jan/2020:23:59:59 -0130', '29/Feb/2020:23:59:60 +1459') },
  { weight: 3, arbitrary: anyTime },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '14/Jun/1989:10:00:00 +0000',
      '14/jun/2026:10:00:00 +0000',
      '4/Jun/2026:10:00:00 +0000',
      '14/Jun/2026:10:00:00 *0000',
      '',
    ),
  },
);
const line = fc
  .tuple(
    word,
    word,
    fc.array(word, { minLength: 1, maxLength: 3 }),
    time,
    request,
    fc.constantFrom('200', '404', '001', '2', 'x'),
    fc.constantFrom('0', '-', '123', '', '--'),
    fc.option(fc.tuple(quoted, quoted)),
    fc.constantFrom('', '', ' "-"', ' x', ' 12'),
    fc.constantFrom(
      ...Array.from({ length: 12 }, () => ''),
      'Mar 11 09:00:00 web1 nginx: ',
      '<13>Mar  1 09:00:00 web1 nginx: ',
      '2025-03-11T09:00:00Z web1 httpd[1]: ',
    ),
  )
  .map(
    ([host, ident, user, t, r, status, bytes, rest, more, header]) =>
      `${header}${host} ${ident} ${user.join(' ')} [${t}] "${r}" ${status} ${bytes}${rest === null ? '' : ` "${rest[0]}" "${rest[1]}"`}${more}`,
  );
const mutated = fc
  .tuple(line, fc.nat(), fc.oneof(fc.constantFrom(...Buffer.from('" []\\-\r0')), fc.nat(127), fc.nat(255)))
  .map(([text, at, byte]) => {
    const bytes = Buffer.from(text);
    const i = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, i), Buffer.of(byte), bytes.subarray(i + (at % 2))]);
  });
const bytes = fc
  .oneof(
    line.map((text) => Buffer.from(text)),
    mutated,
  )
  .map((b) => Buffer.from(b.filter((byte) => byte !== 10)));

/** Rows of a shard come by day, in line order within one. */
function compare(lines: readonly Buffer[], end: string, virtualHosts: boolean, parse: ShardParser): void {
  const { impressions, rejects } = outcomeOf(parse(Buffer.concat(lines.flatMap((l) => [l, Buffer.from(end)]))));
  const want = lines
    .map((l) => (l.at(-1) === 13 && end === '\n' ? l.subarray(0, -1) : l))
    .filter((l) => l.length > 0)
    .map((l) => read(l, virtualHosts));
  const day = (row: Row): number => Math.floor((row['time'] as number) / 86_400_000);
  const rows = want.filter((w): w is Row => typeof w === 'object').sort((a, b) => day(a) - day(b));
  const fields = ['time', 'site', 'type', 'action', 'object', 'term', 'ip', 'agent', 'referrer'];
  expect(impressions.map((i) => Object.fromEntries(fields.map((f) => [f, i[f]])))).toEqual(rows);
  expect(rejects.map((r) => r.reason)).toEqual(want.filter((w) => typeof w === 'string'));
}

const cases = kernelNames.flatMap((kernel) => [false, true].map((virtualHosts) => ({ kernel, virtualHosts })));
describe.each(cases)('$kernel, virtual hosts: $virtualHosts', ({ kernel, virtualHosts }) => {
  const format = virtualHosts ? 'vhost_combined' : 'combined';
  const parse = createParser({ ...options, format, site: 'main', keep: ['all'] }, kernels[kernel]);

  test('any shard', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 8 }), fc.constantFrom('\n', '\r\n'), (lines, end) =>
        compare(lines, end, virtualHosts, parse),
      ),
      { numRuns: 700 },
    );
  });

  test('a line with any one byte changed', () => {
    const whole = Buffer.from(
      `${virtualHosts ? 'shop.example:80 ' : ''}::1 - - [14/Jun/2026:10:00:00 +0000] "GET /a?q=b\\" HTTP/1.1" 200 12 "-" "A\\\\"`,
    );
    const lines = [whole];
    for (let at = 0; at <= whole.length; at++) {
      const [head, tail] = [whole.subarray(0, at), whole.subarray(at)];
      lines.push(Buffer.concat([head, tail.subarray(1)]));
      for (const byte of Buffer.from('" []\\-+:/\t\r\0 09aJ\x7f\x80')) {
        lines.push(Buffer.concat([head, Buffer.of(byte), tail]), Buffer.concat([head, Buffer.of(byte), tail.subarray(1)]));
      }
    }
    compare(lines, '\n', virtualHosts, parse);
  });
});
