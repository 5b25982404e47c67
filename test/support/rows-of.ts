import { Writable } from 'node:stream';
import type { AnalyticsDatabase, Row } from '#server/database/database.js';

/** The rows of a table in the order of its key, as `export` gives them. */
export async function rowsOf(database: AnalyticsDatabase, table: string): Promise<Row[]> {
  const pieces: Buffer[] = [];
  const out = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece);
      done();
    },
  });
  await database.exportTable(table, { format: 'json', out });
  const lines = Buffer.concat(pieces).toString().split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Row);
}
