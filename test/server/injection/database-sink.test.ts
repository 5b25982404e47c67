import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Delivery } from '#engine/index.js';
import { openDatabase } from '#server/database/open-database.js';
import { DatabaseSink } from '#server/injection/database-sink.js';
import { databaseOf, importing, prepareDataset, processing, trafficBytes, working } from '../../support/dataset.js';
import { codeOf } from '../database/harness.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const top = { table: 'l3_object', by: 'views', n: 3, filter: { granularity: 'day' } } as const;

test('the database of a workshop stays open from one processing to the next, and answers', async () => {
  const data = temporaryFolder();
  const [first, second] = [1, 2].map((seed) => {
    const file = path.join(data, `${seed}.jsonl`);
    writeFileSync(file, trafficBytes({ impressions: 300, days: 1, start: `2016-03-0${seed}`, seed }));
    return file;
  });
  prepareDataset(data);
  await working(data, {}, async (workshop) => {
    expect(await workshop.top(top)).toEqual([]);
    await importing(workshop, [first!]);
    expect((await processing(workshop)).succeeded).not.toHaveLength(0);
    // Elsewhere the system does not tell what a process has open.
    if (process.platform === 'linux') expect(await codeOf(openDatabase(databaseOf(data)))).toBe('TM_ERR_DATABASE_LOCKED');
    const rows = await workshop.top(top);
    expect(rows).toHaveLength(3);
    expect(rows.map((r) => r['views'])).toEqual(rows.map((r) => r['views']).toSorted((a, b) => Number(b) - Number(a)));
    // What it got since it was opened is not taken for lost.
    expect((await processing(workshop)).succeeded).toEqual([]);
    await importing(workshop, [second!]);
    const again = await processing(workshop);
    expect(new Set(again.succeeded.filter((j) => j.period.granularity === 'day').map((j) => j.period.first)).size).toBe(1);
    expect(await codeOf(workshop.top({ ...top, table: 'l3_nothing' }))).toBe('TM_ERR_TABLE_UNKNOWN');
    expect(await codeOf(workshop.top({ ...top, by: 'object' }))).toBe('TM_ERR_TABLE_UNKNOWN');
  });
  // Whoever closes it waits for what was asked.
  const sink = await DatabaseSink.open(databaseOf(data), []);
  const asked = [sink.top(top), codeOf(sink.top({ ...top, table: 'l3_nothing' }))];
  await sink.close();
  expect(await Promise.all(asked)).toEqual([expect.objectContaining({ length: 3 }), 'TM_ERR_TABLE_UNKNOWN']);
  await (await openDatabase(databaseOf(data))).close();
});

test('a workshop whose processing was called off lets go of the database', async () => {
  const data = temporaryFolder();
  prepareDataset(data);
  await working(data, {}, async (workshop) => {
    const reason = new Error('called off');
    await expect(workshop.process({ close: true, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await (await openDatabase(databaseOf(data))).close();
    expect(await workshop.process({ close: true })).toMatchObject({ succeeded: [], failed: [] });
  });
});

test('who asks a thread that has ended is told, and does not wait', async () => {
  const sink = await DatabaseSink.open(path.join(temporaryFolder(), 'analytics.duckdb'), []);
  await sink.close();
  const delivery = { package: '/p', job: { processor: 'SessionInjection' }, types: [], parts: [], beans: {} } as unknown as Delivery;
  expect(await codeOf(sink.deliver(delivery))).toBe('TM_ERR_WRITER_LOST');
  expect(await codeOf(sink.top(top))).toBe('TM_ERR_WRITER_LOST');
  expect(sink.isLost).toBe(true);
  await sink.close();
});
