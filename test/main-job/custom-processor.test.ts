/* Processors of a user's own take the same way as the built-in ones. */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { databaseOf, importing, line, prepareDataset, processing, trafficBytes, working } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemill, tidemillHere, tidemillJson } from '../support/tidemill.js';
import { differences } from '../oracle/oracle.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/colours-processor.js', import.meta.url));
const DAY = 86_400_000;
const T = Date.UTC(2016, 1, 29, 12);
const COLOURS = ['red', ' Red', 'blue', 'grün', '', 7, true, undefined];

/** Lines with colours of all kinds over two days and two sites, and what there is to be counted. */
function colourful(n: number, from = 0): { text: string; counts: Map<string, [views: number, impressions: number]> } {
  const counts = new Map<string, [number, number]>();
  const lines = Array.from({ length: n }, (_, k) => {
    const i = from + k;
    const colour = COLOURS[i % COLOURS.length];
    const site = i % 3 === 0 ? 'blog' : 'shop';
    const day = i % 2;
    const action = i % 5 === 0 ? 'download' : 'view';
    if (typeof colour === 'string' && colour !== '') {
      const key = `2016-0${day === 0 ? '2-29' : '3-01'} ${site} ${colour.trim().toLowerCase()}`;
      const [views, impressions] = counts.get(key) ?? [0, 0];
      counts.set(key, [views + (action === 'view' ? 1 : 0), impressions + 1]);
    }
    const params = i % 11 === 0 ? {} : { params: { colour, price: i } };
    if (i % 11 === 0 && typeof colour === 'string' && colour !== '') {
      const key = `2016-0${day === 0 ? '2-29' : '3-01'} ${site} ${colour.trim().toLowerCase()}`;
      const [views, impressions] = counts.get(key)!;
      counts.set(key, [views - (action === 'view' ? 1 : 0), impressions - 1]);
    }
    return line(T + day * DAY + i, { site, action, object: `/${i % 7}`, visitor: `v${i % 13}`, ...params });
  });
  return { text: lines.join(''), counts };
}

async function colours(data: string): Promise<Map<string, [number, number]>> {
  const instance = await DuckDBInstance.create(databaseOf(data), { access_mode: 'READ_ONLY' });
  const sql = await instance.connect();
  const rows = (
    await sql.runAndReadAll("select period::varchar, site, colour, views, impressions from l3_colour where granularity = 'day'")
  ).getRows();
  sql.closeSync();
  instance.closeSync();
  return new Map(
    rows.map(([period, site, colour, views, impressions]) => [
      `${String(period)} ${String(site)} ${String(colour)}`,
      [Number(views), Number(impressions)],
    ]),
  );
}

const present = (counts: Map<string, [number, number]>): Map<string, [number, number]> =>
  new Map([...counts].filter(([, [, impressions]]) => impressions > 0));

describe('the example', () => {
  test('counts colours, also of what was there before it and of what comes late', async () => {
    const data = temporaryFolder();
    const dataset = prepareDataset(data);
    const early = colourful(400);
    const late = colourful(100, 400);
    const files = [early, late].map(({ text }, i) => {
      const at = path.join(data, `${i}.jsonl`);
      writeFileSync(at, text);
      return at;
    });
    await working(data, {}, async (workshop) => {
      await importing(workshop, [files[0]!]);
      await processing(workshop);
    });
    copyFileSync(EXAMPLE, path.join(dataset, 'colours-processor.js'));
    writeFileSync(path.join(dataset, 'dataset.json'), JSON.stringify({ timeZone: 'UTC', processors: ['./colours-processor.js'] }));
    await working(data, { limits: { recordsPerShard: 64 } }, async (workshop) => {
      const first = await processing(workshop);
      expect(first.succeeded.map((j) => j.processor).sort()).toEqual([
        'ColoursInjection',
        'ColoursInjection',
        'ColoursProcessor',
        'ColoursProcessor',
      ]);
      expect(await colours(data)).toEqual(present(early.counts));
      await importing(workshop, [files[1]!], { chunkBytes: 2000 });
      await processing(workshop);
    });
    const both = new Map(early.counts);
    for (const [key, [views, impressions]] of late.counts) {
      const [v, n] = both.get(key) ?? [0, 0];
      both.set(key, [v + views, n + impressions]);
    }
    expect(await colours(data)).toEqual(present(both));
    expect(await differences(databaseOf(data), files)).toEqual([]);
  });

  test('may print something: on standard error, beside the results', async () => {
    const data = temporaryFolder();
    const dataset = prepareDataset(data, { settings: { processors: ['colours.mjs'] } });
    const example = readFileSync(EXAMPLE, 'utf8');
    writeFileSync(
      path.join(dataset, 'colours.mjs'),
      example.replace('const colour = params?.colour;', "const colour = params?.colour; console.log('seen', colour);"),
    );
    const file = path.join(data, 'lines.jsonl');
    writeFileSync(file, line(T, { params: { colour: 'red' } }));
    const { code, stdout, stderr } = await tidemill(['run', file, '--data', data, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'seen red\n' });
    expect(JSON.parse(stdout)).toMatchObject({ failed: [] });
  });

  test('from the command line, beside everything else', async () => {
    const data = temporaryFolder();
    const dataset = prepareDataset(data, { settings: { processors: ['colours.mjs'] } });
    copyFileSync(EXAMPLE, path.join(dataset, 'colours.mjs'));
    const { text, counts } = colourful(300);
    const file = path.join(data, 'lines.jsonl');
    writeFileSync(file, text);
    const [summary] = (await tidemillJson(['run', file, '--data', data])) as [{ processors: { processor: string }[] }];
    expect(summary.processors.map((p) => p.processor)).toEqual(
      expect.arrayContaining(['ColoursProcessor', 'ColoursInjection', 'VisitorMonthInjection']),
    );
    expect(await colours(data)).toEqual(present(counts));
    const [newest] = (await tidemillJson(['locations', 'coloursprocessed', '--data', data])) as { path: string }[];
    expect(newest?.path).toMatch(/^\/analytics\/coloursprocessed\/2016\/03\/01\/import-000001-\d+$/);
    expect(await tidemillJson(['inspect', newest!.path, '--beans', '--limit', '1', '--data', data])).toMatchObject([
      { bean: 'L3Colour', site: 'blog' },
    ]);
    expect((await tidemill(['export', 'l3_colour', '--format', 'csv', '--data', data])).stdout).toMatch(
      /^granularity,period,site,colour,views,impressions\n/,
    );
    expect(await tidemillJson(['verify', '--data', data])).toMatchObject([{ ok: true }]);
  });
});

describe('a module that is wrong', () => {
  const flow = (body: string): string => `export default ({ aggregate, bean, beanMapper, mergeAggregates }) => { ${body} };`;
  const aggregateOf = (table: string, key = "site: 'string', colour: 'string'"): string =>
    `const Mine = aggregate('Mine', { table: '${table}', key: { ${key} }, measures: { n: 'sum' } });`;
  const inject = (input = 'mine'): string =>
    `return { locations: [{ name: 'mine', layout: 'day-time', holds: [Mine] }, { name: 'mineinjected', layout: 'daily', holds: [] }], processors: [
      { name: 'MineProcessor', kind: 'mapreduce', input: 'oirawdata', output: 'mine', covers: 'package', work: { ...mergeAggregates([Mine]), map: () => [] } },
      { name: 'MineInjection', kind: 'inject', input: '${input}', output: 'mineinjected', covers: 'day' }] };`;

  test.for<[what: string, source: string | undefined, says: RegExp]>([
    ['is not there', undefined, /mine\.js/],
    ['does not parse', 'export default (', /mine\.js/],
    ['throws', flow("throw new Error('out of paint');"), /out of paint/],
    ['exports nothing', 'const x = 1;', /does not export \{ processors: \[\.\.\.\] \} by default/],
    ['exports something else', 'export default 42;', /does not export/],
    ['returns nothing', flow(''), /does not export/],
    ['declares a bean wrongly', flow("bean('my bean', {});"), /'my bean' is not a name/],
    [
      'names a location that is not there',
      flow(`${aggregateOf('l3_mine')} ${inject('elsewhere')}`),
      /MineInjection: there is no location 'elsewhere'/,
    ],
    [
      'takes the name of a built-in processor',
      flow("return { processors: [{ name: 'OIProcessor', kind: 'link', input: 'oirawdata', output: 'sesdata', covers: 'day' }] };"),
      /OIProcessor/,
    ],
    [
      'injects beans without a table',
      flow(
        `const Mine = bean('Mine', { site: 'string' }); ${inject().replace("'mapreduce'", "'map'").replace('...mergeAggregates([Mine]), ', '')}`,
      ),
      /MineInjection: every bean type of 'mine' must be an aggregate with a table/,
    ],
    [
      'says layout in another word',
      flow(`${aggregateOf('l3_mine')} ${inject().replace("'daily'", "'dayly'")}`),
      /locations\.1\.layout: .*'dayly'.*'daily'\?/,
    ],
    [
      'says a kind wrongly',
      flow(`${aggregateOf('l3_mine')} ${inject().replace("'inject'", "'injekt'")}`),
      /processors\.1\.kind: is 'injekt'.*'inject'\?/,
    ],
    [
      'says covers wrongly',
      flow(`${aggregateOf('l3_mine')} ${inject().replace("covers: 'day'", "covers: 'days'")}`),
      /processors\.1\.covers: .*'day'\?/,
    ],
    [
      'has a key that there is not',
      flow(`${aggregateOf('l3_mine')} ${inject().replace('holds: []', 'hold: []')}`),
      /locations\.1: has 'hold', .*'holds'\?/,
    ],
    [
      'has a key that there is not, at the top',
      flow(`${aggregateOf('l3_mine')} ${inject().replace('locations:', 'location:')}`),
      /'location', .*'locations'\?/,
    ],
    [
      'has a function that there is not',
      flow(`${aggregateOf('l3_mine')} ${inject().replace('map: () => []', 'map: () => [], combin: 1')}`),
      /processors\.0\.work: has 'combin', .*'combine'\?/,
    ],
    [
      'has work to do for an injection',
      flow(`${aggregateOf('l3_mine')} ${inject().replace("kind: 'inject',", "kind: 'inject', work: {},")}`),
      /processors\.1: .*'inject' has 'work'/,
    ],
    [
      'holds a type twice',
      flow(`${aggregateOf('l3_mine')} ${inject().replace('[Mine]', '[Mine, Mine]')}`),
      /'mine' holds two types that are called Mine/,
    ],
    ['means another location', flow(`${aggregateOf('l3_mine')} ${inject('mines')}`), /there is no location 'mines'; did you mean 'mine'\?/],
    [
      'covers a week in days',
      flow(`${aggregateOf('l3_mine')} ${inject().replace("covers: 'day'", "covers: 'week'")}`),
      /MineInjection covers a week, whose output has the layout 'weekly', but 'mineinjected' has 'daily'/,
    ],
    ['has no processors in its list', 'export default { processors: [null] };', /processors\.0: /],
    [
      'uses the folder of the store',
      flow(`${aggregateOf('l3_mine')} ${inject().replaceAll("'mine'", "'scratch'")}`),
      /'scratch' is the store's own/,
    ],
    ['has no name for a table', flow(`${aggregateOf('L3 Mine')} ${inject()}`), /Mine: 'L3 Mine' is not a name for a table/],
    [
      'sums what its input does not hold',
      flow(`${aggregateOf('l3_mine')} ${inject().replace(', map: () => []', '')}`),
      /MineProcessor: 'oirawdata' holds no beans of type Mine, but of TransferObject/,
    ],
    [
      'reads a field that its input does not have',
      flow(
        `const Impression = bean('TransferObject', { colour: 'string' }); ${aggregateOf('l3_mine')} ${inject().replace('() => []', 'beanMapper(Impression, [Mine], () => {})')}`,
      ),
      /MineProcessor: TransferObject of 'oirawdata' has no field 'colour', but .*object/,
    ],
    [
      'has a processor without functions',
      flow(
        "return { processors: [{ name: 'X', kind: 'mapreduce', input: 'oirawdata', output: 'x', covers: 'day' }], locations: [{ name: 'x', layout: 'daily', holds: [] }] };",
      ),
      /processors\.0\.work: /,
    ],
  ])('%s', async ([, source, says]) => {
    const data = temporaryFolder();
    const dataset = prepareDataset(data, { settings: { processors: ['./mine.js'] } });
    if (source !== undefined) writeFileSync(path.join(dataset, 'mine.js'), source);
    await expect(working(data, {}, async () => undefined)).rejects.toMatchObject({
      code: 'TM_ERR_DECLARATION',
      exitCode: 2,
      message: expect.stringMatching(says) as string,
    });
    // The store is not made for it.
    expect(existsSync(path.join(dataset, 'store'))).toBe(false);
  });

  test('on the command line', async () => {
    const data = temporaryFolder();
    writeFileSync(
      path.join(prepareDataset(data, { settings: { processors: ['./mine.js'] } }), 'mine.js'),
      flow('return { processors: 1 };'),
    );
    const file = path.join(data, 'lines.jsonl');
    writeFileSync(file, line(T));
    const { code, stdout, stderr } = await tidemill(['run', file, '--data', data]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^tidemill: the module file:.*mine\.js .* \(TM_ERR_DECLARATION\)$/m);
  });

  test('on the command line, where no processor is needed', async () => {
    const data = temporaryFolder();
    const file = path.join(data, 'lines.jsonl');
    writeFileSync(file, line(T));
    expect(await tidemill(['import', file, '--data', data])).toMatchObject({ code: 0 });
    prepareDataset(data, { settings: { processors: ['./mine.js'] } });
    const { code, stderr } = await tidemill(['import', file, '--data', data]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/mine\.js .* \(TM_ERR_DECLARATION\)$/m) as string });
  });

  test.for<[what: string, source: string]>([
    ['a table of the built-in ones', flow(`${aggregateOf('l3_os')} ${inject()}`)],
    [
      'a table of the built-in ones, with its columns',
      flow(`${aggregateOf('l3_internalsearch', "site: 'string', term: 'string'").replace("n: 'sum'", "searches: 'sum'")} ${inject()}`),
    ],
  ])('wants %s', async ([, source]) => {
    const data = temporaryFolder();
    const dataset = prepareDataset(data, { settings: { processors: ['./mine.js'] } });
    writeFileSync(path.join(dataset, 'mine.js'), source);
    await expect(working(data, {}, async () => undefined)).rejects.toMatchObject({
      code: 'TM_ERR_DECLARATION',
      message: expect.stringMatching(/Mine.*table.*l3_/) as string,
    });
  });
});

test('two injections that put the same periods into a table are refused', async () => {
  const data = temporaryFolder();
  const dataset = prepareDataset(data, { settings: { processors: ['./one.js', './two.js'] } });
  for (const name of ['one', 'two']) {
    const source = `export default ({ aggregate }) => {
      const L3Mine = aggregate('L3Mine', { table: 'l3_mine', key: { site: 'string' }, measures: { n: 'sum' } });
      return { locations: [{ name: '${name}', layout: 'day-time', holds: [L3Mine] }, { name: '${name}in', layout: 'daily', holds: [] }],
        processors: [{ name: 'Inject${name}', kind: 'inject', input: '${name}', output: '${name}in', covers: 'day' }] };
    };`;
    writeFileSync(path.join(dataset, `${name}.js`), source);
  }
  await expect(working(data, {}, async () => undefined)).rejects.toMatchObject({
    code: 'TM_ERR_DECLARATION',
    message: "Injecttwo: the table 'l3_mine' gets its sums of each day from Injectone",
  });
});

test.for<[what: string, work: string, says: string]>([
  ['an asynchronous map of beans', '{ ...merge, map: beanMapper(Impression, [L3Mine], async () => undefined) }', 'asynchronous'],
  ['an asynchronous reduce', '{ ...merge, map, reduce: async () => [] }', 'asynchronous'],
  ['a map that returns nothing', '{ ...merge, map: () => undefined }', 'no list of batches, but undefined'],
  [
    'beans of another type',
    '{ ...merge, map, reduce: (b) => [{ ...b.get("L3Mine"), type: "L3Else" }] }',
    "L3Else, which 'mine' does not hold",
  ],
])('%s fails the job, and nothing is counted', async ([, work, says]) => {
  const data = temporaryFolder();
  const dataset = prepareDataset(data, { settings: { processors: ['./mine.js'] } });
  writeFileSync(
    path.join(dataset, 'mine.js'),
    `export default ({ aggregate, bean, beanMapper, mergeAggregates }) => {
      const Impression = bean('TransferObject', { site: 'string' });
      const L3Mine = aggregate('L3Mine', { table: 'l3_mine', key: { site: 'string' }, measures: { n: 'sum' } });
      const map = beanMapper(Impression, [L3Mine], ({ site }, emit) => emit(L3Mine, { site, n: 1 }));
      const merge = mergeAggregates([L3Mine]);
      return { locations: [{ name: 'mine', layout: 'day-time', holds: [L3Mine] }], processors: [
        { name: 'MineProcessor', kind: 'mapreduce', input: 'oirawdata', output: 'mine', covers: 'package', work: ${work} }] };
    };`,
  );
  const file = path.join(data, 'lines.jsonl');
  writeFileSync(file, line(T));
  await working(data, {}, async (workshop) => {
    await importing(workshop, [file]);
    const { failed } = await workshop.process({ close: true });
    expect(failed).toMatchObject([
      { processor: 'MineProcessor', error: { code: 'TM_ERR_DECLARATION', message: expect.stringContaining(says) as string } },
    ]);
  });
});

test('a map that does not come to an end is given up when a task may take no longer, and its record set aside', async () => {
  const data = temporaryFolder();
  const dataset = prepareDataset(data, { settings: { processors: ['./mine.js'], scheduler: { taskTimeout: '300ms' } } });
  writeFileSync(
    path.join(dataset, 'mine.js'),
    `export default ({ bean, beanMapper }) => {
      const Impression = bean('TransferObject', { object: 'string' });
      const Mine = bean('Mine', { object: 'string' });
      const map = beanMapper(Impression, [Mine], (seen, emit) => { while (seen.object === '/loop'); emit(Mine, seen); });
      return { locations: [{ name: 'mine', layout: 'day-time', holds: [Mine] }], processors: [
        { name: 'MineProcessor', kind: 'map', input: 'oirawdata', output: 'mine', covers: 'package', work: { map } }] };
    };`,
  );
  const file = path.join(data, 'lines.jsonl');
  writeFileSync(file, line(T, { object: '/loop' }) + line(T, { object: '/end' }));
  await working(data, {}, async (workshop) => {
    await importing(workshop, [file]);
    const { succeeded } = await workshop.process({ close: true });
    const job = succeeded.find(({ processor }) => processor === 'MineProcessor');
    expect(job?.counters).toMatchObject({ records_out: 1, quarantined: 1 });
  });
});

test('a record that it cannot digest is set aside, and the rest is counted', async () => {
  const data = temporaryFolder();
  const dataset = prepareDataset(data, { settings: { processors: ['./mine.js'] } });
  writeFileSync(
    path.join(dataset, 'mine.js'),
    `export default ({ aggregate, bean, beanMapper, mergeAggregates }) => {
      const Impression = bean('TransferObject', { site: 'string', object: 'string' });
      const L3Mine = aggregate('L3Mine', { table: 'l3_mine', key: { site: 'string' }, measures: { n: 'sum' } });
      const map = beanMapper(Impression, [L3Mine], ({ site, object }, emit) => {
        if (object === '/poison') throw new Error('poisoned');
        emit(L3Mine, { site, n: 1 });
      });
      return { locations: [{ name: 'mine', layout: 'day-time', holds: [L3Mine] }, { name: 'mineinjected', layout: 'daily', holds: [] }], processors: [
        { name: 'MineProcessor', kind: 'mapreduce', input: 'oirawdata', output: 'mine', covers: 'package', work: { ...mergeAggregates([L3Mine]), map } },
        { name: 'MineInjection', kind: 'inject', input: 'mine', output: 'mineinjected', covers: 'day' }] };
    };`,
  );
  const file = path.join(data, 'lines.jsonl');
  writeFileSync(
    file,
    Buffer.concat([
      trafficBytes({ impressions: 100, days: 1, start: '2016-02-29', seed: 81 }),
      Buffer.from(line(T, { object: '/poison' })),
    ]),
  );
  const { code, stdout } = await tidemill(['run', file, '--data', data]);
  expect(code).toBe(0);
  expect(stdout).toContain('MineProcessor set 1 records aside');
  const { stdout: csv } = await tidemill(['export', 'l3_mine', '--format', 'csv', '--data', data]);
  expect(csv.match(/,\d+$/gm)?.reduce((n, cell) => n + Number(cell.slice(1)), 0)).toBe(100);
  const [p] = (await tidemillJson(['locations', 'mine', '--data', data])) as { report: { quarantined: unknown[] } }[];
  expect(p?.report.quarantined).toMatchObject([
    { type: 'TransferObject', row: 100, message: expect.stringContaining('poisoned') as string },
  ]);
  expect((await tidemillHere(['jobs', '--processor', 'MineProcessor', '--data', data])).stdout).toContain('succeeded, 1 quarantined');
  expect(await tidemillJson(['verify', '--data', data])).toMatchObject([{ ok: true }]);
});
