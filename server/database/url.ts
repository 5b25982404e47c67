import { fail } from '../errors.js';

/** Whether a database is in PostgreSQL; else it is a file. */
export function isPostgres(url: string): boolean {
  return /^postgres(ql)?:\/\//i.test(url);
}

/** What can be said of a database without opening it. Errors: TM_ERR_DATABASE_URL. */
export function checkDatabaseUrl(url: string): void {
  if (isPostgres(url)) return;
  // The rest of an unknown URL stays untold: there may be a password in it.
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1];
  if (scheme !== undefined)
    throw fail(
      'TM_ERR_DATABASE_URL',
      `'${scheme}://' is not a kind of database that Tidemill knows: give a file path or a postgres:// URL`,
    );
  if (url === '') throw fail('TM_ERR_DATABASE_URL', 'The path of the database is empty');
}
