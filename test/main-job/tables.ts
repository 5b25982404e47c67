import { DuckDBInstance } from '@duckdb/node-api';

/** Columns that tell which job it was, and when, and in which order names of packages came about. */
const NOT_COMPARED: Readonly<Record<string, readonly string[]>> = { injection: ['job', 'injected_at', 'package'] };

/** The number of rows and a digest of the rows of every table of a DuckDB file, whatever their order. */
export async function tablesOf(database: string): Promise<Record<string, string>> {
  const instance = await DuckDBInstance.create(database, { access_mode: 'READ_ONLY' });
  const sql = await instance.connect();
  try {
    const all = async (query: string): Promise<Record<string, unknown>[]> => (await sql.runAndReadAll(query)).getRowObjectsJson();
    const found: Record<string, string> = {};
    for (const { name } of await all(
      "select table_name as name from information_schema.tables where table_name not like 'tidemill_%' order by 1",
    )) {
      const table = String(name);
      const columns = `columns(c -> c not in (${[...(NOT_COMPARED[table] ?? []), ''].map((c) => `'${c}'`).join()}))`;
      const [row] = await all(
        `select count(*) as n, md5(coalesce(string_agg(t, chr(10) order by t), '')) as digest from (select row(${columns})::varchar as t from ${table})`,
      );
      found[table] = `${String(row?.['n'])} rows, ${String(row?.['digest'])}`;
    }
    return found;
  } finally {
    sql.closeSync();
    instance.closeSync();
  }
}
