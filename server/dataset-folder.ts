import path from 'node:path';
import { fail } from './errors.js';
import { LmdbStore } from '../engine/store/lmdb-store.js';

/** Which dataset a command works on, and how. */
export interface DatasetOptions {
  /** The folder of all datasets. */
  readonly data: string;
  readonly name: string;
  /** A path or URL in place of `analytics.duckdb` in the dataset's folder. */
  readonly database?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Errors: TM_ERR_DATASET_NAME. */
export function folderOf({ data, name }: Pick<DatasetOptions, 'data' | 'name'>): string {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(name) || /^\.+$/.test(name))
    throw fail('TM_ERR_DATASET_NAME', `'${name}' is not a name for a dataset`);
  return path.join(path.resolve(data), name);
}

export function storeFolder(folder: string): string {
  return path.join(folder, 'store');
}

/** The folder of a dataset that is there. Errors: TM_ERR_DATASET_NAME, TM_ERR_DATASET_UNKNOWN, TM_ERR_STORE_UNREADABLE. */
export function existingFolder(options: Pick<DatasetOptions, 'data' | 'name'>): string {
  const folder = folderOf(options);
  if (!LmdbStore.exists(storeFolder(folder)))
    throw fail('TM_ERR_DATASET_UNKNOWN', `there is no dataset '${options.name}' in ${path.resolve(options.data)}`);
  return folder;
}

/**
 * Open what is stored of a dataset to look at it, for a command that needs nothing of its settings: reading them takes 25 ms
 * (zod), and somebody may look for what went wrong with them. Errors: as existingFolder, and those of the store.
 */
export async function openStoreForReading(options: Pick<DatasetOptions, 'data' | 'name'>): Promise<LmdbStore> {
  return LmdbStore.open(storeFolder(existingFolder(options)), options.name, 'read');
}
