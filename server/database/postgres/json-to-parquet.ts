import { rm } from 'node:fs/promises';
import { DuckDBInstance } from '../duckdb/node-api.js';
import { bytes } from '../duckdb/phases.js';

/**
 * Turn a file of JSON lines into a Parquet file, by a DuckDB of its own in memory; types are DuckDB's names. What takes more than so
 * many bytes lies beside the Parquet file meanwhile.
 */
export async function jsonToParquet(
  json: string,
  columns: readonly (readonly [name: string, type: string])[],
  parquet: string,
  memory: number,
): Promise<void> {
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const types = columns.map(([name, type]) => `${quote(name)}: ${quote(type)}`).join(', ');
  const spill = `${parquet}.tmp`;
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: bytes(memory), threads: '1', temp_directory: spill });
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
    await rm(spill, { recursive: true, force: true });
  }
}
