/** What is used of DuckDB's client. The build puts the package into this module, which then loads in a fraction of the time. */
export {
  BIGINT,
  DATE,
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBTableFunction,
  INTEGER,
  SMALLINT,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBValue,
} from '@duckdb/node-api';
