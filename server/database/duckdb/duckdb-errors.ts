import { TidemillError } from '../../../engine/errors.js';
import { isDiskFull } from '../../../engine/store/disk.js';
import { fail } from '../../errors.js';

/**
 * An error of DuckDB as one of ours. DuckDB gives its errors no codes over this interface, only a text: this is the one place that
 * reads it, and what it does not know is TM_ERR_DATABASE_FAILED.
 */
export function duckDbError(cause: unknown, file: string, isOpening = false): TidemillError {
  if (cause instanceof TidemillError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const first = text.split('\n', 1)[0] as string;
  if (isDiskFull(cause) || text.includes('max_temp_directory_size')) {
    return fail('TM_ERR_DISK_FULL', `No space for ${file}: ${first}`, { cause });
  }
  if (/Could not set lock on file|being used by another process/i.test(text)) return lockedError(file, first, cause);
  if (text.startsWith('Out of Memory Error')) {
    return fail('TM_ERR_DATABASE_MEMORY', `${file}: ${first}`, { cause, data: { file } });
  }
  if (/database file with version number .* newer version of DuckDB/i.test(text)) {
    return fail('TM_ERR_DATABASE_VERSION', `${file} is of a newer DuckDB: ${first}`, { cause, data: { file } });
  }
  if (isDamage(text)) {
    return fail('TM_ERR_DATABASE_DAMAGED', `${file} is damaged, or no DuckDB file: ${first}`, { cause, data: { file } });
  }
  if (isOpening) return fail('TM_ERR_DATABASE_UNAVAILABLE', `${file} cannot be opened: ${first}`, { cause, data: { file } });
  return fail('TM_ERR_DATABASE_FAILED', `${file}: ${text}`, { cause, data: { file } });
}

/** What DuckDB says of a file that is not, or no longer, what it wrote: of its head, of a block, of its end, of what a block holds. */
function isDamage(text: string): boolean {
  return /Corrupt (database|WAL) file|not a valid DuckDB database file|Could not read enough bytes from file|Serialization Error/i.test(
    text,
  );
}

export function lockedError(file: string, why: string, cause?: unknown): TidemillError {
  return fail('TM_ERR_DATABASE_LOCKED', `${file} is open elsewhere: ${why}`, { ...(cause === undefined ? {} : { cause }), data: { file } });
}

/** Whether DuckDB has given up on the open database: it must be opened again before it does anything more. */
export function isFatal(cause: unknown): boolean {
  return cause instanceof Error && /database has been invalidated|^FATAL Error|^INTERNAL Error/.test(cause.message);
}
