/**
 * What the analytics database must hold, worked out from raw lines independently of the engine: every table of spec §6 but the
 * ledger. It keeps all lines in DuckDB's memory: it is for tests, and for a million lines or two.
 */
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { BIGINT, DuckDBDataChunk, DuckDBInstance, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import type { Filter } from './log-lines.js';
import { fromLog } from './log-lines.js';
import type { Impression } from './raw-lines.js';
import { checked, decoded, parsed, rawLines, Refused, settledTerm } from './raw-lines.js';
import { expectedTables, LOOKED_UP, quote, stages } from './tables.js';

export interface OracleOptions {
  /** IANA time zone of the dataset; default UTC. */
  readonly zone?: string;
  /** Default 30. */
  readonly timeoutMinutes?: number;
  /** The hosts of each site. */
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  /** The clock that the import had, ms; default now. */
  readonly now?: number;
  /**
   * Default 'impressions'. 'log' is common and combined, 'vhost' is vhost_combined; of logs, the tables of looked-up columns
   * are left out, and `keep` must name 'bot', since neither can be worked out here.
   */
  readonly format?: 'impressions' | 'log' | 'vhost';
  /** The site of a log's lines; default 'default'. */
  readonly site?: string;
  readonly keep?: readonly Filter[];
}

/** `read = accepted + rejected + filtered + duplicate`; empty lines are not read. */
export interface Tally {
  read: number;
  accepted: number;
  duplicate: number;
  rejected: Record<string, number>;
  filtered: Record<string, number>;
}

export type Row = Readonly<Record<string, unknown>>;

/** A table that is not as it should be. */
export interface Difference {
  readonly table: string;
  /** Columns that are missing, of another type or in another order, or why the table cannot be read. */
  readonly problem?: string;
  /** How many rows there should be, and are. */
  readonly expected: number;
  readonly actual: number;
  /** Rows that should be there and are not, and the other way round: how many, and up to 3 of them. */
  readonly missing: number;
  readonly unexpected: number;
  readonly missingRows: readonly Row[];
  readonly unexpectedRows: readonly Row[];
}

export interface Oracle {
  readonly tally: Tally;
  /** Names of the tables that can be worked out. */
  readonly tables: readonly string[];
  /** The rows of a table, ordered by all its columns, as JSON values (BIGINT is a string). */
  rows(table: string): Promise<Row[]>;
  /** Compare a DuckDB file that nobody has open for writing; [] if all tables are equal. */
  differences(database: string): Promise<Difference[]>;
  /** Write the tables to a new DuckDB file. */
  write(database: string): Promise<void>;
  close(): void;
}

const COLUMNS = [
  'site', 'action', 'object', 'type', 'name', 'term', 'session', 'visitor', 'ip', 'agent', 'referrer', ...LOOKED_UP, 'id',
] as const satisfies readonly (keyof Impression)[]; // prettier-ignore
const LISTS = ['segments', 'recommendations'] as const;

/** Read files (or bytes) in order and work out the tables. Close it after use. */
export async function oracle(sources: readonly (string | Uint8Array)[], options: OracleOptions = {}): Promise<Oracle> {
  if ((options.format ?? 'impressions') !== 'impressions' && !options.keep?.includes('bot')) {
    throw new TypeError("the oracle cannot tell robots: keep 'bot'");
  }
  // So few lines are no work to share: a second thread would cost more than it does.
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const sql = await instance.connect();
  const tally = await readLines(sql, sources, options);
  await sql.run(stages(options.zone ?? 'UTC', options.timeoutMinutes ?? 30, options.hosts ?? {}));
  const [[accepted]] = (await sql.runAndReadAll('select count(*) from hit')).getRows() as [[bigint]];
  tally.duplicate = tally.accepted - Number(accepted);
  tally.accepted = Number(accepted);
  const expected = expectedTables((options.format ?? 'impressions') === 'impressions');
  for (const [table, query] of Object.entries(expected)) await sql.run(`create table ${table} as ${query}`);
  const tables = Object.keys(expected);
  return {
    tally,
    tables,
    rows: async (table) => (await sql.runAndReadAll(`from ${table} order by all`)).getRowObjectsJson(),
    differences: async (database) => {
      await sql.run(`attach ${quote(database)} as actual (read_only)`);
      try {
        const all: Difference[] = [];
        for (const table of tables) {
          const d = await compare(sql, table);
          if (d !== undefined) all.push(d);
        }
        return all;
      } finally {
        await sql.run('detach actual');
      }
    },
    write: async (database) => {
      await sql.run(`attach ${quote(database)} as written`);
      for (const table of tables) await sql.run(`create table written.${table} as from ${table}`);
      await sql.run('detach written');
    },
    close: () => {
      sql.closeSync();
      instance.closeSync();
    },
  };
}

/** All tables of a database file that are not as the raw lines say. */
export async function differences(
  database: string,
  sources: readonly (string | Uint8Array)[],
  options: OracleOptions = {},
): Promise<Difference[]> {
  const o = await oracle(sources, options);
  try {
    return await o.differences(database);
  } finally {
    o.close();
  }
}

/** Table `line`: the lines that break no rule, duplicates among them. */
async function readLines(sql: DuckDBConnection, sources: readonly (string | Uint8Array)[], options: OracleOptions): Promise<Tally> {
  const { format = 'impressions', site = 'default', keep = [], now = Date.now() } = options;
  const log = { site, keep, virtualHosts: format === 'vhost' };
  await sql.run(
    `create table line(pos bigint, t bigint, ${COLUMNS.map((c) => `${c} varchar`).join()}, ${LISTS.map((c) => `${c} varchar[]`).join()})`,
  );
  const appender = await sql.createAppender('line');
  const types = [BIGINT, BIGINT, ...COLUMNS.map(() => VARCHAR), ...LISTS.map(() => LIST(VARCHAR))];
  let rows: DuckDBValue[][] = [];
  const flush = (): void => {
    if (rows.length === 0) return;
    const chunk = DuckDBDataChunk.create(types, rows.length);
    chunk.setRows(rows);
    appender.appendDataChunk(chunk);
    rows = [];
  };
  const tally: Tally = { read: 0, accepted: 0, duplicate: 0, rejected: {}, filtered: {} };
  for (const source of sources) {
    for await (const bytes of rawLines(source)) {
      tally.read++;
      try {
        const text = decoded(bytes);
        const i = checked(format === 'impressions' ? parsed(text) : fromLog(text, log), now);
        i.term = settledTerm(i.term);
        rows.push([BigInt(tally.accepted++), BigInt(i.time), ...COLUMNS.map((c) => i[c]), ...LISTS.map((c) => listValue(i[c]))]);
        if (rows.length === 2048) flush();
      } catch (e) {
        if (!(e instanceof Refused)) throw e;
        const reasons = tally[e.as];
        reasons[e.reason] = (reasons[e.reason] ?? 0) + 1;
      }
    }
  }
  flush();
  appender.closeSync();
  return tally;
}

async function compare(sql: DuckDBConnection, table: string): Promise<Difference | undefined> {
  const actual = `actual.${table}`;
  const read = async (query: string): Promise<Row[]> => (await sql.runAndReadAll(query)).getRowObjectsJson();
  const shape = async (of: string): Promise<string[]> =>
    (await read(`describe ${of}`)).map((r) => `${String(r['column_name'])} ${String(r['column_type'])}`);
  const none = { table, expected: 0, actual: 0, missing: 0, unexpected: 0, missingRows: [], unexpectedRows: [] };
  const want = await shape(table);
  let have: string[];
  try {
    have = await shape(actual);
  } catch (e) {
    return { ...none, problem: (e as Error).message.split('\n')[0] ?? '' };
  }
  // A table may have more columns than spec §6 names, except for the sums.
  const named = table === 'l2_object' ? have.filter((c) => want.includes(c)) : have;
  if (named.join() !== want.join()) return { ...none, problem: `columns are ${have.join(', ')}; expected ${want.join(', ')}` };
  const columns = want.map((c) => c.split(' ')[0]).join();
  const minus = (a: string, b: string): string => `(select ${columns} from ${a} except all select ${columns} from ${b})`;
  const [counts] = await read(`select (select count(*) from ${table}) as e, (select count(*) from ${actual}) as a,
    (select count(*) from ${minus(table, actual)}) as m`);
  const [expected, got, missing] = ['e', 'a', 'm'].map((k) => Number(counts?.[k])) as [number, number, number];
  // Rows count as often as they come: what is there beyond those that should be is not expected.
  const unexpected = got - (expected - missing);
  if (missing === 0 && unexpected === 0) return undefined;
  const sample = (from: string): Promise<Row[]> => read(`from ${from} order by all limit 3`);
  return {
    table,
    expected,
    actual: got,
    missing,
    unexpected,
    missingRows: await sample(minus(table, actual)),
    unexpectedRows: await sample(minus(actual, table)),
  };
}
