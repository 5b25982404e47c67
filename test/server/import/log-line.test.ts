/** What one line of an access log says (spec §7): the pure readers, by strings. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { optionalField, readLogLine, readRequest, siteOf, unescapeField } from '#server/import/log-line.js';
import { PlainRequest } from '#server/import/plain-request.js';

describe('a request', () => {
  const page = { method: 'GET', type: 'Page', action: 'view', term: '' };

  test.each([
    ['GET / HTTP/1.1', '/'],
    ['GET /a/b.html HTTP/2.0', '/a/b.html'],
    ['GET /a b c HTTP/1.0', '/a b c'],
    ['GET /a', '/a'],
    ['GET /a  HTTP/1.1', '/a'],
    ['GET /a b   HTTP/1.1', '/a b'],
    ['GET /a b', '/a b'],
    ['GET  /a HTTP/1.1', ' /a'],
    ['GET HTTP/1.1', '/'],
    ['GET  HTTP/1.1', '/'],
    ['GET ', '/'],
    ['GET /HTTP/1.1', '/HTTP/1.1'],
    ['GET /a?b=c#d HTTP/1.1', '/a'],
    ['GET /a#b?c HTTP/1.1', '/a'],
    ['GET ?q HTTP/1.1', '/'],
    ['GET http://shop.example/a?b HTTP/1.1', '/a'],
    ['GET https://shop.example HTTP/1.1', '/'],
    ['GET https://shop.example?x HTTP/1.1', '/'],
    ['GET HTTP://u:p@shop.example:80//a HTTP/1.1', '//a'],
    ['GET //shop.example/a HTTP/1.1', '//shop.example/a'],
    ['GET shop.example:443 HTTP/1.1', 'shop.example:443'],
    ['GET * HTTP/1.0', '*'],
    ['GET /%C3%BC/%zz/\\x16 HTTP/1.1', '/%C3%BC/%zz/\\x16'],
    ['GET /.htaccess HTTP/1.1', '/.htaccess'],
    ['GET /v1.css/ HTTP/1.1', '/v1.css/'],
    ['GET /a.css.bak HTTP/1.1', '/a.css.bak'],
    ['GET /a. HTTP/1.1', '/a.'],
  ])('%s', (request, object) => {
    expect(readRequest(request)).toEqual({ ...page, object });
  });

  test.each(['', 'GET', '\\x16\\x03', 'quit', ' / HTTP/1.1', 'G3T / HTTP/1.1', '-GET /', '/ HTTP/1.1', 'GÉT /'])('none: %j', (request) => {
    expect(readRequest(request)).toBeUndefined();
  });

  test('its method is what comes before the first space', () => {
    expect(readRequest('get / HTTP/1.1')?.method).toBe('get');
    expect(readRequest('VERSION-CONTROL / HTTP/1.1')?.method).toBe('VERSION-CONTROL');
  });

  test.each([
    'css',
    'JS',
    'mjs',
    'map',
    'ico',
    'PNG',
    'jpg',
    'jpeg',
    'gif',
    'svg',
    'webp',
    'avif',
    'bmp',
    'tif',
    'tiff',
    'woff',
    'woff2',
    'ttf',
    'otf',
    'eot',
  ])('.%s is static', (extension) => {
    expect(readRequest(`GET /a.min.${extension}?q=x HTTP/1.1`)).toMatchObject({ type: 'Static', action: 'view', term: '' });
  });

  test.each(
    (
      'pdf zip gz tgz bz2 xz 7z rar tar exe msi dmg pkg deb rpm apk iso jar mp3 mp4 m4a m4v ogg wav avi mov mkv webm ' +
      'csv tsv doc docx xls xlsx ppt pptx odt ods odp epub PDF'
    ).split(' '),
  )('.%s is a download', (extension) => {
    expect(readRequest(`POST /a.${extension}?search=x HTTP/1.1`)).toMatchObject({ type: 'Download', action: 'download', term: '' });
  });

  test.each(['html', 'php', 'xml', 'json', 'txt', 'jsx', 'K', 'rss'])('.%s is a page', (extension) => {
    expect(readRequest(`GET /a.${extension} HTTP/1.1`)?.type).toBe('Page');
  });
});

describe('a search', () => {
  test.each([
    ['q=tea', 'tea'],
    ['query=tea', 'tea'],
    ['search=tea', 'tea'],
    ['s=tea', 'tea'],
    ['k=tea', 'tea'],
    ['keyword=tea', 'tea'],
    ['page=2&q=tea&s=coffee', 'tea'],
    ['q=&s=coffee', 'coffee'],
    ['q&s=coffee', 'coffee'],
    ['q=green+tea', 'green tea'],
    ['q=gr%C3%BCner%20Tee', 'grüner Tee'],
    ['q=a=b', 'a=b'],
    ['q=%26', '&'],
    ['q=100%', '100%'],
    ['q=%zz+x', '%zz x'],
    ['q=%ff', '%ff'],
    ['q=%C3+%BC', '%C3 %BC'],
    ['q=+', ' '],
    ['q=a;b', 'a;b'],
  ])('%s', (query, term) => {
    expect(readRequest(`GET /find?${query} HTTP/1.1`)).toEqual({ method: 'GET', object: '/find', type: 'Page', action: 'search', term });
  });

  test.each(['', 'q', 'q=', 'Q=tea', 'qq=tea', '=tea', 'x=q=tea', '%71=tea', 'page=1'])('none: %s', (query) => {
    expect(readRequest(`GET /find?${query} HTTP/1.1`)).toMatchObject({ action: 'view', term: '' });
  });

  test('a query ends with the fragment', () => {
    expect(readRequest('GET /find?q=a#b&q=c HTTP/1.1')?.term).toBe('a');
  });
});

describe('a line', () => {
  const common = '192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326';
  const time = Date.UTC(2000, 9, 10, 20, 55, 36);

  test('common', () => {
    expect(readLogLine(common, false)).toEqual({
      virtualHost: undefined,
      host: '192.0.2.1',
      time,
      request: 'GET / HTTP/1.0',
      status: 200,
      referrer: undefined,
      agent: undefined,
    });
  });

  test('combined, and more after the agent', () => {
    const fields = { host: '192.0.2.1', time, referrer: 'http://a/', agent: 'B' };
    for (const more of ['', ' "-"', ' 0.003 "x', '!']) expect(readLogLine(`${common} "http://a/" "B"${more}`, false)).toMatchObject(fields);
  });

  test('fields are as they are logged', () => {
    expect(readLogLine('h i a user [10/Oct/2000:00:00:00 +0000] "\\"\\\\x\\"" 404 - "\\"" "-"', false)).toMatchObject({
      host: 'h',
      request: '\\"\\\\x\\"',
      status: 404,
      referrer: '\\"',
      agent: '-',
    });
  });

  test('a user may look like the time', () => {
    expect(readLogLine(common.replace('- -', '- a [10/Oct/2000:00:00:00 +0000] b'), false)).toMatchObject({ time });
  });

  test.each([
    ['a day', /10\/Oct/, '1/Oct'],
    ['a month', 'Oct', 'oct'],
    ['a month', 'Oct', '10'],
    ['a zone', ' -0700', ''],
    ['a status', ' 200 ', ' 20 '],
    ['a status', ' 200 ', ' - '],
    ['bytes', '2326', ''],
    ['bytes', ' 2326', ''],
    ['bytes', '2326', '1x'],
    ['bytes', '2326', '1 x'],
    ['a quote', '0" ', '0 '],
    ['an ident', '- - ', '- '],
    ['a bracket', '[', ''],
    ['the end of an escape', '0" ', '0\\" '],
  ])('without %s', (_, part, other) => {
    expect(readLogLine(common.replace(part, other), false)).toBeUndefined();
  });

  test('with more numbers behind the size, or more blanks before it', () => {
    for (const more of [' 12', ' 0.003', ' -', ' 12 0.003 -'])
      expect(readLogLine(common + more, false)).toMatchObject({ time, agent: undefined });
    expect(readLogLine(common.replace('" 200 ', '"  200   '), false)).toMatchObject({ time, status: 200 });
  });

  test.each([' "a"', ' "a" "b', ' a b', ' "a"  "b"', ' "a\\" "b"'])('with a rest of %s', (rest) => {
    expect(readLogLine(common + rest, false)).toBeUndefined();
  });
});

test('quoted fields', () => {
  expect(unescapeField('a\\"b\\\\c\\x22\\t\\')).toBe('a"b\\c\\x22\\t\\');
  expect(unescapeField('-')).toBe('-');
  expect(optionalField('-')).toBe('');
  expect(optionalField('')).toBe('');
  expect(optionalField('--')).toBe('--');
});

describe('what stands before a line', () => {
  const line = '192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326';
  const vhostOf = (text: string, virtualHosts: boolean): unknown => {
    const read = readLogLine(text, virtualHosts);
    return read && [read.virtualHost, read.host];
  };

  test('a virtual host, where each line has one or where an address follows', () => {
    expect(vhostOf(`shop.example:80 ${line}`, true)).toEqual(['shop.example:80', '192.0.2.1']);
    expect(vhostOf(`shop.example ${line}`, true)).toEqual(['shop.example', '192.0.2.1']);
    expect(vhostOf(line, true)).toEqual([undefined, '192.0.2.1']);
    expect(vhostOf(line.replace('- -', '- ann lee'), true)).toEqual([undefined, '192.0.2.1']);
    expect(vhostOf(` ${line}`, true)).toBeUndefined();
    expect(vhostOf(`shop.example:80 ${line}`, false)).toEqual(['shop.example:80', '192.0.2.1']);
    expect(vhostOf(`shop.example:80 ${line.replace('192.0.2.1', '2001:db8::1')}`, false)).toEqual(['shop.example:80', '2001:db8::1']);
    expect(vhostOf(`shop.example ${line}`, false)).toEqual([undefined, 'shop.example']);
    expect(vhostOf(`shop.example:80 ${line.replace('192.0.2.1', 'client')}`, false)).toEqual([undefined, 'shop.example:80']);
    expect(vhostOf(`192.0.2.9, ${line}`, false)).toEqual([undefined, '192.0.2.9,']);
  });

  test.each([
    'Mar 11 09:00:00 web1 nginx: ',
    'Mar  1 09:00:00 web1 nginx[123]: ',
    '<190>Mar 11 09:00:00 web1 nginx: ',
    '2025-03-11T09:00:00Z web1 httpd: ',
    '2025-03-11T09:00:00.123456+01:00 web1 httpd[7]: ',
  ])('a header of syslog: %s', (header) => {
    for (const virtualHosts of [false, true]) {
      expect(vhostOf(header + line, virtualHosts)).toEqual([undefined, '192.0.2.1']);
      expect(vhostOf(`${header}shop.example:80 ${line}`, virtualHosts)).toEqual(['shop.example:80', '192.0.2.1']);
    }
  });

  test('the site that a virtual host names', () => {
    expect(siteOf('shop.example:80')).toBe('shop.example');
    expect(siteOf('Shop.Example.:443')).toBe('shop.example');
    expect(siteOf('shop.example.')).toBe('shop.example');
    expect(siteOf('a:b')).toBe('a:b');
  });
});

describe('a time', () => {
  const timeOf = (time: string): number | undefined => readLogLine(`h - - [${time}] "GET / HTTP/1.0" 200 1`, false)?.time;

  test.each([
    '00/Mar/2025:10:00:00 +0000',
    '32/Mar/2025:10:00:00 +0000',
    '31/Apr/2025:10:00:00 +0000',
    '29/Feb/2025:10:00:00 +0000',
    '30/Feb/2024:10:00:00 +0000',
    '29/Feb/1900:10:00:00 +0000',
    '10/Mar/2025:24:00:00 +0000',
    '10/Mar/2025:10:60:00 +0000',
    '10/Mar/2025:10:00:61 +0000',
    '10/Mar/2025:10:00:00 +1500',
    '10/Mar/2025:10:00:00 -0060',
  ])('none: %s', (time) => expect(timeOf(time)).toBeNaN());

  test.each([
    ['29/Feb/2000:23:59:59 +1459', Date.UTC(2000, 1, 29, 9, 0, 59)],
    ['31/Dec/2016:23:59:60 +0000', Date.UTC(2016, 11, 31, 23, 59, 59)],
    ['01/Jan/2017:00:59:60 +0100', Date.UTC(2016, 11, 31, 23, 59, 59)],
  ])('%s', (time, ms) => expect(timeOf(time)).toBe(ms));
});

describe('a plain request', () => {
  /** What it says by its bytes, among others; undefined where it is left to readRequest. */
  function readPlain(request: string): ReturnType<typeof readRequest> {
    const bytes = Buffer.from(`"${request}" HTTP/1.1 200`);
    const plain = new PlainRequest();
    if (!plain.read(bytes, 1, 1 + Buffer.byteLength(request))) return undefined;
    const { method, type, action, term, objectStart, objectEnd } = plain;
    return { method, type, action, term, object: bytes.toString('utf8', objectStart, objectEnd) };
  }

  test.each([
    'GET / HTTP/1.1',
    'POST /a/b.c/d HTTP/2.0',
    'GET /a.CSS?v=1#x HTTP/1.1',
    'GET /a b.pdf HTTP/1.1',
    'GET /a?v=1&s=&share=q#?q=a HTTP/1.1',
    'HEAD /ü/x.woff2 HTTP/1.1',
  ])('%s', (request) => expect(readPlain(request)).toBeDefined());

  test.each([
    'GET /?q=a HTTP/1.1',
    'GET /a?v=1&s=a HTTP/1.1',
    'GET /a',
    'GET * HTTP/1.1',
    'GET /a#b HTTP/1.1',
    'GET /a.\u212aml HTTP/1.1',
    'GET /a HTTP',
    '',
    ' ',
  ])('none: %j', (request) => expect(readPlain(request)).toBeUndefined());

  test('it says what readRequest says of it', () => {
    const path = fc.string({
      unit: fc.constantFrom(
        '/',
        '.',
        '?',
        '#',
        ' ',
        'a',
        'q',
        'q=',
        '=',
        '&',
        '&s=b',
        'é',
        '\u212a',
        '\0',
        '-',
        '.css',
        '.PDF',
        '.woff2',
        '.html5',
      ),
    });
    const method = fc.constantFrom('GET', 'POST', 'HEAD', 'get', 'GETS', 'M-SEARCH', '-', 'G1', '');
    const protocol = fc.constantFrom(' HTTP/1.1', '  HTTP/1.1', ' HTTP/', ' HTTP', ' ', '');
    const seen = { plain: 0, left: 0 };
    fc.assert(
      fc.property(method, fc.constantFrom(' /', ' ', ''), path, protocol, (...parts) => {
        const request = parts.join('');
        const plain = readPlain(request);
        seen[plain === undefined ? 'left' : 'plain']++;
        if (plain === undefined) return;
        const { method: said, ...rest } = readRequest(request) as NonNullable<typeof plain>;
        expect(plain).toEqual({ ...rest, method: said === 'GET' || said === 'POST' ? said : '' });
      }),
      { numRuns: 5000 },
    );
    expect(Math.min(seen.plain, seen.left)).toBeGreaterThan(100);
  });
});
