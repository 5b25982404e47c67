/* What processors of a user's own return is looked at before anything uses it: nothing is counted of what is not well-formed. */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { databaseOf, importing, prepareDataset, trafficBytes, working } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemill, tidemillJson } from '../support/tidemill.js';
import type { Drained } from '#engine/coordinator.js';

/** By the name of their processor: its functions beside those of a sum by key, and what is said of what they return. */
const BAD: Readonly<Record<string, readonly [work: string, says: RegExp]>> = {
  CodesOfTheToolkit: [
    'map: (b) => counted(b, { ...b.columns.site, dictionary: empty })',
    /CodesOfTheToolkit: map returned a batch of L3Mine whose column 'site' has the code 0, where its dictionary has 0 entries \(row 0\)$/,
  ],
  CodesOfItsOwn: [
    'map: (b) => counted(b, { ...b.columns.site, codes: new Uint32Array(b.rows).fill(77) })',
    /: map returned .*'site' has the code 77, where its dictionary has \d entries \(row 0\)/,
  ],
  ShortColumn: [
    'map: (b) => [{ ...counted(b)[0], columns: { site: b.columns.site, n: ones(3) } }]',
    /: map returned .*'n' has 3 values for \d+ rows/,
  ],
  AnotherField: [
    'map: (b) => [{ ...counted(b)[0], columns: { site: b.columns.site, m: ones(b.rows) } }]',
    /: map returned .*'m', which is no field of L3Mine; did you mean 'n'\?/,
  ],
  Combined: ['map: twice, combine: (b) => ({ ...b, rows: 1 })', /: combine returned .*'site' has \d+ codes for 1 rows/],
  CombinedOther: ['map: twice, combine: (b) => ({ ...b, type: "Else" })', /: combine returned a batch of Else for one of L3Mine/],
  Reduced: ['*reduce(bs) { yield { ...bs.get("L3Mine"), rows: -1 }; }', /: reduce returned a batch of L3Mine with -1 for the number/],
  Fraction: [
    'reduce: (bs) => [{ ...bs.get("L3Mine"), columns: { ...bs.get("L3Mine").columns, n: ones(bs.get("L3Mine").rows, 0.5) } }]',
    /: reduce returned .*'n' holds 0\.5, which is no safe integer \(row 0\)/,
  ],
  Finished: ['finish: () => [null]', /: finish returned null, not a batch/],
  Partitioned: ['partitionBy: { L3Mine: () => [ones(1)] }', /: partitionBy returned columns for L3Mine.* 1 values for \d+ rows/],
  ScratchMemory: [
    // The sums of a generator of the toolkit's end as the next is asked for.
    'map: (b) => [...sums.reduce(new Map([["L3Mine", { ...b, type: "L3Mine", columns: counted(b)[0].columns }]]), {})]',
    /: map returned .* in memory that is free again/,
  ],
};

/** One array for all calls: by the time that what an earlier one has returned is written, it holds other numbers. */
const marking = (array: string): string => `map: (b) => {
      const values = ${array}.fill(b.columns.time.values[0] % 1000);
      return [{ ...counted(b)[0], columns: { site: b.columns.site, n: { kind: 'number', values } } }];
    }`;

const source = `export default ({ aggregate, sumsByKey, mergeAggregates }) => {
  const L3Mine = aggregate('L3Mine', { key: { site: 'string' }, measures: { n: 'sum' } });
  const sums = mergeAggregates([L3Mine]);
  const empty = { size: 0, offsets: new Uint32Array(1), bytes: new Uint8Array() };
  const ones = (rows, value = 1) => ({ kind: 'number', values: new Float64Array(rows).fill(value) });
  const counted = ({ rows, columns }, site = columns.site) => [{ type: 'L3Mine', rows, columns: { site, n: ones(rows) } }];
  const twice = (b) => [counted(b)[0], counted(b)[0]];
  const shared = new Float64Array(65536);
  const processor = (name, work) => ({ name, kind: 'mapreduce', input: 'oirawdata', output: name.toLowerCase(), covers: 'package',
    work: { ...sums, map: (b) => counted(b), recordsPerPartition: 100, ...work } });
  const processors = [
    ${Object.entries(BAD)
      .map(([name, [work]]) => `processor('${name}', { ${work} }),`)
      .join('\n    ')}
    processor('OneArray', { ${marking('shared.subarray(0, b.rows)')} }),
    processor('ArrayEach', { ${marking('new Float64Array(b.rows)')} }),
  ];
  return { processors, locations: processors.map(({ output }) => ({ name: output, layout: 'day-time', holds: [L3Mine] })) };
};`;

describe('of processors that return what is not well-formed', () => {
  const data = temporaryFolder();
  let drained: Drained;

  beforeAll(async () => {
    writeFileSync(path.join(prepareDataset(data, { settings: { processors: ['./mine.js'] } }), 'mine.js'), source);
    const file = path.join(data, 'lines.jsonl');
    writeFileSync(file, trafficBytes({ impressions: 300, days: 1, start: '2016-02-29', seed: 81 }));
    await working(data, { limits: { recordsPerShard: 400 } }, async (workshop) => {
      await importing(workshop, [file], { chunkBytes: 9000 });
      drained = await workshop.process({ close: true });
    });
  });

  test.for(Object.entries(BAD))('%s fails as it returns, at once and for good', ([name, [, says]]) => {
    const job = drained.failed.find((j) => j.processor === name);
    expect(job?.error?.message).toMatch(says);
    expect(job).toMatchObject({
      error: { code: 'TM_ERR_TASK_BAD_BATCH' },
    });
  });

  test('all others go on, and what is an array of its own again is kept', async () => {
    expect(drained.failed.map((j) => j.processor).toSorted()).toEqual(Object.keys(BAD).toSorted());
    expect(drained.succeeded.map((j) => j.processor)).toContain('VisitorInjection');
    const made = async (name: string): Promise<unknown[]> => {
      const [found] = (await tidemillJson(['locations', name, '--data', data])) as { path: string }[];
      return tidemillJson(['inspect', found!.path, '--beans', '--data', data]);
    };
    const [one, each] = [await made('onearray'), await made('arrayeach')];
    expect(one).toEqual(each);
    expect(one).not.toEqual([]);
    for (const name of Object.keys(BAD)) expect(await tidemillJson(['locations', name.toLowerCase(), '--data', data])).toEqual([]);
  });
});

test('on the command line the job fails: exit code 1, and no row in the database', async () => {
  const data = temporaryFolder();
  const dataset = prepareDataset(data, { settings: { processors: ['./mine.js'] } });
  writeFileSync(
    path.join(dataset, 'mine.js'),
    `export default ({ aggregate, mergeAggregates }) => {
      const L3Mine = aggregate('L3Mine', { table: 'l3_mine', key: { site: 'string' }, measures: { n: 'sum' } });
      const map = ({ rows, columns: { site } }) => [{ type: 'L3Mine', rows,
        columns: { site: { ...site, codes: site.codes.map((code, i) => code + i) }, n: { kind: 'number', values: new Float64Array(rows).fill(1) } } }];
      return { locations: [{ name: 'mine', layout: 'day-time', holds: [L3Mine] }, { name: 'mineinjected', layout: 'daily', holds: [] }], processors: [
        { name: 'MineProcessor', kind: 'mapreduce', input: 'oirawdata', output: 'mine', covers: 'package', work: { ...mergeAggregates([L3Mine]), map } },
        { name: 'MineInjection', kind: 'inject', input: 'mine', output: 'mineinjected', covers: 'day' }] };
    };`,
  );
  const file = path.join(data, 'lines.jsonl');
  writeFileSync(file, trafficBytes({ impressions: 100, days: 1, start: '2016-02-29', seed: 81 }));
  const { code, stderr } = await tidemill(['run', file, '--data', data]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/MineProcessor: map returned a batch of L3Mine whose column 'site' has the code \d+.*\(row \d+\)/);
  expect(existsSync(databaseOf(data))).toBe(true);
  expect((await tidemill(['export', 'l3_mine', '--format', 'csv', '--data', data])).stdout).not.toMatch(/\d/);
});
