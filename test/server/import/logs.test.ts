/** Access logs as shards: formats, filters, limits, and what comes out as impressions. */
import { describe, expect, test } from 'vitest';
import type { ParserOptions } from '#server/import/parse-shard.js';
import { line, parseShard, verdictOn as verdictOnLine } from './shards.js';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0';
const ROBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
const combined: Partial<ParserOptions> = { format: 'combined', site: 'shop' };

interface Fields {
  host?: string;
  front?: string;
  time?: string;
  request?: string;
  status?: string;
  referrer?: string;
  agent?: string;
  rest?: string;
}
function log({
  host = '8.8.8.8',
  front = '- -',
  time = '14/Jun/2026:23:30:00 +0000',
  request = 'GET /a HTTP/1.1',
  status = '200',
  ...more
}: Fields = {}): string {
  return `${host} ${front} [${time}] "${request}" ${status} 123 "${more.referrer ?? '-'}" "${more.agent ?? FIREFOX}"${more.rest ?? ''}`;
}
const verdictOn = (text: string, own: Partial<ParserOptions> = {}): ReturnType<typeof verdictOnLine> =>
  verdictOnLine(text, { ...combined, ...own });

test('an impression of a line', () => {
  expect(verdictOn(log({ request: 'GET /find?q=green+tea HTTP/1.1', referrer: 'https://example.org/\\"x\\"' }))).toEqual({
    time: Date.UTC(2026, 5, 14, 23, 30),
    site: 'shop',
    action: 'search',
    object: '/find',
    type: 'Page',
    name: '',
    term: 'green tea',
    session: '',
    visitor: expect.stringMatching(/^h:[0-9a-f]{32}$/),
    ip: '8.8.8.8',
    agent: FIREFOX,
    referrer: 'https://example.org/"x"',
    browser: 'Firefox',
    os: 'Windows',
    device: 'desktop',
    country: 'US',
    region: '',
    city: '',
    segments: [],
    recommendations: [],
    params: null,
    id: '',
  });
});

describe('what stands before the time', () => {
  test.each(['- -', '- frank', 'ident frank', '- Frank and friends', '- a [b', '-  ', '- "x"', '- ünïcode', 'ïdent -', '- a\tb'])(
    '%s',
    (front) => {
      expect(verdictOn(log({ front }))).toMatchObject({ ip: '8.8.8.8', object: '/a' });
    },
  );

  test.each(['-', '', ' -'])('not %j', (front) => {
    expect(verdictOn(log({ front }))).toBe('format');
  });

  test.each([
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:DB8:0::1]:443', '2001:db8::1'],
    ['192.0.2.7:51001', '192.0.2.7'],
    ['Host.example', 'host.example'],
    ['-', ''],
    ['unix:', ''],
    ['x'.repeat(70), 'x'.repeat(64)],
  ])('host %s', (host, ip) => {
    expect(verdictOn(log({ host }))).toMatchObject({ ip });
  });

  test.each(['höst', '192.0.2.7,', '2001:db8::1,', 'a\0b'])('not the host %j', (host) => {
    expect(verdictOn(log({ host }))).toBe('ip');
  });

  test('a list of addresses has no address, in whatever format it is read', () => {
    for (const format of ['combined', 'vhost_combined'] as const)
      expect(verdictOn(log({ host: '192.0.2.7, 198.51.100.2, 203.0.113.9 127.0.0.1' }), { format })).toBe(
        format === 'combined' ? 'ip' : 'site',
      );
  });

  test('there is somebody', () => {
    expect(verdictOn(log({ host: '-', agent: '-' }))).toBe('visitor');
    expect(verdictOn(log({ host: 'unix:', agent: '' }))).toBe('visitor');
  });
});

test.each([
  ['14/Jun/2026:23:30:00 +0200', Date.UTC(2026, 5, 14, 21, 30)],
  ['14/Jun/2026:23:30:00 -0330', Date.UTC(2026, 5, 15, 3)],
  ['29/Feb/2024:00:00:00 +0000', Date.UTC(2024, 1, 29)],
  ['31/Dec/2025:23:59:60 +0000', Date.UTC(2025, 11, 31, 23, 59, 59)],
  ['14/Jun/2026:23:30:00 -1459', Date.UTC(2026, 5, 15, 14, 29)],
])('time %s', (time, ms) => {
  expect(verdictOn(log({ time }))).toMatchObject({ time: ms });
});
test.each([
  ['14/Jun/1989:23:30:00 +0000', 'time'],
  ['17/Jun/2026:23:30:00 +0000', 'time'],
  ['31/Apr/2026:10:00:00 +0000', 'time'],
  ['00/Apr/2026:10:00:00 +0000', 'time'],
  ['29/Feb/2025:10:00:00 +0000', 'time'],
  ['14/Jun/2026:24:00:00 +0000', 'time'],
  ['14/Jun/2026:10:60:00 +0000', 'time'],
  ['14/Jun/2026:10:00:61 +0000', 'time'],
  ['14/Jun/2026:10:00:00 +1500', 'time'],
  ['14/Jun/2026:10:00:00 +0060', 'time'],
  ['14/Jun/2026:23:30:00', 'format'],
  ['14/Jun/2026:23:30 +0000', 'format'],
  ['14/Juni/2026:23:30:00 +0000', 'format'],
  ['14/jun/2026:23:30:00 +0000', 'format'],
  ['2026-06-14T23:30:00+00:00', 'format'],
])('not the time %s', (time, reason) => {
  expect(verdictOn(log({ time }))).toBe(reason);
});

test('referrer and agent may be absent, `-` or empty', () => {
  const common = log().replace(/ "-" "Moz.*$/, '');
  expect(verdictOn(common, { format: 'common' })).toMatchObject({ agent: '', referrer: '' });
  for (const text of [common, log({ agent: '-', referrer: '' }), log({ agent: '', referrer: '-' })]) {
    for (const format of ['common', 'combined'] as const) {
      expect(verdictOn(`${text}\n`, { format })).toMatchObject({ agent: '', referrer: '', browser: '', os: '', device: '', country: 'US' });
      expect(verdictOn(`${text}\r\n`, { format })).toMatchObject({ agent: '', referrer: '' });
    }
  }
});

test('what comes after the agent is ignored', () => {
  for (const rest of [' "-"', ' 12 0.5 "x" y', 'x', ' "', ' \u2028']) expect(verdictOn(log({ rest }))).toMatchObject({ agent: FIREFOX });
});

test('escapes in quoted fields', () => {
  const agent = 'A \\"quoted\\" \\\\ back \\x16 \\t';
  expect(verdictOn(log({ agent, request: 'GET /\\"a\\" HTTP/1.1', referrer: '\\\\' }), { keep: ['bot'] })).toMatchObject({
    agent: 'A "quoted" \\ back \\x16 \\t',
    object: '/"a"',
    referrer: '\\',
  });
});

test('lines that are not of the format are rejected, with their bytes', () => {
  const bad = ['hello', log({ status: '20' }), log().slice(0, -1), '{"time":1}', log({ request: 'GET /"a" HTTP/1.1' })];
  const { rejects, counts } = parseShard(`${bad.join('\n')}\n${log()}\n`, combined);
  expect(rejects).toEqual(bad.map((text, i) => ({ line: i + 1, reason: 'format', text })));
  expect(counts).toMatchObject({ read: bad.length + 1, accepted: 1 });
});

test('lines that are not UTF-8 are rejected', () => {
  const [head, tail] = log({ agent: '@' }).split('@') as [string, string];
  const { rejects, counts } = parseShard(Buffer.concat([Buffer.from(head), Buffer.of(0xe9), Buffer.from(`${tail}\n${log()}\n`)]), combined);
  expect(rejects).toMatchObject([{ line: 1, reason: 'utf8' }]);
  expect(counts.accepted).toBe(1);
});

describe('the limits of raw lines', () => {
  test.each([
    ['object', 'request', 1024, (s: string) => `GET ${s} HTTP/1.1`],
    ['term', 'request', 256, (s: string) => `GET /?q=${s} HTTP/1.1`],
    ['ip', 'host', 64, (s: string) => s],
    ['referrer', 'referrer', 2048, (s: string) => s],
  ] as const)('%s: the rest of it is cut off', (reason, field, max, text) => {
    for (const c of reason === 'ip' ? ['x'] : ['x', 'ü', '😀']) {
      expect(verdictOn(log({ [field]: text(c.repeat(max)) }), { keep: ['all'] })).toMatchObject({ site: 'shop', [reason]: c.repeat(max) });
      expect(verdictOn(log({ [field]: text(c.repeat(max + 1)) }), { keep: ['all'] })).toMatchObject({ [reason]: c.repeat(max) });
    }
    expect(verdictOn(log({ [field]: text(reason === 'term' ? '%00' : 'a\0b') }), { keep: ['all'] })).toBe(reason);
  });

  test('an agent is not cut: visitors that differ behind it would be one', () => {
    expect(verdictOn(log({ agent: 'ü'.repeat(2048) }), { keep: ['all'] })).toMatchObject({ agent: 'ü'.repeat(2048) });
    expect(verdictOn(log({ agent: 'ü'.repeat(2049) }), { keep: ['all'] })).toBe('agent');
  });

  test('a line of 64 KiB', () => {
    const whole = log({ rest: ' ' });
    expect(verdictOn(whole + 'x'.repeat(65_536 - whole.length))).toMatchObject({ object: '/a' });
    expect(verdictOn(`${whole}${'x'.repeat(65_537 - whole.length)}\r\n`)).toBe('length');
  });

  test('what is filtered is not judged', () => {
    expect(verdictOn(log({ status: '404', time: '14/Jun/1989:23:30:00 +0000' }))).toBe('filtered: status');
    expect(verdictOn(log({ request: `GET /${'x'.repeat(2000)}.css HTTP/1.1` }))).toBe('filtered: static');
  });
});

describe('filters', () => {
  test.each(['GET', 'POST'])('method %s stays', (method) => {
    expect(verdictOn(log({ request: `${method} /a HTTP/1.1` }))).toMatchObject({ object: '/a' });
  });
  test.each(['HEAD', 'OPTIONS', 'get', 'PUT', 'M-SEARCH'])('method %j goes', (method) => {
    expect(verdictOn(log({ request: `${method} /a HTTP/1.1` }))).toBe('filtered: method');
  });
  test.each(['200', '204', '206', '299', '304'])('status %s stays', (status) => {
    expect(verdictOn(log({ status }))).toMatchObject({ object: '/a' });
  });
  test.each(['100', '199', '300', '301', '303', '305', '404', '500', '000', '999'])('status %s goes', (status) => {
    expect(verdictOn(log({ status }))).toBe('filtered: status');
  });
  test('downloads stay, what belongs to a page goes', () => {
    expect(verdictOn(log({ request: 'GET /a.pdf HTTP/1.1' }))).toMatchObject({ type: 'Download', action: 'download' });
    expect(verdictOn(log({ request: 'GET /a.png HTTP/1.1' }))).toBe('filtered: static');
  });
  test.each([ROBOT, 'curl/8.0', 'python-requests/2.31'])('robot %s', (agent) => {
    expect(verdictOn(log({ agent }))).toBe('filtered: bot');
    expect(verdictOn(log({ agent }), { keep: ['bot'] })).toMatchObject({ agent, device: 'robot' });
  });
  test.each(['', '-', 'GET', '\\x16\\x03\\x01', ']&\\xDF;', ' /a HTTP/1.1', '\\x05 / HTTP/1.1', '- http://localhost HTTP/1.0'])(
    'what is no HTTP goes, whatever is kept: %j',
    (request) => {
      for (const keep of [[], ['all'], ['method', 'status', 'static', 'bot']])
        expect(verdictOn(log({ request, status: '400' }), { keep })).toBe('filtered: request');
      expect(verdictOn(log({ request, time: '31/Feb/2026:10:00:00 +0000' }))).toBe('time');
    },
  );
  test('HTTP/0.9 has no protocol', () => {
    expect(verdictOn(log({ request: 'GET /old' }))).toMatchObject({ object: '/old', action: 'view' });
  });
  test('no agent is no robot', () => {
    expect(verdictOn(log({ agent: '-' }))).toMatchObject({ agent: '' });
  });

  test('each line under the first that holds', () => {
    const all = log({ request: 'HEAD /a.css HTTP/1.1', status: '404', agent: ROBOT });
    const order = ['method', 'status', 'static', 'bot'];
    for (const [i, filter] of order.entries()) expect(verdictOn(all, { keep: order.slice(0, i) })).toBe(`filtered: ${filter}`);
    for (const keep of [order, ['all']])
      expect(verdictOn(all, { keep })).toMatchObject({ object: '/a.css', type: 'Static', action: 'view' });
  });

  test('are counted', () => {
    const text = [
      log(),
      log({ status: '404' }),
      log({ status: '500' }),
      log({ agent: ROBOT }),
      log({ request: 'GET /x.gif HTTP/1.1' }),
      log({ request: 'PUT / HTTP/1.1' }),
      'x',
    ];
    expect(parseShard(text.join('\n'), combined).counts).toEqual({
      lines: 7,
      read: 7,
      accepted: 1,
      rejected: { format: 1 },
      filtered: { status: 2, bot: 1, static: 1, method: 1 },
      unknownFields: 0,
    });
  });
});

test('no unknown fields are counted, whatever was parsed before', () => {
  expect(parseShard(line({ colour: 'red' })).counts).toMatchObject({ accepted: 1, unknownFields: 1 });
  expect(parseShard(log(), combined).counts).toMatchObject({ accepted: 1, unknownFields: 0 });
});

describe('vhost_combined', () => {
  const vhost = { format: 'vhost_combined' } as const;
  test.each([
    ['shop.example', 'shop.example'],
    ['shop.example:443', 'shop.example'],
    ['Shop_1.Example:80', 'shop_1.example'],
    ['shop.example.:443', 'shop.example'],
    ['_:443', '_'],
    ['192.0.2.7:80', '192.0.2.7'],
  ])('%s', (host, site) => {
    expect(verdictOn(`${host} ${log()}`, vhost)).toMatchObject({ site, ip: '8.8.8.8', agent: FIREFOX });
  });

  test.each(['[2001:db8::1]:80', 'shop/example', 'x'.repeat(65), 'shöp.example', '*:80', ':80'])('no name of a site: %s', (host) => {
    expect(verdictOn(`${host} ${log()}`, { ...vhost, site: 'main' })).toMatchObject({ site: 'main', ip: '8.8.8.8' });
  });

  test('formats change from line to line', () => {
    const common = log({ request: 'GET /c HTTP/1.1' }).replace(/ "-" "Moz.*$/, '');
    const text = `${log({ request: 'GET /a HTTP/1.1' })}\nShop.example:443 ${log({ request: 'GET /b HTTP/1.1' })}\n${common}\n`;
    for (const format of ['common', 'combined', 'vhost_combined'] as const) {
      const { impressions } = parseShard(text, { format, site: 'main' });
      expect(impressions.map(({ object, site, ip }) => [object, site, ip])).toEqual([
        ['/a', 'main', '8.8.8.8'],
        ['/b', 'shop.example', '8.8.8.8'],
        ['/c', 'main', '8.8.8.8'],
      ]);
    }
  });

  test('a line behind a blank, or without any more, has not the format', () => {
    for (const text of ['shop.example', ` ${log()}`]) expect(verdictOn(text, vhost)).toBe('format');
  });
});

test('visitors are told apart by address and agent', () => {
  const { impressions } = parseShard(
    [
      log(),
      log({ agent: 'Opera/9.80 (X11; Linux x86_64) Presto/2.12.388 Version/12.16' }),
      log({ host: '8.8.4.4' }),
      log({ request: 'GET /b HTTP/1.1' }),
    ].join('\n'),
    combined,
  );
  const keys = impressions.map((i) => i['visitor']);
  expect(new Set(keys).size).toBe(3);
  expect(keys[3]).toBe(keys[0]);
});

test('days are those of the dataset, whatever zone the server logged in', () => {
  const text = [
    log({ time: '14/Jun/2026:23:30:00 -0500' }),
    log({ time: '14/Jun/2026:23:30:00 +0000' }),
    log({ time: '15/Jun/2026:00:30:00 +0200' }),
  ].join('\n');
  expect(parseShard(text, { ...combined, zone: 'Europe/Berlin' }).days).toEqual([['2026-06-15', 3]]);
  expect(parseShard(text, combined).days).toEqual([
    ['2026-06-14', 2],
    ['2026-06-15', 1],
  ]);
});

test('empty lines are not read', () => {
  expect(parseShard(`\n${log()}\n\r\n\n${log()}`, combined).counts).toMatchObject({ lines: 5, read: 2, accepted: 2 });
});

test('`keep` turns off what it names, and nothing else', () => {
  expect(verdictOn(log({ status: '404' }), { keep: ['static', 'bot'] })).toBe('filtered: status');
});

test('a header of syslog is no part of a line', () => {
  const text = ['Mar 11 09:00:00 web1 nginx: ', 'Mar  1 09:00:00 web1 nginx: ', '2026-03-11T09:00:00Z web1 nginx[5]: '].map(
    (h) => h + log(),
  );
  expect(parseShard(`${text.join('\n')}\n`, combined).impressions.map((i) => i['ip'])).toEqual(['8.8.8.8', '8.8.8.8', '8.8.8.8']);
});

test('a last line that stops before referrer and agent may be cut, unless no line has them', () => {
  const cut = log().replace(/3 "-" "Moz.*$/, '');
  expect(verdictOn(cut, combined)).toBe('format');
  expect(verdictOn(cut, { format: 'common' })).toMatchObject({ object: '/a' });
  expect(parseShard(`${log()}\n${cut}\n${log()}`, combined).counts).toMatchObject({ accepted: 3 });
});

test('numbers behind the size of a common line', () => {
  const common = log().replace(/ "-" "Moz.*$/, ' 1047');
  expect(verdictOn(`${common}\n`, { format: 'common' })).toMatchObject({ object: '/a', agent: '' });
});
