/* The API of a service that works: what it says agrees with the store while everything changes, and what it is asked is done. */
import { expect, test } from 'vitest';
import { prepareDataset, NOW, trafficBytes, linesOf } from '../../support/dataset.js';
import { ManualClock, serving, spooled } from '../../support/service.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { allPages, clientOf, REJECTED } from './api.js';
import { startApi } from '#server/api/start.js';
import { createLog } from '#server/log.js';

const DAY = '2016-02-28';

test('from the spool to the injections, steered over HTTP', async () => {
  const data = temporaryFolder();
  prepareDataset(data);
  await serving(data, new ManualClock(NOW), async ({ service, settled }) => {
    const { store } = service.dataset;
    const api = await startApi(service, { host: '127.0.0.1', port: 0, log: createLog('test', () => undefined) });
    try {
      const ask = await clientOf(`http://127.0.0.1:${api.port}`);
      const get = (at: string) => ask('GET', `/api/v1${at}`);
      const post = (at: string, body?: object) =>
        ask(
          'POST',
          `/api/v1${at}`,
          body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
        );
      /** What the API keeps up by events is what the store has. */
      const agrees = async (): Promise<void> => {
        const { body } = await get('/status');
        for (const l of body.locations) expect([l.name, l.packages]).toEqual([l.name, store.packages(l.name).length]);
        const jobs = store.jobs();
        for (const p of body.processors)
          expect([p.name, p.succeeded, p.running, p.waiting]).toEqual([
            p.name,
            jobs.filter((j) => j.processor === p.name && j.state === 'succeeded').length,
            0,
            0,
          ]);
        expect((await allPages(get, '/jobs?limit=5')).map((j: { id: string }) => j.id)).toEqual(jobs.map((j) => j.id).reverse());
      };

      expect((await post('/scheduler/pause')).body.state).toBe('paused');
      const lines = Buffer.concat([...linesOf(trafficBytes({ impressions: 300, days: 1, start: DAY, seed: 3 })), ...REJECTED]);
      for (const location of ['oirawdata', 'sesrawdata']) spooled(data, location, DAY, 1, lines);
      await settled();
      await agrees();
      expect((await get('/status')).body).toMatchObject({ agent: { state: 'idle', packagesMoved: 2 }, scheduler: { state: 'paused' } });
      expect((await allPages(get, '/rejects?limit=1')).filter((l: { package: string }) => l.package.includes('/oirawdata/'))).toHaveLength(
        REJECTED.length,
      );

      expect((await post('/scheduler/resume')).body.state).toBe('running');
      await settled();
      await agrees();
      const injections = await allPages(get, '/injections');
      expect(injections.length).toBe(5);
      for (const { path } of injections) expect((await get(`/injections${path}`)).status).toBe(200);
      const [merged] = (await get('/jobs?processor=SessionMerger')).body.items;
      const detail = (await get(`/jobs/${merged.id}`)).body;
      expect(detail.tasks.length).toBeGreaterThan(0);
      expect((await get(`/packages${detail.output}/beans`)).body.items.length).toBeGreaterThan(0);

      expect(await post(`/jobs/${merged.id}/cancel`)).toMatchObject({ status: 409, body: { code: 'TM_ERR_JOB_NOT_RUNNING' } });
      expect(await post('/jobs', { processor: 'SessionMerger', period: 'tomorrow' })).toMatchObject({
        status: 400,
        body: { code: 'TM_ERR_PERIOD' },
      });
      expect(await post('/jobs', { processor: 'SessionMerger', period: '2001-01-01' })).toMatchObject({
        status: 409,
        body: { code: 'TM_ERR_NOTHING_TO_RERUN' },
      });
      expect(await post('/jobs', { processor: 'SessionMerger', package: 'analytics/sesdata/x' })).toMatchObject({
        status: 404,
        body: { code: 'TM_ERR_PACKAGE_UNKNOWN' },
      });
      const again = await post('/jobs', { processor: 'SessionMerger', period: DAY });
      expect(again).toMatchObject({ status: 202, body: { items: [{ processor: 'SessionMerger', period: { label: DAY } }] } });
      await settled();
      await agrees();
      expect((await get(`/jobs/${again.body.items[0].id}`)).body.state).toBe('succeeded');
    } finally {
      await api.close();
    }
  });
});
