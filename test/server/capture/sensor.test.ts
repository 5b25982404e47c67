/** The sensor over HTTP, as browsers and servers use it. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { capturing, dataFiles, NOON, spoolLines, type Capturing } from './capturing.js';
import { soon } from '../../support/soon.js';

const TOKEN = 'a-token-of-the-dataset';
const BEARER = { authorization: `Bearer ${TOKEN}` };
/** Requests wait for an eighth of commitMs after the last of them came. */
const page = { site: 'shop', object: '/a' };

/** The status, and of a problem its code. */
async function outcome(response: Response | Promise<Response>): Promise<unknown> {
  const { status, headers, text } = await Promise.resolve(response).then(async (r) => ({
    status: r.status,
    headers: r.headers,
    text: await r.text(),
  }));
  if (headers.get('content-type')?.startsWith('application/problem+json') !== true) return status;
  const problem = JSON.parse(text) as { status: number; code: string };
  expect(problem.status).toBe(status);
  return `${status} ${problem.code}`;
}

const lines = ({ folder }: Capturing): Record<string, unknown>[] => {
  const written = spoolLines(folder, 'oirawdata');
  expect(spoolLines(folder, 'sesrawdata')).toEqual(written);
  return written;
};

describe('POST /sensor', () => {
  test('one impression, as JSON and as a beacon’s text', async () => {
    const capture = await capturing();
    const headers = { 'user-agent': 'Agent/1' };
    expect(await outcome(capture.post(page, headers))).toBe(204);
    expect(await outcome(capture.post('{"site":"shop","object":"/b","name":"Tea \\u0007 <b>"}', headers))).toBe(204);
    expect(lines(capture)).toEqual([
      { time: NOON, ...page, ip: '127.0.0.1', agent: 'Agent/1' },
      { time: NOON, site: 'shop', object: '/b', name: 'Tea \u0007 <b>', ip: '127.0.0.1', agent: 'Agent/1' },
    ]);
    expect(capture.status()).toMatchObject({ state: 'OK', accepted: 2, rejected: 0, refused: 0, queue: 0, open: { lines: 2 } });
  });

  test('of a list all are taken, or none, and it says which ones are wrong', async () => {
    const capture = await capturing();
    expect(await outcome(capture.post([page, { ...page, object: '/b' }]))).toBe(204);
    expect(await outcome(capture.post([]))).toBe(204);
    const refused = await capture.post([page, { site: 'shop' }, page, 7, { ...page, site: '' }]);
    expect(refused.status).toBe(400);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(await refused.json()).toMatchObject({
      title: 'Bad Request',
      code: 'TM_ERR_SENSOR_IMPRESSION',
      errors: [
        { index: 1, reason: 'object' },
        { index: 3, reason: 'json' },
        { index: 4, reason: 'site' },
      ],
    });
    expect(lines(capture).map((l) => l['object'])).toEqual(['/a', '/b']);
    expect(capture.status()).toMatchObject({ accepted: 2, rejected: 5 });
  });

  test.each<[string, string | Uint8Array, string, string]>([
    ['no JSON', '{"site":', 'text/plain', '400 TM_ERR_SENSOR_BODY'],
    ['nothing', '', 'application/json', '400 TM_ERR_SENSOR_BODY'],
    ['a number', '7', 'application/json', '400 TM_ERR_SENSOR_BODY'],
    ['not UTF-8', Buffer.from('{"site":"shop","object":"\xff"}', 'latin1'), 'application/json', '400 TM_ERR_SENSOR_BODY'],
    ['a form', 'site=shop', 'application/x-www-form-urlencoded', '415 TM_ERR_SENSOR_REQUEST'],
    ['too much', `[${'1,'.repeat(1000)}1]`, 'application/json', '413 TM_ERR_SENSOR_REQUEST'],
  ])('%s is refused', async (_, body, type, expected) => {
    const capture = await capturing({ settings: { sensor: { bodyLimit: 1024 } } });
    expect(await outcome(capture.post(body, { 'content-type': type }))).toBe(expected);
    expect(capture.status()).toMatchObject({ accepted: 0, rejected: 1 });
  });

  test('other addresses and methods', async () => {
    const { url } = await capturing();
    expect(await outcome(fetch(`${url}/`))).toBe('404 TM_ERR_SENSOR_REQUEST');
    expect(await outcome(fetch(`${url}/%ff`))).toBe('400 TM_ERR_SENSOR_REQUEST');
    expect(await outcome(fetch(`${url}/sensor`))).toBe('405 TM_ERR_SENSOR_REQUEST');
    expect((await fetch(`${url}/sensor`, { method: 'PUT', body: '{}' })).headers.get('allow')).toBe('POST');
    // It would be counted, and nobody would have seen the page.
    expect((await fetch(`${url}/sensor.gif?site=shop&object=/a`, { method: 'HEAD' })).status).toBe(405);
    expect((await fetch(`${url}/tidemill.js`, { method: 'HEAD' })).status).toBe(200);
  });
});

describe('who sends', () => {
  test('time, address and what is looked up are believed of a sender with the token only', async () => {
    const capture = await capturing({ settings: { sensor: { ingestToken: TOKEN } } });
    const own = { ...page, time: NOON - 9, ip: '198.51.100.9', agent: 'Own/1', country: 'XX', visitor: 'v' };
    expect(await outcome(capture.post(own, { 'user-agent': 'Agent/1' }))).toBe(204);
    expect(await outcome(capture.post(own, BEARER))).toBe(204);
    expect(await outcome(capture.post(own, { authorization: `Bearer ${TOKEN}x` }))).toBe('401 TM_ERR_SENSOR_TOKEN');
    expect(lines(capture)).toEqual([{ time: NOON, ...page, visitor: 'v', ip: '127.0.0.1', agent: 'Agent/1' }, own]);
    expect(capture.log.join('')).not.toContain(TOKEN);
  });

  test('a dataset without a token has no trusted senders', async () => {
    const capture = await capturing();
    expect(await outcome(capture.post(page, { authorization: 'Bearer undefined' }))).toBe('401 TM_ERR_SENSOR_TOKEN');
  });

  test('addresses are made anonymous before they are written', async () => {
    const settings = { sensor: { anonymiseAddresses: true, trustedProxies: ['127.0.0.1'], ingestToken: TOKEN } };
    const capture = await capturing({ settings });
    for (const from of ['192.0.2.77', '2001:db8:85a3:8d3:1319:8a2e:370:7348'])
      expect(await outcome(capture.post(page, { 'x-forwarded-for': from }))).toBe(204);
    expect(await outcome(capture.post({ ...page, ip: '198.51.100.9' }, BEARER))).toBe(204);
    expect(lines(capture).map((l) => l['ip'])).toEqual(['192.0.2.0', '2001:db8:85a3::', '198.51.100.0']);
  });

  test('what a proxy forwards is believed of proxies that are named, and only where it is an address', async () => {
    const forwarded = { 'x-forwarded-for': '203.0.113.9, 192.0.2.77' };
    const plain = await capturing();
    await plain.post(page, forwarded);
    expect(lines(plain)[0]).toMatchObject({ ip: '127.0.0.1' });
    const behind = await capturing({ settings: { sensor: { trustedProxies: ['127.0.0.0/8'] } } });
    await behind.post(page, forwarded);
    await behind.post(page, { 'x-forwarded-for': '<script>alert(1)</script>' });
    expect(lines(behind).map((l) => l['ip'])).toEqual(['192.0.2.77', undefined]);
  });

  test('the rate of an address is limited, and of nobody on this machine or with the token', async () => {
    let now = NOON;
    const sensor = { rateLimit: { max: 3, window: '10s' }, trustedProxies: ['127.0.0.1'], ingestToken: TOKEN };
    const capture = await capturing({ settings: { sensor }, clock: () => now });
    const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });
    expect(await outcome(capture.post([page, page, page], from('192.0.2.7')))).toBe(204);
    const refused = await capture.post(page, from('192.0.2.7'));
    expect(refused.headers.get('retry-after')).toBe('10');
    expect(await outcome(refused)).toBe('429 TM_ERR_SENSOR_RATE');
    expect(await outcome(capture.post(page, from('192.0.2.8')))).toBe(204);
    for (let i = 0; i < 5; i++) expect(await outcome(capture.post(page))).toBe(204);
    for (let i = 0; i < 5; i++)
      expect(await outcome(capture.post({ ...page, visitor: 'v' }, { ...from('192.0.2.7'), ...BEARER }))).toBe(204);
    now += 10_000;
    expect(await outcome(capture.post(page, from('192.0.2.7')))).toBe(204);
  });

  test('browsers that ask not to be tracked are, unless the dataset says otherwise', async () => {
    const careless = await capturing();
    expect(await outcome(careless.post(page, { dnt: '1' }))).toBe(204);
    const careful = await capturing({ settings: { sensor: { respectDoNotTrack: true } } });
    for (const headers of [{ dnt: '1' }, { 'sec-gpc': '1' }])
      expect(await outcome(careful.post(page, headers))).toBe('403 TM_ERR_SENSOR_PRIVACY');
    expect(await outcome(careful.post(page, { dnt: '0' }))).toBe(204);
    expect(await (await fetch(`${careful.url}/tidemill.js`)).text()).toContain("'true' === 'true'");
  });

  test('pages of other origins', async () => {
    const anybody = await capturing();
    const origin = { origin: 'https://shop.example' };
    expect((await anybody.post(page, origin)).headers.get('access-control-allow-origin')).toBe('*');
    const some = await capturing({ settings: { sensor: { corsOrigins: ['https://shop.example'] } } });
    expect((await some.post(page, origin)).headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect((await some.post(page, { origin: 'https://evil.example' })).headers.get('access-control-allow-origin')).toBeNull();
    const asked = await fetch(`${some.url}/sensor`, {
      method: 'OPTIONS',
      headers: { ...origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
    });
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-methods')).toBe('GET, POST');
  });
});

test('GET /sensor.gif', async () => {
  const capture = await capturing();
  const got = await fetch(
    `${capture.url}/sensor.gif?site=shop&object=%2Fb%C3%BC&segments=a&segments=b&p.colour=red&term=%0d%0a&name=x&name=y`,
  );
  expect(got.headers.get('content-type')).toBe('image/gif');
  expect(got.headers.get('cache-control')).toBe('no-store');
  expect(
    Buffer.from(await got.arrayBuffer())
      .subarray(0, 6)
      .toString(),
  ).toBe('GIF89a');
  expect(lines(capture)).toMatchObject([{ object: '/bü', segments: ['a', 'b'], params: { colour: 'red' }, term: '\r\n', name: 'y' }]);
  expect(await outcome(fetch(`${capture.url}/sensor.gif?site=shop`))).toBe('400 TM_ERR_SENSOR_IMPRESSION');
  expect(await outcome(fetch(`${capture.url}/sensor.gif?site=shop&object=/&p.__proto__=1`))).toBe('400 TM_ERR_SENSOR_IMPRESSION');
  expect(await outcome(fetch(`${capture.url}/sensor.gif?site=shop&object=/&__proto__=1`))).toBe('400 TM_ERR_SENSOR_IMPRESSION');
});

test('GET /tidemill.js is small, cached, and says again only what changed', async () => {
  const { url } = await capturing();
  const tag = await fetch(`${url}/tidemill.js`);
  expect(tag.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect((await tag.text()).length).toBeLessThan(5000);
  const again = await fetch(`${url}/tidemill.js`, { headers: { 'if-none-match': tag.headers.get('etag') ?? '' } });
  expect(again.status).toBe(304);
});

describe('overload', () => {
  test('past the most that may wait it refuses, says so, and is well again when they are through', async () => {
    const sensor = { commitMs: 1000, requestQueue: { warnSize: 2, maxSize: 4 } };
    const capture = await capturing({ settings: { sensor } });
    expect(await outcome(fetch(`${capture.url}/healthz`))).toBe(200);
    const sent = Array.from({ length: 10 }, () => capture.post(page));
    await soon(() => expect(capture.status()).toMatchObject({ state: 'CRITICAL', queue: 4, warnSize: 2, maxSize: 4 }));
    expect(await outcome(fetch(`${capture.url}/healthz`))).toBe(503);
    const responses = await Promise.all(sent);
    const refused = responses.filter((r) => r.status === 503);
    expect(refused).toHaveLength(6);
    expect(refused[0]?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(await outcome(refused[0]!)).toBe('503 TM_ERR_SENSOR_OVERLOAD');
    expect(lines(capture)).toHaveLength(4);
    expect(capture.status()).toMatchObject({ accepted: 4, refused: 6 });
    await soon(() => expect(capture.status().state).toBe('OK'));
    const states = capture.told.filter((m) => m.kind === 'capture').map(({ status }) => status.state);
    expect(states.filter((state, i) => state !== states[i - 1])).toEqual(['WARNING', 'CRITICAL', 'OK']);
    expect(capture.log.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(['warn', 'warn', 'info']);
  });

  test('a disk that fails: 503 and CRITICAL, never a false 2xx', async () => {
    const capture = await capturing();
    const inTheWay = path.join(capture.folder, 'spool/sesrawdata/2026');
    writeFileSync(inTheWay, '');
    expect(await outcome(capture.post(page))).toBe('503 TM_ERR_SPOOL');
    expect(await outcome(capture.post(page))).toBe('503 TM_ERR_SPOOL');
    expect(capture.status()).toMatchObject({ state: 'CRITICAL', accepted: 0, refused: 2, error: { code: 'TM_ERR_SPOOL' } });
    expect(capture.status().error?.message).toContain('spool');
    rmSync(inTheWay);
    await soon(async () => expect(await outcome(capture.post(page))).toBe(204));
    await soon(() => expect(capture.status().state).toBe('OK'));
    expect(capture.status()).not.toHaveProperty('error');
    expect(lines(capture)).toHaveLength(1);
  });
});

test('at its end it answers what waits, closes the packages and ends connections that are kept alive', async () => {
  const capture = await capturing({ settings: { sensor: { commitMs: 1000 } } });
  const idle = connect(capture.port, '127.0.0.1');
  await new Promise((resolve) => idle.once('connect', resolve));
  const sent = Array.from({ length: 5 }, () => capture.post(page));
  await soon(() => expect(capture.status().queue).toBe(5));
  await capture.close();
  idle.destroy();
  expect(await Promise.all(sent.map(outcome))).toEqual([204, 204, 204, 204, 204]);
  expect(dataFiles(capture.folder, 'oirawdata').map(({ file }) => file.slice(-9))).toEqual(['/data.txt']);
  const closed = capture.told.filter((m) => m.kind === 'closed').map((m) => m.package);
  expect(closed.map((at) => readFileSync(path.join(capture.folder, 'spool', at, 'data.txt'), 'utf8').split('\n').length)).toEqual([6, 6]);
});

test('packages end by the clock while nothing is sent', async () => {
  let now = NOON;
  const capture = await capturing({ settings: { sensor: { thresholdTime: '10m' } }, clock: () => now });
  await capture.post(page);
  now += 600_000;
  await soon(() => expect(capture.told.filter((m) => m.kind === 'closed')).toHaveLength(1));
  expect(capture.status().open).toBeNull();
});

test('a sender that says nothing after half a request does not hold others up', async () => {
  const capture = await capturing();
  const half = request(`${capture.url}/sensor`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': '100' },
  });
  half.on('error', () => undefined).write('{"site":');
  expect(await outcome(capture.post(page))).toBe(204);
  half.destroy();
});

test('what comes from the web reaches no log line as it is', async () => {
  const capture = await capturing();
  const hostile = '\u001b[2J\u202e<script>\r\n{"msg":"forged"}';
  await capture.post({ site: hostile, object: hostile });
  await capture.post(hostile);
  await fetch(`${capture.url}/${encodeURIComponent(hostile)}`);
  expect(capture.log).toEqual([]);
});

test('a port that is taken', async () => {
  const { port } = await capturing();
  const { startCapture } = await import('#server/capture/capture.js');
  const { readSettings } = await import('#server/settings.js');
  const { createLog } = await import('#server/log.js');
  const { temporaryFolder } = await import('../../support/temporary-folder.js');
  const folder = temporaryFolder();
  const log = createLog('capture', () => undefined);
  await expect(startCapture({ folder, settings: readSettings(folder, {}), host: '127.0.0.1', port, log })).rejects.toMatchObject({
    code: 'TM_ERR_LISTEN',
  });
});
