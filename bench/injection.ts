/**
 * Question:  How fast do sums get into DuckDB, against the appender row by row?
 * Workload:  300,000 rows of l3_clickstream (six columns, three of them texts of many values) into a new DuckDB file, from opening
 *            to closing it. Ours is the whole injection: one transaction, counts before and after, the ledger. The appender
 *            gets its values as JavaScript values. The tables must be equal.
 * Warm-up:   1 round. Measured: 5 rounds (--rounds), A B A B.
 * Command:   npm run bench -- --only injection
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { DuckDBDateValue, DuckDBInstance } from '@duckdb/node-api';
import { batchOf, beansOf, type Batch, type Bean } from '../engine/index.js';
import { L3ClickStream } from '../processors/beans.js';
import { openDatabase } from '../server/database/open-database.js';
import { formatCount, formatRate } from '../server/terminal/format.js';
import { BLOCK } from './harness/beans.js';
import type { Bench } from './harness/bench.js';
import { compareDatabases, specTables } from './harness/compare.js';
import { inTurns, roundsText, timed } from './harness/rounds.js';
import { durations, spreadBy } from './harness/stats.js';

const ROWS = 300_000;
const SMOKE_ROWS = 3000;
const PERIOD = '2016-02-24';
const DAYS = Date.parse(PERIOD) / 86_400_000;

/** Clicks between 3,000 pages of a site: as many distinct pairs as there are rows. */
function clicks(rows: number): Batch[] {
  const page = (n: number): string => `/products/${(n % 50).toString(36)}/item-${n}.html`;
  const batches: Batch[] = [];
  for (let from = 0; from < rows; from += BLOCK) {
    const beans = Array.from({ length: Math.min(BLOCK, rows - from) }, (_, i): Bean => {
      const n = from + i;
      return { site: 'shop', object_from: page(Math.floor(n / 3000)), object_to: page(n % 3000), clicks: 1 + (n % 17) };
    });
    batches.push(batchOf(L3ClickStream, beans));
  }
  return batches;
}

async function inject(file: string, batches: readonly Batch[]): Promise<void> {
  const database = await openDatabase(file);
  await database.migrate([L3ClickStream]);
  await database.inject({
    package: '/analytics/sesprocessed/2016/02/24/bench',
    processor: 'SessionInjection',
    job: 'bench',
    granularity: 'day',
    period: PERIOD,
    injectedAt: 0,
    tables: [{ type: L3ClickStream, batches }],
  });
  await database.close();
}

async function append(file: string, beans: readonly Bean[]): Promise<void> {
  const instance = await DuckDBInstance.create(file);
  const sql = await instance.connect();
  await sql.run(
    'create table l3_clickstream (granularity varchar, period date, site varchar, object_from varchar, object_to varchar, clicks bigint)',
  );
  const appender = await sql.createAppender('l3_clickstream');
  const day = new DuckDBDateValue(DAYS);
  for (const bean of beans) {
    appender.appendVarchar('day');
    appender.appendDate(day);
    appender.appendVarchar(bean['site'] as string);
    appender.appendVarchar(bean['object_from'] as string);
    appender.appendVarchar(bean['object_to'] as string);
    appender.appendBigInt(BigInt(bean['clicks'] as number));
    appender.endRow();
  }
  appender.closeSync();
  sql.closeSync();
  instance.closeSync();
}

export const injection: Bench = {
  name: 'injection',
  question: 'How fast do sums get into DuckDB, against the appender row by row?',
  async run({ scratch, rounds, warmUps, smoke }) {
    const batches = clicks(smoke ? SMOKE_ROWS : ROWS);
    const beans = batches.flatMap((batch) => [...beansOf(L3ClickStream, batch)]);
    const [ours, theirs] = [path.join(scratch, 'inject.duckdb'), path.join(scratch, 'append.duckdb')];
    const fresh = (file: string, work: () => Promise<void>) => {
      rmSync(file, { force: true });
      return timed(work);
    };
    const contestants = [
      { name: 'injection', run: () => fresh(ours, () => inject(ours, batches)) },
      { name: 'appender, row by row', run: () => fresh(theirs, () => append(theirs, beans)) },
    ];
    const table = { l3_clickstream: specTables['l3_clickstream'] ?? '' };
    const check = async (): Promise<void> => void (await compareDatabases(ours, theirs, table));
    const runs = await inTurns(contestants, { rounds, warmUps, settle: !smoke, check });
    const rows = contestants.map(({ name }, i) => {
      const ms = spreadBy(runs[i] ?? [], (r) => r.ms);
      return [name, durations(ms), formatRate(beans.length, ms.median)];
    });
    return {
      workload: [`${formatCount(beans.length)} rows of l3_clickstream, all equal; ${roundsText(rounds)}.`],
      tables: [{ columns: ['', '>median (min–max)', '>rows/s'], rows }],
      figures: Object.fromEntries(contestants.map(({ name }, i) => [name, runs[i]?.map((r) => r.ms)])),
    };
  },
};
