import { DuckDBInstance } from '@duckdb/node-api';

/** The tables of spec §6 with their columns there, by hand and not from the beans: a column that both lacked would be missed. */
const PERIOD_TABLES: Readonly<Record<string, string>> = {
  l3_objecttype: 'type, views',
  l3_object: 'type, object, views',
  l3_download: 'type, object, downloads',
  l3_internalsearch: 'term, searches',
  l3_session: 'sessions, impressions, bounces, duration_ms',
  l3_browser: 'browser, sessions, impressions',
  l3_os: 'os, sessions, impressions',
  l3_device: 'device, sessions, impressions',
  l3_sessionentry: 'object, sessions, bounces',
  l3_sessionexit: 'object, sessions',
  l3_clickstream: 'object_from, object_to, clicks',
  l3_referrer: 'referrer, sessions, impressions',
  l3_ip: 'ip, sessions, impressions',
  l3_sessionhour: 'hour, sessions, impressions',
  l3_sessionduration: 'from_s, sessions',
  l3_visitor: 'visitors, sessions, impressions',
  l3_country: 'country, visitors, sessions, impressions',
  l3_region: 'country, region, visitors, sessions, impressions',
  l3_city: 'country, region, city, visitors, sessions, impressions',
  l3_segment: 'segment, visitors, sessions, impressions',
  l3_recommendation: 'recommendation, visitors, sessions, impressions',
};

export const specTables: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(PERIOD_TABLES).map(([table, columns]) => [table, `granularity, period, site, ${columns}`])),
  l2_object: 'site, object, type, name, first_seen, last_seen',
};

const SHOWN = 3;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * Compare two DuckDB files row by row, both ways, in the columns of the tables. Answers the number of rows of each; throws
 * with the first rows that only one of them has.
 */
export async function compareDatabases(a: string, b: string, tables: Readonly<Record<string, string>> = specTables): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:');
  const sql = await instance.connect();
  try {
    await sql.run(`attach ${literal(a)} as a (read_only)`);
    await sql.run(`attach ${literal(b)} as b (read_only)`);
    const rows = async (query: string): Promise<unknown[]> => (await sql.runAndReadAll(query)).getRowObjectsJson();
    const problems: string[] = [];
    let count = 0;
    for (const [table, columns] of Object.entries(tables)) {
      const only = (here: string, there: string): string =>
        `(select ${columns} from ${here}.${table} except all select ${columns} from ${there}.${table})`;
      const [sizes] = (await rows(`select count(*) as n, (select count(*) from ${only('a', 'b')}) as "onlyA",
        (select count(*) from ${only('b', 'a')}) as "onlyB" from a.${table}`)) as [Record<'n' | 'onlyA' | 'onlyB', string>];
      count += Number(sizes.n);
      for (const [file, n, query] of [
        [a, sizes.onlyA, only('a', 'b')],
        [b, sizes.onlyB, only('b', 'a')],
      ] as const) {
        if (n === '0') continue;
        const some = await rows(`from ${query} order by all limit ${SHOWN}`);
        problems.push(`${table}: ${n} rows are in ${file} only`, ...some.map((row) => `  ${JSON.stringify(row)}`));
      }
    }
    if (problems.length > 0) throw new Error(`the databases differ\n${problems.join('\n')}`);
    if (count === 0) throw new Error(`there is nothing in ${a} to compare`);
    return count;
  } finally {
    sql.closeSync();
    instance.closeSync();
  }
}
