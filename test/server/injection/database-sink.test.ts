import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Delivery } from '#engine/index.js';
import type { Row } from '#server/database/database.js';
import { openDatabase } from '#server/database/open-database.js';
import { DatabaseSink } from '#server/injection/database-sink.js';
import { databaseOf, importing, prepareDataset, processing, trafficBytes, working } from '../../support/dataset.js';
import { codeOf } from '../database/harness.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const MEMORY = 256 * 2 ** 20;
const top = { table: 'l3_object', by: 'views', n: 3, filter: { granularity: 'day' } } as const;

test('the database answers when all is done, is free after that, and has what it got before when it is opened again', async () => {
  const data = temporaryFolder();
  const file = path.join(data, 'lines.jsonl');
  writeFileSync(file, trafficBytes({ impressions: 300, days: 1, start: '2016-03-01', seed: 1 }));
  prepareDataset(data);
  const database = databaseOf(data);
  await working(data, {}, async (workshop) => {
    await importing(workshop, [file]);
    let rows: readonly Row[] = [];
    const codes: string[] = [];
    const first = await workshop.process({
      close: true,
      onDrained: async (open) => {
        rows = await open.top(top);
        codes.push(await codeOf(open.top({ ...top, table: 'l3_nothing' })), await codeOf(open.top({ ...top, by: 'object' })));
        // Elsewhere the system does not tell what a process has open.
        if (process.platform === 'linux') expect(await codeOf(openDatabase(database))).toBe('TM_ERR_DATABASE_LOCKED');
      },
    });
    expect(first.succeeded).not.toHaveLength(0);
    expect(codes).toEqual(['TM_ERR_TABLE_UNKNOWN', 'TM_ERR_TABLE_UNKNOWN']);
    const after = await openDatabase(database);
    expect(rows).toHaveLength(3);
    expect(rows).toEqual(await after.top(top.table, top.by, top.n, top.filter));
    await after.close();
    expect((await processing(workshop)).succeeded).toEqual([]);
  });
  // Whoever closes it waits for what was asked.
  const sink = await DatabaseSink.open({ database, memory: MEMORY, types: [] });
  const asked = [sink.top(top), codeOf(sink.top({ ...top, table: 'l3_nothing' }))];
  await sink.close();
  expect(await Promise.all(asked)).toEqual([expect.objectContaining({ length: 3 }), 'TM_ERR_TABLE_UNKNOWN']);
  await (await openDatabase(database)).close();
});

test('a processing that was called off, or whose last question failed, lets go of the database', async () => {
  const data = temporaryFolder();
  prepareDataset(data);
  await working(data, {}, async (workshop) => {
    const reason = new Error('called off');
    await expect(workshop.process({ close: true, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await (await openDatabase(databaseOf(data))).close();
    await expect(workshop.process({ close: true, onDrained: () => Promise.reject(reason) })).rejects.toBe(reason);
    await (await openDatabase(databaseOf(data))).close();
    expect(await workshop.process({ close: true })).toMatchObject({ succeeded: [], failed: [] });
  });
});

test('who asks a thread that has ended is told, and does not wait', async () => {
  const sink = await DatabaseSink.open({ database: path.join(temporaryFolder(), 'analytics.duckdb'), memory: MEMORY, types: [] });
  await sink.close();
  const delivery = { package: '/p', job: { processor: 'SessionInjection' }, types: [], parts: [], beans: {} } as unknown as Delivery;
  expect(await codeOf(sink.deliver(delivery))).toBe('TM_ERR_WRITER_LOST');
  expect(await codeOf(sink.top(top))).toBe('TM_ERR_WRITER_LOST');
  await sink.close();
});
