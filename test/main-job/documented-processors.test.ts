/* The processors of docs/processors.md, as they stand there, but for smaller partitions: they run, and count right. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { beforeAll, expect, test } from 'vitest';
import { databaseOf, importing, linesOf, prepareDataset, processing, trafficBytes, working } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemillJson } from '../support/tidemill.js';

const page = readFileSync(new URL('../../docs/processors.md', import.meta.url), 'utf8');
const modules = [...page.matchAll(/```js\n([^]*?)```/g)].map(([, source]) => source as string);
/** All in one day of UTC, and each with a visitor. */
const lines = linesOf(trafficBytes({ impressions: 1500, days: 1, start: '2016-03-01', seed: 51 })).filter((l) => l.includes('"visitor":"'));
const data = temporaryFolder();

beforeAll(async () => {
  const names = modules.map((_, i) => `documented-${i}.js`);
  const dataset = prepareDataset(data, { settings: { processors: names } });
  for (const [i, source] of modules.entries())
    writeFileSync(path.join(dataset, names[i] as string), source.replace('recordsPerPartition: 250_000', 'recordsPerPartition: 300'));
  const file = path.join(data, 'lines.jsonl');
  writeFileSync(file, Buffer.concat(lines));
  await working(data, { limits: { recordsPerShard: 200 } }, async (workshop) => {
    await importing(workshop, [file]);
    await processing(workshop);
  });
});

async function query<T>(use: (sql: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(databaseOf(data), { access_mode: 'READ_ONLY' });
  const sql = await instance.connect();
  try {
    return await use(sql);
  } finally {
    sql.closeSync();
    instance.closeSync();
  }
}

test('there are two, and what they have made can be verified', async () => {
  expect(modules.map((source) => /name: '(\w+Processor)'/.exec(source)?.[1])).toEqual(['LandingProcessor', 'PauseProcessor']);
  expect(await tidemillJson(['verify', '--data', data])).toMatchObject([{ ok: true, stale: 0 }]);
});

test('sessions by the page that they began at are those of the built-in sums', async () => {
  const [landing, entries, browsers] = await query(async (sql) => {
    const rows = async (text: string): Promise<unknown[]> => (await sql.runAndReadAll(text)).getRowsJson();
    return Promise.all([
      rows('select site, object, sum(sessions)::integer n from l3_landing group by all order by all'),
      rows("select site, object, sessions::integer n from l3_sessionentry where granularity = 'day' order by all"),
      rows('select distinct browser from l3_landing'),
    ]);
  });
  expect(entries.length).toBeGreaterThan(5);
  expect(landing).toEqual(entries);
  expect(browsers.length).toBeGreaterThan(2);
});

test('pauses of visitors are those of the lines', async () => {
  const times = new Map<string, number[]>();
  for (const l of lines) {
    const { site, visitor, time } = JSON.parse(l.toString()) as { site: string; visitor: string; time: number };
    const key = `${site}\n${visitor}`;
    times.set(key, [...(times.get(key) ?? []), time]);
  }
  const expected = new Map<string, number>();
  for (const [key, of] of times) {
    const sorted = of.toSorted((a, b) => a - b);
    for (let i = 1; i < sorted.length; i++) {
      const seconds = ((sorted[i] as number) - (sorted[i - 1] as number)) / 1000;
      const from = seconds >= 1800 ? 1800 : seconds >= 600 ? 600 : seconds >= 60 ? 60 : seconds >= 10 ? 10 : 0;
      const at = `${key.split('\n')[0]} ${from}`;
      expected.set(at, (expected.get(at) ?? 0) + 1);
    }
  }
  const found = await query(async (sql) =>
    (await sql.runAndReadAll('select site, from_s::integer, pauses::integer from l3_pause')).getRows(),
  );
  expect(found.length).toBeGreaterThan(4);
  expect(new Map(found.map(([site, from, n]) => [`${String(site)} ${String(from)}`, n]))).toEqual(expected);
  expect(found).toHaveLength(expected.size);
});
