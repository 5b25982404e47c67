/* The same input gives the same beans and the same sums, whoever works on it and however it is cut. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  awkwardBytes,
  databaseOf,
  importing,
  linesOf,
  prepareDataset,
  processing,
  trafficBytes,
  withTimes,
  working,
  type Setup,
} from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { digests, type Order } from './digests.js';
import { tablesOf } from './tables.js';

const folder = temporaryFolder();
const RAW = new Set(['oirawdata', 'sesrawdata']);

interface Result {
  readonly tables: Record<string, string>;
  readonly beans: Record<string, string>;
  readonly rawSorted: Record<string, string>;
}

let datasets = 0;

/** Import files, each list of them by a call of its own, process all, and tell what came of it. */
async function run(imports: readonly (readonly string[])[], setup: Setup & { chunkBytes?: number } = {}): Promise<Result> {
  const data = path.join(folder, `dataset-${datasets++}`);
  prepareDataset(data, { zone: 'America/New_York', ...setup });
  const beans = await working(data, setup, async (workshop, dataset) => {
    for (const files of imports) await importing(workshop, files, setup.chunkBytes === undefined ? {} : { chunkBytes: setup.chunkBytes });
    await processing(workshop);
    const raw = (location: string): Order => (RAW.has(location) ? 'sorted' : 'as they are');
    return { beans: digests(dataset), rawSorted: digests(dataset, raw) };
  });
  return { ...beans, tables: await tablesOf(databaseOf(data)) };
}

describe.for(['traffic', 'awkward'])('%s', (kind) => {
  let files: string[];
  let once: Result;

  beforeAll(async () => {
    // Two days each, of two months; the awkward ones are about New Year's Eve.
    const bytes =
      kind === 'traffic'
        ? trafficBytes({ impressions: 3000, days: 2, start: '2016-02-29', seed: 21 })
        : withTimes(awkwardBytes(10_000, 5), [['2020-12-31', '2021-01-02']]);
    const lines = linesOf(bytes);
    const thirds = [0, 1, 2].map((i) => lines.slice(Math.floor((i * lines.length) / 3), Math.floor(((i + 1) * lines.length) / 3)));
    files = thirds.map((third, i) => {
      const at = path.join(folder, `${kind}-${i}.jsonl`);
      writeFileSync(at, Buffer.concat(third));
      return at;
    });
    once = await run([files], { workers: 1 });
  });

  test.for([
    { workers: 4 },
    { workers: 2, limits: { recordsPerShard: 50 }, chunkBytes: 7001 },
    { workers: 2, limits: { recordsPerShard: 10_000_000 }, chunkBytes: 1 << 30 },
  ])('with %j', async (setup) => {
    expect(await run([files], setup)).toEqual(once);
  });

  test('in another order of files: the raw data as a multiset, the rest as it is', async () => {
    // Where two impressions of a session have the same time, or two have the same id, their order decides: traffic has neither.
    if (kind === 'awkward') return;
    const other = await run([[files[2]!, files[0]!, files[1]!]], { workers: 2 });
    expect(other.rawSorted).toEqual(once.rawSorted);
    expect(other.tables).toEqual(once.tables);
  });

  test('in three imports: the same sums, and the same sessions', async () => {
    const other = await run(
      files.map((file) => [file]),
      { workers: 2 },
    );
    const shared = (beans: Record<string, string>): Record<string, string> =>
      Object.fromEntries(Object.entries(beans).filter(([at]) => !at.startsWith('oiprocessed ')));
    expect(shared(other.beans)).toEqual(shared(once.beans));
    expect(other.tables).toEqual(once.tables);
  });
});
