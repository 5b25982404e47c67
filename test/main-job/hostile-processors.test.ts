/* What a module of a user's own may do to its threads is the end of its own job, and of nothing else. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { importing, line, prepareDataset, working } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemill } from '../support/tidemill.js';
import type { Job } from '#engine/job.js';

const T = Date.UTC(2016, 1, 29, 12);
const RECORDS = 300;

interface Hostile {
  readonly name: string;
  /** What stands at the top of the module, and what is done for each record `seen`. */
  readonly top?: string;
  readonly record?: string;
  /** Of the error of its job; none where that succeeds. */
  readonly code?: string;
  readonly says?: RegExp;
}

/** The fifth line of each is that of a record. */
const source = ({ name, top = '', record = '' }: Hostile): string => `${top}
export default ({ bean, beanMapper }) => {
  const Made = bean('${name}', { object: 'string' });
  const map = beanMapper(bean('TransferObject', { object: 'string' }), [Made], (seen, emit) => {
    ${record}
    emit(Made, seen);
  });
  return { locations: [{ name: '${name}s', layout: 'day-time', holds: [Made] }], processors: [
    { name: '${name}Processor', kind: 'map', input: 'oirawdata', output: '${name}s', covers: 'package', work: { map } }] };
};`;

const HOSTILE: readonly Hostile[] = [
  { name: 'Good' },
  { name: 'Loop', record: 'for (;;);', code: 'TM_ERR_TASK_TIMEOUT', says: /^12 tries .* LoopProcessor runRows did not finish in 1000 ms$/ },
  { name: 'Exit', record: 'process.exit(0);', code: 'TM_ERR_WORKER_LOST', says: /^12 tries .* process\.exit\(0\) .*Exit\.js:5:13\)$/ },
  { name: 'Kill', record: "process.kill(process.pid, 'SIGKILL');", code: 'TM_ERR_WORKER_LOST', says: /process\.kill\(.*Kill\.js:5:13\)$/ },
  { name: 'Abort', record: 'process.abort();', code: 'TM_ERR_WORKER_LOST', says: /process\.abort\(.*Abort\.js:5:13\)$/ },
  { name: 'Long', record: "throw new Error('x'.repeat(1e6));", code: 'TM_ERR_TASK_FAILED', says: /^.{1500,2500}Long\.js:5:11\)$/s },
  { name: 'Odd', record: 'throw Object.create(null);', code: 'TM_ERR_TASK_FAILED', says: /more than 100 records/ },
  {
    name: 'Change',
    top: "Array.prototype.map = () => { throw new Error('changed'); };",
    code: 'TM_ERR_DECLARATION',
    says: /^its module has changed Array\.prototype\.map/,
  },
  { name: 'Timer', top: 'setInterval(() => undefined, 1000); (await import("node:net")).createServer().listen(0);' },
];

function prepared(hostile: readonly Hostile[], taskTimeout = '1s'): { data: string; file: string } {
  const data = temporaryFolder();
  const processors = hostile.map(({ name }) => `./${name}.js`);
  const folder = prepareDataset(data, { settings: { processors, scheduler: { taskTimeout } } });
  for (const h of hostile) writeFileSync(path.join(folder, `${h.name}.js`), source(h));
  const file = path.join(data, 'lines.jsonl');
  writeFileSync(file, Array.from({ length: RECORDS }, (_, i) => line(T + i, { object: `/${i}` })).join(''));
  return { data, file };
}

test('each of a table of hostile processors fails its own job, with the cause, and `run` ends', async () => {
  const { data, file } = prepared(HOSTILE);
  const { code, stdout } = await tidemill(['run', file, '--data', data]);
  expect(code).toBe(1);
  expect(stdout).not.toMatch(/set \d+ records aside/);
  const jobs = (await listed(['jobs', '--limit', '100', '--data', data])) as Job[];
  for (const { name, code: wanted, says } of HOSTILE) {
    const job = jobs.find((j) => j.processor === `${name}Processor`);
    if (wanted === undefined) expect(job).toMatchObject({ state: 'succeeded', counters: { records_out: RECORDS } });
    else expect(job).toMatchObject({ state: 'failed', error: { code: wanted, message: expect.stringMatching(says!) as string } });
  }
  const own = new Set(HOSTILE.map(({ name }) => `${name}Processor`));
  const builtIn = jobs.filter((j) => !own.has(j.processor));
  expect(builtIn.length).toBeGreaterThan(10);
  expect(builtIn.filter((j) => j.state !== 'succeeded')).toEqual([]);
});

test('a job loses twelve tries at most, in all of its shards', async () => {
  const { data, file } = prepared([{ name: 'Exit', record: 'process.exit(0);' }]);
  await working(data, { workers: 2, limits: { recordsPerShard: 64 } }, async (workshop) => {
    await importing(workshop, [file], { chunkBytes: 4000 });
    const { failed } = await workshop.process({ close: true });
    expect(failed).toMatchObject([{ error: { message: expect.stringMatching(/^12 tries of its tasks were lost/) as string } }]);
  });
});

test('the only record that has no end is found in few tries, and set aside with file and line', async () => {
  const { data, file } = prepared([{ name: 'Loop', record: "if (seen.object === '/217') process.exit(1);" }]);
  await working(data, {}, async (workshop) => {
    await importing(workshop, [file]);
    const { succeeded, failed } = await workshop.process({ close: true });
    expect(failed).toEqual([]);
    const job = succeeded.find((j) => j.processor === 'LoopProcessor');
    expect(job?.counters).toMatchObject({ records_out: RECORDS - 1, quarantined: 1 });
  });
  const [p] = (await listed(['locations', 'Loops', '--data', data])) as { report: { quarantined: unknown[] } }[];
  expect(p?.report.quarantined).toEqual([
    expect.objectContaining({ row: 217, code: 'TM_ERR_WORKER_LOST', message: expect.stringMatching(/Loop\.js:5:\d+\)$/) as string }),
  ]);
});

/** What a command lists; as a process of its own, whose threads write no less than those of `run`. */
async function listed(args: readonly string[]): Promise<unknown[]> {
  const { stdout, stderr } = await tidemill([...args, '--json']);
  expect(stderr).toBe('');
  return stdout
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as unknown);
}

describe('a module that does not load', () => {
  const outcome = async (top: string) => {
    const { data, file } = prepared([{ name: 'Mine', top }]);
    const { code, stderr } = await tidemill(['run', file, '--data', data]);
    return { code, stderr: stderr.split('\n')[0] };
  };

  test.for<[what: string, top: string, code: number, says: RegExp]>([
    [
      'waits for what does not come',
      'await new Promise(() => undefined);',
      1,
      /its loading did not finish in 2000 ms \(TM_ERR_PROCESSOR_LOAD\)$/,
    ],
    ['has no end', 'for (;;);', 1, /its loading did not finish in 2000 ms \(TM_ERR_PROCESSOR_LOAD\)$/],
    ['exits', 'process.exit(0);', 1, /process\.exit\(0\) .*Mine\.js:1:9\) \(TM_ERR_PROCESSOR_LOAD\)$/],
    ['exits by a name', "import { exit } from 'node:process'; exit(0);", 1, /process\.exit\(0\) .* \(TM_ERR_PROCESSOR_LOAD\)$/],
    ['throws', 'null.colour;', 2, /\(reading 'colour'\) \(.*Mine\.js:1:6\) \(TM_ERR_DECLARATION\)$/],
    ['does not parse', '\nconst = 1;', 2, /Mine\.js:2\) \(TM_ERR_DECLARATION\)$/],
  ])('because it %s', async ([, top, code, says]) => {
    expect(await outcome(top)).toEqual({ code, stderr: expect.stringMatching(says) as string });
  });
});
