import { fail } from '../errors.js';
import type { Driver, SqlSession } from './driver.js';
import { createTable } from './sql.js';
import { ledgerShape, type TableShape } from './table-shape.js';

interface Migration {
  readonly name: string;
  apply(session: SqlSession, driver: Driver): Promise<void>;
}

/**
 * Every step from an empty database to today's, in order; step i makes version i + 1. A step that was released is never changed.
 * The tables of bean types are no step: they come with their types.
 */
const migrations: readonly Migration[] = [
  {
    name: 'the ledger of injections, and what tables there are',
    async apply(session, driver) {
      await session.run(createTable(ledgerShape, driver));
      await session.run('create table tidemill_table (name varchar not null primary key, shape varchar not null)');
    },
  },
];

/** Bring the database to the newest version. Errors: TM_ERR_DATABASE_VERSION. */
export async function migrateAll(session: SqlSession, driver: Driver): Promise<void> {
  await session.run(
    'create table if not exists tidemill_migration (version integer not null primary key, name varchar not null, applied_at bigint not null)',
  );
  const version = await checkVersion(session, driver);
  for (const [i, migration] of migrations.entries()) {
    if (i < version) continue;
    await migration.apply(session, driver);
    await session.run('insert into tidemill_migration values ($1, $2, $3)', [i + 1, migration.name, Date.now()]);
  }
}

/** Make the tables that are missing, and see that the others are of the same shape. Errors: TM_ERR_DATABASE_TABLE. */
export async function ensureTables(session: SqlSession, driver: Driver, shapes: readonly TableShape[]): Promise<void> {
  const rows = await session.all('select name, shape from tidemill_table');
  const known = new Map(rows.map((row) => [String(row['name']), String(row['shape'])]));
  const missing: { readonly shape: TableShape; readonly wanted: string }[] = [];
  for (const shape of shapes) {
    const [wanted, there] = [JSON.stringify(shape), known.get(shape.table)];
    if (there === undefined) missing.push({ shape, wanted });
    else if (there !== wanted) throw otherShape(driver.name, JSON.parse(there) as TableShape, shape);
    known.set(shape.table, wanted);
  }
  if (missing.length === 0) return;
  // Together: of a new database's two dozen tables, with statements for each, this took 80 ms in place of 40 (measured).
  await session.run(missing.map(({ shape }) => createTable(shape, driver)).join(';\n'));
  const rowsOf = missing.map((_, i) => `($${2 * i + 1}, $${2 * i + 2})`);
  await session.run(
    `insert into tidemill_table values ${rowsOf.join(', ')}`,
    missing.flatMap(({ shape, wanted }) => [shape.table, wanted]),
  );
}

function otherShape(database: string, there: TableShape, wanted: TableShape): Error {
  const columns = (s: TableShape): string => s.columns.map((c) => c.name).join(', ');
  const text = `The table '${wanted.table}' of ${database} has (${columns(there)}), not (${columns(wanted)}), or another key or other measures`;
  return fail('TM_ERR_DATABASE_TABLE', text, { data: { table: wanted.table, there, wanted } });
}

/** The tables that bean types have made, and the ledger; none in a database that nobody has migrated. Errors: TM_ERR_DATABASE_VERSION. */
export async function readShapes(session: SqlSession, driver: Driver): Promise<TableShape[]> {
  const [own] = await session.all(
    "select count(*) as n from information_schema.tables where table_schema = current_schema() and table_name in ('tidemill_migration', 'tidemill_table')",
  );
  if (Number(own?.['n']) < 2) return [];
  await checkVersion(session, driver);
  const rows = await session.all('select shape from tidemill_table order by name');
  return [...rows.map((row) => JSON.parse(String(row['shape'])) as TableShape), ledgerShape];
}

async function checkVersion(session: SqlSession, driver: Driver): Promise<number> {
  const version = Number((await session.all('select coalesce(max(version), 0) as n from tidemill_migration'))[0]?.['n']);
  const known = migrations.length;
  if (version <= known) return version;
  throw fail(
    'TM_ERR_DATABASE_VERSION',
    `${driver.name} was set up by a newer Tidemill: it has version ${version}, and this one knows ${known}`,
    {
      data: { version, known },
    },
  );
}
