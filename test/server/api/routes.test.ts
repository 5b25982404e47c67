/* Every route of the API: what it answers, and how it refuses; each answer is held against the OpenAPI document. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allPages, clientOf, processedData, REJECTED, startOn, type Answer, type Running } from './api.js';
import { jobOf } from '../../support/resting-service.js';

let api: Running;
let ask: (method: string, at: string, init?: RequestInit) => Promise<Answer>;
const get = (at: string): Promise<Answer> => ask('GET', at);
const post = (at: string, body?: unknown): Promise<Answer> =>
  ask('POST', at, body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

beforeAll(async () => {
  api = await startOn(await processedData());
  ask = await clientOf(api.url);
});
afterAll(() => api.end());

const store = () => api.service.dataset.store;

describe('status', () => {
  test('every location and processor, with what the store has', async () => {
    const { status, body } = await get('/api/v1/status');
    expect(status).toBe(200);
    expect(body).toMatchObject({ dataset: 'analytics', timeZone: 'UTC', workers: 2, capture: null, scheduler: { state: 'running' } });
    expect(body.locations).toHaveLength(15);
    expect(body.processors).toHaveLength(13);
    for (const l of body.locations) {
      const packages = store().packages(l.name);
      expect([l.name, l.packages, l.records, l.bytes]).toEqual([
        l.name,
        packages.length,
        packages.flatMap((p) => Object.values(p.beans)).reduce((a, b) => a + b, 0),
        packages.flatMap((p) => p.parts).reduce((n, p) => n + p.bytes, 0),
      ]);
      expect(l.custom).toBe(false);
      if (packages.length > 0) expect(packages.map((p) => p.path)).toContain(l.lastPackage.path);
    }
    for (const p of body.processors) {
      const jobs = store()
        .jobs()
        .filter((j) => j.processor === p.name);
      expect([p.name, p.succeeded, p.failed, p.state]).toEqual([p.name, jobs.length, 0, 'idle']);
      expect(p.lastJob).toMatchObject({ processor: p.name, state: 'succeeded' });
    }
  });

  test('follows jobs and packages as they change', async () => {
    const { service } = api;
    const n = await store().next('job');
    const job = jobOf(store(), n, { processor: 'OIProcessor', state: 'running', startedAt: Date.now() });
    const processor = async () => (await get('/api/v1/processors/OIProcessor')).body;
    const before = await processor();
    await service.put([job]);
    expect(await processor()).toMatchObject({ state: 'running', running: before.running + 1, lastJob: { id: job.id } });
    await service.put([{ ...job, state: 'failed', finishedAt: Date.now(), error: { code: 'TM_ERR_TASK_FAILED', message: '<b>' } }]);
    expect(await processor()).toMatchObject({ state: 'failed', running: before.running, failed: before.failed + 1 });
    await service.put([{ ...job, state: 'succeeded', attempt: 2, finishedAt: Date.now() }]);
    expect(await processor()).toMatchObject({ state: 'idle', failed: before.failed, succeeded: before.succeeded + 1 });

    const location = async () => (await get('/api/v1/locations/oirawdata')).body;
    const was = await location();
    const at = '/analytics/oirawdata/2016/03/05/sensor-000001-1';
    const { TransferObject } = await import('#processors/index.js');
    const bean = Object.fromEntries(
      Object.entries(TransferObject.fields).map(([f, t]) => [f, t === 'integer' ? 1 : t === 'strings' ? [] : t === 'json' ? null : '']),
    );
    await service.capture(at, '2016-03-05', TransferObject, [bean]);
    expect(await location()).toMatchObject({ packages: was.packages + 1, records: was.records + 1 });
    expect((await location()).days.at(-1)).toEqual({ day: '2016-03-05', packages: 1, records: 1, state: 'complete' });
    await service.remove(at);
    expect(await location()).toEqual(was);
  });
});

describe('locations and packages', () => {
  test('all locations', async () => {
    const { body } = await get('/api/v1/locations');
    expect(body).toEqual({ items: (await get('/api/v1/status')).body.locations });
  });

  test('a location by days, its packages from the latest on', async () => {
    const { body } = await get('/api/v1/locations/sesdata?from=2016-02-29&to=2016-03-01');
    expect(body.days.map((d: { day: string }) => d.day)).toEqual(['2016-02-29', '2016-03-01']);
    expect(body.items.map((p: { period: { label: string } }) => p.period.label)).toEqual(['2016-03-01', '2016-02-29']);
    const week = (await get('/api/v1/locations/visweekprocessed?from=2016-03-02&to=2016-03-02')).body;
    expect(week.items.map((p: { period: object }) => p.period)).toEqual([{ granularity: 'week', label: '2016-W09', first: '2016-02-29' }]);
  });

  test('days with a job that failed or runs', async () => {
    const failed = jobOf(store(), await store().next('job'), {
      processor: 'SessionMerger',
      state: 'failed',
      period: { granularity: 'day', first: 16859 },
    });
    const runs = jobOf(store(), await store().next('job'), {
      processor: 'SessionMerger',
      state: 'running',
      period: { granularity: 'day', first: 16_900 },
    });
    await api.service.put([failed, runs]);
    const { days } = (await get('/api/v1/locations/sesdata')).body;
    expect(days.find((d: { day: string }) => d.day === '2016-02-28')).toMatchObject({ packages: 1, state: 'failed' });
    expect(days.find((d: { day: string }) => d.day === '2016-04-09')).toEqual({
      day: '2016-04-09',
      packages: 0,
      records: 0,
      state: 'processing',
    });
    await api.service.put([failed, runs].map((job) => ({ ...job, state: 'cancelled' as const })));
  });

  test('the metadata of a package, by its path with and without escaped slashes', async () => {
    const p = store().packages('sesdata')[0]!;
    const { body } = await get(`/api/v1/packages${p.path}`);
    expect(body).toMatchObject({ path: p.path, location: 'sesdata', inputs: p.inputs, beans: p.beans, job: p.job, state: 'complete' });
    expect(body.parts.map((part: { checksum: string }) => Number.parseInt(part.checksum, 16))).toEqual(
      p.parts.map((part) => part.checksum),
    );
    const users = ['sesprocessed', 'visdata'].flatMap((l) => store().packages(l)).filter((q) => q.inputs.includes(p.path));
    expect(body.usedBy).toEqual(users.map((q) => q.path).sort());
    expect((await get(`/api/v1/packages/${encodeURIComponent(p.path.slice(1))}`)).body).toEqual(body);
    expect((await get(`/api/v1/packages${p.path}/`)).body).toEqual(body);
  });

  test('beans, page by page, each type and over the borders of blocks', async () => {
    for (const location of ['oirawdata', 'oiprocessed', 'sesdata', 'visdata']) {
      const p = store().packages(location)[0]!;
      for (const [type, n] of Object.entries(p.beans)) {
        const whole = (await get(`/api/v1/packages${p.path}/beans?type=${type}&limit=500`)).body;
        expect(whole.type).toBe(type);
        expect(Object.keys(whole.items[0])).toEqual(whole.fields.map((f: { name: string }) => f.name));
        const items = await allPages(get, `/api/v1/packages${p.path}/beans?type=${type}&limit=97`);
        expect(items).toHaveLength(n);
        expect(items.slice(0, 500)).toEqual(whole.items);
      }
    }
    const { TransferObject } = await import('#processors/index.js');
    const bean = Object.fromEntries(
      Object.entries(TransferObject.fields).map(([f, t]) => [
        f,
        t === 'integer' ? 1 : t === 'strings' ? ['a', 'ä'] : t === 'json' ? { a: 1 } : 'ü',
      ]),
    );
    const beans = Array.from({ length: 350 }, (_, time) => ({ ...bean, time }));
    const made = await api.service.capture('/analytics/oirawdata/2016/04/01/sensor-000002-2', '2016-04-01', TransferObject, beans);
    expect(made.parts[0]?.blocks).toHaveLength(4);
    expect(await allPages(get, `/api/v1/packages${made.path}/beans?limit=60`)).toEqual(beans);
    await api.service.remove(made.path);
  });

  test('a package without beans', async () => {
    const p = store().packages('oiinjected')[0]!;
    expect((await get(`/api/v1/packages${p.path}/beans`)).body).toEqual({ type: '', fields: [], items: [] });
    expect((await get(`/api/v1/packages${p.path}/rejects`)).body).toEqual({ items: [] });
  });

  test('rejected lines as they were, and never as a page', async () => {
    const p = store()
      .packages('oirawdata')
      .find((q) => q.rejects !== undefined)!;
    const { body, headers } = await get(`/api/v1/packages${p.path}/rejects`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(body.items.map((l: { raw: string }) => l.raw)).toEqual(
      REJECTED.map((line) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(line.subarray(0, -1))),
    );
    expect(Buffer.from(body.items[2].base64, 'base64')).toEqual(REJECTED[2]?.subarray(0, -1));
    expect(await allPages(get, `/api/v1/packages${p.path}/rejects?limit=1`)).toEqual(body.items);

    const all = (await get('/api/v1/rejects')).body;
    expect(all.items).toEqual(body.items.map((l: object) => ({ package: p.path, ...l })));
    expect(Object.values(all.byReason as Record<string, number>).reduce((a, b) => a + b, 0)).toBe(REJECTED.length);
    expect(await allPages(get, '/api/v1/rejects?limit=1')).toEqual(all.items);
    expect(await allPages(get, '/api/v1/rejects?limit=2')).toEqual(all.items);
  });
});

describe('jobs', () => {
  test('newest first, and by everything that they are looked for by', async () => {
    const ids = store()
      .jobs()
      .map((j) => j.id)
      .reverse();
    const all = await allPages(get, '/api/v1/jobs?limit=7');
    expect(all.map((j: { id: string }) => j.id)).toEqual(ids);
    const of = async (query: string) => (await allPages(get, `/api/v1/jobs?${query}&limit=500`)) as { processor: string; state: string }[];
    expect((await of('processor=SessionMerger&state=succeeded')).map((j) => j.processor)).toEqual([
      'SessionMerger',
      'SessionMerger',
      'SessionMerger',
    ]);
    expect(new Set((await of('location=sesdata')).map((j) => j.processor))).toEqual(
      new Set(['SessionMerger', 'SessionProcessor', 'VisitorMerger']),
    );
    expect(await of('location=sesdata&processor=OIProcessor')).toEqual([]);
    expect(await of('location=nowhere')).toEqual([]);
    expect(
      new Set(
        (await of('from=2016-02-29&to=2016-02-29&state=succeeded')).map((j) =>
          JSON.stringify((j as unknown as { period: { label: string } }).period.label),
        ),
      ),
    ).toEqual(new Set(['"2016-02-29"', '"2016-W09"', '"2016-02"']));
  });

  test('one job', async () => {
    const job = store().jobs()[0]!;
    const { body } = await get(`/api/v1/jobs/${job.id}`);
    expect(body).toMatchObject({
      id: job.id,
      inputs: job.inputs,
      output: job.output,
      counters: job.counters,
      recordsIn: job.counters['records_in'],
      durationMs: job.finishedAt! - job.startedAt!,
    });
  });

  test('run again, cancel, retry', async () => {
    const made = await post('/api/v1/jobs', { processor: 'SessionMerger', package: 'analytics/sesrawdata/2016' });
    expect(made.status).toBe(202);
    expect(api.service.asked.at(-1)).toEqual({ processor: 'SessionMerger', package: '/analytics/sesrawdata/2016' });
    const { id } = made.body.items[0];
    expect(await post(`/api/v1/jobs/${id}/cancel`)).toMatchObject({ status: 202, body: { id, state: 'cancelled' } });
    expect(await post(`/api/v1/jobs/${id}/cancel`)).toMatchObject({ status: 409, body: { code: 'TM_ERR_JOB_NOT_RUNNING' } });
    expect(await post(`/api/v1/jobs/${id}/retry`)).toMatchObject({ status: 202, body: { id, state: 'scheduled', attempt: 2 } });
    expect(await post(`/api/v1/jobs/${id}/retry`)).toMatchObject({ status: 409, body: { code: 'TM_ERR_JOB_NOT_ENDED' } });
    expect(await post(`/api/v1/jobs/${id}/cancel`)).toMatchObject({ status: 202 });
    expect(api.lines.filter((line) => line.includes('by request')).length).toBeGreaterThanOrEqual(4);
  });

  test('pause and resume', async () => {
    expect(await post('/api/v1/scheduler/pause')).toMatchObject({ status: 200, body: { state: 'paused' } });
    expect((await get('/api/v1/status')).body.scheduler.state).toBe('paused');
    expect(await post('/api/v1/scheduler/resume')).toMatchObject({ status: 200, body: { state: 'running' } });
  });
});

test('injections and their reports', async () => {
  const all = await allPages(get, '/api/v1/injections?limit=4');
  const injected = [...api.service.dataset.topology.processors.values()]
    .filter((p) => p.kind === 'inject')
    .flatMap((p) => store().packages(p.output));
  expect(all.map((i: { path: string }) => i.path).sort()).toEqual(injected.map((p) => p.path).sort());
  expect(all.map((i: { injectedAt: number }) => i.injectedAt)).toEqual(
    all.map((i: { injectedAt: number }) => i.injectedAt).sort((a: number, b: number) => b - a),
  );
  for (const { path, rows, tables } of all.slice(0, 5)) {
    const { body } = await get(`/api/v1/injections${path}`);
    expect(body).toMatchObject({ path, rows });
    expect(body.tables).toHaveLength(tables);
    expect(body.tables.reduce((n: number, t: { beans: number }) => n + t.beans, 0)).toBe(rows);
  }
  expect(await get(`/api/v1/injections${store().packages('sesdata')[0]!.path}`)).toMatchObject({
    status: 404,
    body: { code: 'TM_ERR_PACKAGE_UNKNOWN' },
  });
});

describe('refusals', () => {
  test.each([
    ['/api/v1/locations/nowhere', 404, 'TM_ERR_LOCATION_UNKNOWN'],
    ['/api/v1/processors/__proto__', 404, 'TM_ERR_PROCESSOR_UNKNOWN'],
    ['/api/v1/jobs/job_1_000001', 404, 'TM_ERR_JOB_UNKNOWN'],
    ['/api/v1/jobs/%00', 404, 'TM_ERR_JOB_UNKNOWN'],
    [`/api/v1/jobs/${'9'.repeat(3000)}_1`, 404, 'TM_ERR_JOB_UNKNOWN'],
    ['/api/v1/packages/analytics/sesdata/2016/02/28/nothing', 404, 'TM_ERR_PACKAGE_UNKNOWN'],
    ['/api/v1/packages/analytics/../../etc/passwd', 404, 'TM_ERR_API_UNKNOWN'],
    ['/api/v1/packages/analytics%2F..%2F..%2Fetc%2Fpasswd', 404, 'TM_ERR_PACKAGE_UNKNOWN'],
    [`/api/v1/packages/${'x/'.repeat(1900)}`, 404, 'TM_ERR_PACKAGE_UNKNOWN'],
    ['/api/v1/injections/analytics/%F0%9F%98%80', 404, 'TM_ERR_PACKAGE_UNKNOWN'],
    ['/api/v1/jobs?limit=0', 400, 'TM_ERR_API_REQUEST'],
    ['/api/v1/jobs?limit=x', 400, 'TM_ERR_API_REQUEST'],
    ['/api/v1/jobs?limit=501', 400, 'TM_ERR_API_REQUEST'],
    ['/api/v1/jobs?state=sleeping', 400, 'TM_ERR_API_REQUEST'],
    ['/api/v1/jobs?colour=red', 400, 'TM_ERR_API_REQUEST'],
    ['/api/v1/jobs?state=failed&state=running', 400, 'TM_ERR_API_REQUEST'],
    ['/api/v1/jobs?from=2016-02-30', 400, 'TM_ERR_API_REQUEST'],
    ['/api/v1/jobs?cursor=nonsense', 400, 'TM_ERR_API_CURSOR'],
    [`/api/v1/jobs?cursor=${Buffer.from('["injections","x"]').toString('base64url')}`, 400, 'TM_ERR_API_CURSOR'],
    ['/api/v1/nothing', 404, 'TM_ERR_API_UNKNOWN'],
    ['/api/nothing', 404, 'TM_ERR_API_UNKNOWN'],
    ['/api/v1/jobs/job_1_000001/cancel', 405, 'TM_ERR_API_METHOD'],
    ['/api/v1/packages/%ff', 400, 'TM_ERR_API_REQUEST'],
  ])('%.60s', async (at, status, code) => {
    const answer = await ask('GET', at);
    expect([answer.status, answer.body.code, answer.headers.get('content-type')]).toEqual([
      status,
      code,
      'application/problem+json; charset=utf-8',
    ]);
    expect(answer.body).toMatchObject({ status, type: `urn:tidemill:error:${code}` });
  });

  test.each([
    ['DELETE', '/api/v1/jobs', 'GET, HEAD, POST'],
    ['PUT', '/api/v1/jobs/job_1_000001', 'GET, HEAD'],
    ['POST', '/api/v1/status', 'GET, HEAD'],
    ['HEAD', '/api/v1/events', 'GET'],
    ['PATCH', '/api/v1/scheduler/pause', 'POST'],
  ])('%s %s: 405, and what is allowed', async (method, at, allow) => {
    const { status, headers } = await fetch(api.url + at, { method });
    expect([status, headers.get('allow')]).toEqual([405, allow]);
  });

  test('an address that cannot be decoded is answered with the headers of all answers', async () => {
    const { headers } = await fetch(`${api.url}/%ff`);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  });

  test('a type of beans that the location does not hold, and a cursor of another type', async () => {
    const at = `/api/v1/packages${store().packages('oiprocessed')[0]!.path}/beans`;
    expect(await get(`${at}?type=SessionBean`)).toMatchObject({ status: 400, body: { code: 'TM_ERR_API_REQUEST' } });
    const { next } = (await get(`${at}?type=L2Object&limit=1`)).body;
    expect(await get(`${at}?type=L3Object&cursor=${next}`)).toMatchObject({ status: 400, body: { code: 'TM_ERR_API_CURSOR' } });
  });

  test.each([
    ['no body', undefined, undefined, 400],
    ['no JSON', '{', 'application/json', 400],
    ['another type', 'processor=OIProcessor', 'application/x-www-form-urlencoded', 415],
    ['text', '{"processor":"OIProcessor"}', 'text/plain', 415],
    ['an unknown key', '{"processor":"OIProcessor","x":1}', 'application/json', 400],
    ['__proto__', '{"processor":"OIProcessor","__proto__":{"x":1}}', 'application/json', 400],
    ['too much', JSON.stringify({ processor: 'x'.repeat(70_000) }), 'application/json', 413],
  ])('POST /jobs with %s', async (_, body, type, status) => {
    const response = await fetch(`${api.url}/api/v1/jobs`, {
      method: 'POST',
      ...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
    });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, 'TM_ERR_API_REQUEST']);
  });

  test('POST /jobs for a processor that is not there', async () => {
    expect(await post('/api/v1/jobs', { processor: 'Nobody' })).toMatchObject({ status: 404, body: { code: 'TM_ERR_PROCESSOR_UNKNOWN' } });
  });
});
