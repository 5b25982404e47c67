import { DuckDBInstance } from '../duckdb/node-api.js';

/** Turn a file of JSON lines into a Parquet file, by a DuckDB of its own in memory; types are DuckDB's names. */
export async function jsonToParquet(
  json: string,
  columns: readonly (readonly [name: string, type: string])[],
  parquet: string,
): Promise<void> {
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const types = columns.map(([name, type]) => `${quote(name)}: ${quote(type)}`).join(', ');
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '256MB' });
  try {
    const connection = await instance.connect();
    try {
      const rows = `select * from read_json(${quote(json)}, format = 'newline_delimited', columns = {${types}})`;
      await connection.run(`copy (${rows}) to ${quote(parquet)} (format parquet, compression zstd)`);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}
