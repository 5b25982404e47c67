/* Who gets in: hosts, origins, tokens, addresses; and what browsers are told to do with what they get. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { clientOf, processedData, startOn, type Running } from './api.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { tidemill } from '../../support/tidemill.js';
import { Access, checkBinding, isLoopback } from '#server/api/http/access.js';
import { checkHost, hostNames } from '#server/api/http/hosts.js';

const ADMIN = 'admin-token-0123456789';
const READ = 'read-token-0123456789';
const TOKENS = { TIDEMILL_API_ADMIN_TOKEN: ADMIN, TIDEMILL_API_READ_TOKEN: READ };

let data: string;
beforeAll(async () => {
  data = await processedData(150);
});

async function running<T>(
  use: (api: Running) => Promise<T>,
  ...args: Parameters<typeof startOn> extends [unknown, ...infer R] ? R : never
): Promise<T> {
  const api = await startOn(data, ...args);
  try {
    return await use(api);
  } finally {
    await api.end();
  }
}

/** A request with any headers, also those that fetch keeps to itself. */
function raw(
  port: number,
  at: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path: at, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }),
      );
    });
    request.on('error', reject).end();
  });
}

/** What comes back for some bytes. */
function bytes(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(text));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

describe('hosts', () => {
  test('only those that the server goes by, on every path', async () => {
    const file = path.join(data, 'analytics/dataset.json');
    const settings = readFileSync(file, 'utf8');
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(settings) as object), api: { hosts: ['tidemill.example'] } }));
    await running(async ({ port }) => {
      for (const host of [
        'localhost',
        `localhost:${port}`,
        '127.0.0.1:1',
        'LOCALHOST.',
        '[::1]',
        `Tidemill.example:${port}`,
        'tidemill.example.',
      ])
        expect([host, (await raw(port, '/healthz', { host })).status]).toEqual([host, 200]);
      const hostile = [
        'evil.example',
        `evil.example:${port}`,
        'localhost.evil.example',
        '127.0.0.1.nip.io',
        'localhost@evil.example',
        '10.0.0.1',
        '0',
        '[::2]',
        'a b',
      ];
      for (const host of [...hostile, 'localhost:80:80', 'localhost/', '127.0.0.1#'])
        for (const at of ['/api/v1/status', '/healthz', '/', '/metrics', '/api/docs', '/nothing']) {
          const { status, body } = await raw(port, at, { host });
          expect([host, at, status, JSON.parse(body)]).toEqual([host, at, 421, expect.objectContaining({ code: 'TM_ERR_API_HOST' })]);
        }
    });
  });

  test('a page whose name was pointed at this address (DNS rebinding) can neither read nor change anything', async () => {
    await running(async ({ port, service }) => {
      const headers = { host: `rebound.example:${port}`, origin: `http://rebound.example:${port}`, 'sec-fetch-site': 'same-origin' };
      expect((await raw(port, '/api/v1/status', headers)).status).toBe(421);
      expect((await raw(port, '/api/v1/scheduler/pause', headers, 'POST')).status).toBe(421);
      expect(service.status().scheduler.state).toBe('running');
    });
  });

  test('requests that mean two hosts', async () => {
    await running(async ({ port }) => {
      expect(await bytes(port, 'GET /api/v1/status HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
      expect(
        await bytes(port, 'GET /api/v1/status HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
      ).toMatch(/^HTTP\/1.1 4(00|21) /);
      expect(await bytes(port, 'GET /api/v1/status HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1.1 421 /);
      expect(await bytes(port, 'GET /api/v1/status HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 421 /);
      expect(
        await bytes(port, `GET http://evil.example/api/v1/status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`),
      ).toMatch(/^HTTP\/1.1 421 /);
    });
  });

  test('the address that was dialled is a name of its own, others are not', () => {
    const names = hostNames('0.0.0.0', ['Panel.Example']);
    checkHost('10.1.2.3:7400', names, '10.1.2.3');
    checkHost('10.1.2.3:7400', names, '::ffff:10.1.2.3');
    checkHost('panel.example', names, '10.1.2.3');
    expect(() => checkHost('10.1.2.4', names, '10.1.2.3')).toThrow(expect.objectContaining({ code: 'TM_ERR_API_HOST' }));
    expect(() => checkHost(undefined, names, '10.1.2.3')).toThrow();
  });
});

test('pages of other sites change nothing, though the browser can reach the port', async () => {
  await running(async ({ port, url, service }) => {
    const host = `127.0.0.1:${port}`;
    const foreign = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `http://127.0.0.1:${port + 1}` },
      { origin: 'http://localhost' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of foreign) {
      const { status, body } = await raw(port, '/api/v1/scheduler/pause', { host, ...headers }, 'POST');
      expect([headers, status, (JSON.parse(body) as { code: string }).code]).toEqual([headers, 403, 'TM_ERR_API_ORIGIN']);
    }
    expect(service.status().scheduler.state).toBe('running');
    const { status, headers } = await raw(port, '/api/v1/status', { host, origin: 'https://evil.example' });
    expect([status, headers['access-control-allow-origin']]).toEqual([403, undefined]);
    expect((await raw(port, '/api/v1/status', { host }, 'OPTIONS')).status).toBe(404);
    for (const own of [{ origin: url, 'sec-fetch-site': 'same-origin' }, {}]) {
      expect((await raw(port, '/api/v1/scheduler/pause', { host, ...own }, 'POST')).status).toBe(200);
    }
  });
});

describe('tokens', () => {
  test('read and admin, and none', async () => {
    await running(async ({ url, lines }) => {
      const ask = await clientOf(url);
      const as = (token: string | undefined, method: string, at: string) =>
        ask(method, at, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
      for (const token of [undefined, 'wrong', `${ADMIN}x`, ADMIN.slice(0, -1), '']) {
        for (const at of ['/api/v1/status', '/api/v1/jobs', '/api/v1/rejects', '/api/v1/packages/analytics/x', '/api/v1/injections']) {
          const { status, body, headers } = await as(token, 'GET', at);
          expect([at, status, body.code, headers.get('www-authenticate')]).toEqual([
            at,
            401,
            'TM_ERR_API_TOKEN',
            'Bearer realm="tidemill"',
          ]);
        }
        expect((await as(token, 'POST', '/api/v1/scheduler/pause')).status).toBe(401);
        expect((await as(token, 'GET', '/metrics')).status).toBe(401);
        expect((await as(token, 'HEAD', '/api/v1/status')).status).toBe(401);
      }
      expect((await fetch(`${url}/api/v1/events`)).status).toBe(401);
      expect((await as(READ, 'GET', '/api/v1/status')).status).toBe(200);
      expect(await as(READ, 'POST', '/api/v1/scheduler/pause')).toMatchObject({ status: 403, body: { code: 'TM_ERR_API_ROLE' } });
      expect(await as(READ, 'POST', '/api/v1/jobs')).toMatchObject({ status: 403, body: { code: 'TM_ERR_API_ROLE' } });
      expect((await as(ADMIN, 'POST', '/api/v1/scheduler/pause')).status).toBe(200);
      expect((await as(ADMIN, 'GET', '/api/v1/status')).status).toBe(200);
      for (const open of ['/healthz', '/readyz', '/', '/api/openapi.json', '/api/docs'])
        expect([open, (await fetch(url + open)).status]).toEqual([open, 200]);
      expect((await fetch(`${url}/metrics`, { headers: { authorization: `bearer ${READ}` } })).status).toBe(200);
      expect(lines.join('')).not.toContain(ADMIN);
    }, TOKENS);
  });

  test('a token that may read only where there is no other', () => {
    const access = new Access({ readToken: READ });
    access.check(`Bearer ${READ}`, 'read');
    expect(() => access.check(`Bearer ${READ}`, 'admin')).toThrow(expect.objectContaining({ code: 'TM_ERR_API_ROLE' }));
    expect(() => access.check(`Basic ${READ}`, 'read')).toThrow(expect.objectContaining({ code: 'TM_ERR_API_TOKEN' }));
  });

  test('an address that others can reach needs an admin token', async () => {
    for (const host of ['127.0.0.1', '127.8.9.1', 'localhost', '::1', '[::1]']) expect(isLoopback(host), host).toBe(true);
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.com', '127.0.0.1.nip.io', '']) {
      expect(isLoopback(host), host).toBe(false);
      expect(() => checkBinding(host, { adminToken: undefined })).toThrow(
        expect.objectContaining({ code: 'TM_ERR_API_BIND', exitCode: 2 }),
      );
      checkBinding(host, { adminToken: ADMIN });
    }
    await expect(startOn(data, {}, { host: '0.0.0.0' })).rejects.toMatchObject({ code: 'TM_ERR_API_BIND' });
    await running(async ({ url }) => expect((await fetch(`${url}/healthz`)).status).toBe(200), TOKENS, { host: '0.0.0.0' });
  });
});

test('the service says so before it starts anything', async () => {
  const { code, stderr } = await tidemill(['serve', '--data', temporaryFolder(), '--api-host', '0.0.0.0']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/0\.0\.0\.0.*api\.adminToken \(TM_ERR_API_BIND\)/);
});

test('a port that is taken', async () => {
  await running(async ({ port }) => {
    const other = await processedData(50);
    await expect(startOn(other, {}, { port })).rejects.toMatchObject({
      code: 'TM_ERR_LISTEN',
      message: expect.stringContaining(String(port)) as string,
    });
  });
});

describe('pages', () => {
  const folder = temporaryFolder();
  beforeAll(() => {
    mkdirSync(path.join(folder, 'assets'));
    writeFileSync(path.join(folder, 'index.html'), '<!doctype html><title>Panel</title>');
    writeFileSync(path.join(folder, 'assets/index-B1gF9xQz.js'), `console.log(${'1+'.repeat(2000)}1)`);
    writeFileSync(path.join(folder, 'secret.txt'), 'x');
  });

  test('the panel: its page is looked at again each time, its assets never change', async () => {
    await running(
      async ({ url }) => {
        for (const at of ['/', '/index.html', '/?x=1']) {
          const page = await fetch(url + at);
          expect([at, page.status, await page.text()]).toEqual([at, 200, '<!doctype html><title>Panel</title>']);
          expect(page.headers.get('cache-control')).toBe('no-cache');
          const policy = page.headers.get('content-security-policy') ?? '';
          expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
          expect(policy).not.toContain('unsafe');
          expect(policy).toContain("frame-ancestors 'none'");
          const again = await fetch(url + at, { headers: { 'if-none-match': page.headers.get('etag') ?? '' } });
          expect([again.status, await again.text()]).toEqual([304, '']);
        }
        const asset = await fetch(`${url}/assets/index-B1gF9xQz.js`);
        expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
        expect(asset.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
        expect(asset.headers.get('content-encoding')).toBe('gzip');
        expect(await asset.text()).toHaveLength(4014);
        for (const at of [
          '/assets/gone-12345678.js',
          '/secret.txt',
          '/assets/..%2f..%2fpackage.json',
          '/%2e%2e/package.json',
          '/api',
          '/api/x',
        ])
          expect([at, (await fetch(url + at)).status]).toEqual([at, 404]);
      },
      {},
      { panel: folder },
    );
  });

  test('a panel that was not built', async () => {
    await running(
      async ({ url }) => expect(await (await fetch(url)).text()).toContain('was not built'),
      {},
      { panel: path.join(folder, 'gone') },
    );
  });
});

test('pollers get 304 until something changes, and time alone is no change', async () => {
  await running(async ({ url, service }) => {
    const ask = await clientOf(url);
    for (const at of [
      '/api/v1/status',
      '/api/v1/jobs',
      '/api/v1/locations',
      '/api/v1/locations/sesdata',
      '/api/v1/processors',
      '/api/v1/rejects',
      '/api/v1/injections',
    ]) {
      const first = await ask('GET', at);
      const etag = first.headers.get('etag') ?? '';
      expect(etag).toMatch(/^W\/"[\w-]+"$/);
      expect(first.headers.get('cache-control')).toBe('private, no-cache');
      for (const header of [etag, etag.slice(2), `"other", ${etag}`, '*']) {
        const again = await ask('GET', at, { headers: { 'if-none-match': header } });
        expect([at, header, again.status, again.body]).toEqual([at, header, 304, undefined]);
        expect(again.headers.get('etag')).toBe(etag);
      }
      expect((await ask('GET', at, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
      const head = await fetch(url + at, { method: 'HEAD' });
      expect([head.status, head.headers.get('etag'), await head.text()]).toEqual([200, etag, '']);
    }
    const etag = (await ask('GET', '/api/v1/status')).headers.get('etag') ?? '';
    service.pause();
    expect((await ask('GET', '/api/v1/status', { headers: { 'if-none-match': etag } })).status).toBe(200);
  });
});

test('health, readiness and metrics', async () => {
  await running(async ({ url, service }) => {
    const ask = await clientOf(url);
    expect((await ask('GET', '/readyz')).body).toEqual({ status: 'ok', reasons: [] });
    service.told = { database: { kind: 'duckdb', state: 'failed', error: { code: 'TM_ERR_DATABASE_FAILED', message: 'x' } } };
    expect(await ask('GET', '/readyz')).toMatchObject({ status: 503, body: { status: 'failed', reasons: ['database'] } });
    expect((await ask('GET', '/healthz')).body).toEqual({ status: 'ok', reasons: [] });
    await fetch(`${url}/api/v1/jobs/${'x'.repeat(50)}`);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('tidemill_up{component="database"} 0');
    expect(metrics).toMatch(/^tidemill_packages\{location="sesdata"\} 3$/m);
    expect(metrics).toMatch(/^tidemill_jobs\{processor="SessionMerger",state="succeeded"\} 3$/m);
    expect(metrics).toMatch(/^tidemill_http_request_seconds_count\{method="GET",route="\/api\/v1\/jobs\/:id",status="404"\} 1$/m);
    expect(metrics).toMatch(/^tidemill_rejected_lines\{reason="\w+"\} \d$/m);
    expect(metrics).not.toContain('xxxxx');
  });
});
