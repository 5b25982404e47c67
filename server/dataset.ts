import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fail } from './errors.js';
import { zone } from '../engine/period.js';
import { LmdbStore } from '../engine/store/lmdb-store.js';
import { existingFolder, folderOf, storeFolder, type DatasetOptions } from './dataset-folder.js';
import { loadDeclarations, type Declarations } from './declarations.js';
import { readSettings, type Settings } from './settings.js';

/** An open dataset. */
export interface Dataset extends Declarations {
  readonly name: string;
  readonly folder: string;
  readonly settings: Settings;
  readonly store: LmdbStore;
  readonly database: string;
  /** The key of the hash that stands for a visitor without an id. */
  readonly visitorKey: string;
}

const ZONE_RECORD = { kind: 'dataset', key: 'timeZone' } as const;

/**
 * Open a dataset to look at it. Errors: TM_ERR_DATASET_UNKNOWN, TM_ERR_SETTINGS, TM_ERR_DECLARATION, those of the store.
 */
export async function openForReading(options: DatasetOptions): Promise<Dataset> {
  const folder = existingFolder(options);
  return assemble(options, folder, readSettings(folder, options.environment), 'read');
}

/**
 * Open a dataset to work on it; it is made where there is none, with the zone `timeZone`.
 * Errors: as openForReading, and TM_ERR_ZONE, TM_ERR_DATASET_ZONE, TM_ERR_STORE_LOCKED.
 */
export async function openForWriting(options: DatasetOptions, timeZone?: string): Promise<Dataset> {
  const folder = folderOf(options);
  if (timeZone !== undefined) zone(timeZone);
  let settings = readSettings(folder, options.environment);
  if (!LmdbStore.exists(storeFolder(folder))) {
    // The zone of the first import is the dataset's for good: it is written down also where it came from elsewhere.
    const file = path.join(folder, 'dataset.json');
    const own = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { timeZone?: string }) : {};
    if (own.timeZone === undefined) {
      settings = { ...settings, timeZone: timeZone ?? settings.timeZone };
      writeWhole(file, `${JSON.stringify({ timeZone: settings.timeZone, ...own }, null, 2)}\n`);
    }
  }
  if (timeZone !== undefined && timeZone !== settings.timeZone) {
    throw fail('TM_ERR_DATASET_ZONE', `the dataset '${options.name}' has the time zone ${settings.timeZone}, not ${timeZone}`);
  }
  return assemble(options, folder, settings, 'write');
}

async function assemble(options: DatasetOptions, folder: string, settings: Settings, mode: 'read' | 'write'): Promise<Dataset> {
  const declarations = await loadDeclarations(folder, settings.processors);
  const store = await openStore(folder, settings, options.name, mode);
  try {
    return {
      ...declarations,
      name: options.name,
      folder,
      settings,
      store,
      database: options.database ?? options.environment['TIDEMILL_DATABASE'] ?? path.join(folder, 'analytics.duckdb'),
      visitorKey: mode === 'write' ? await visitorKey(folder) : '',
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openStore(folder: string, settings: Settings, name: string, mode: 'read' | 'write'): Promise<LmdbStore> {
  const store = await LmdbStore.open(storeFolder(folder), name, mode);
  try {
    await checkZone(store, settings, name, mode);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Days are cut in the zone of the first import: a later edit of dataset.json must not mix two kinds of days. */
async function checkZone(store: LmdbStore, settings: Settings, name: string, mode: 'read' | 'write'): Promise<void> {
  const cutIn = store.record(ZONE_RECORD.kind, ZONE_RECORD.key);
  if (cutIn === undefined) {
    if (mode === 'write') await store.commit({ records: [{ ...ZONE_RECORD, value: settings.timeZone }] });
  } else if (cutIn !== settings.timeZone) {
    throw fail(
      'TM_ERR_DATASET_ZONE',
      `the days of the dataset '${name}' were cut in ${JSON.stringify(cutIn)}, but its settings say ${settings.timeZone}`,
    );
  }
}

/** A secret of the dataset, so that nobody can try out addresses against the hashes. Errors: TM_ERR_SETTINGS. */
async function visitorKey(folder: string): Promise<string> {
  const file = path.join(folder, 'visitor.key');
  if (!existsSync(file)) {
    // Not before it is needed: to load it takes 10 ms, and most commands only read.
    const { randomBytes } = await import('node:crypto');
    writeWhole(file, `${randomBytes(32).toString('hex')}\n`, 0o600);
  }
  const key = readFileSync(file, 'utf8').trim();
  if (key === '')
    throw fail(
      'TM_ERR_SETTINGS',
      `${file} is empty: put back the key that was in it, or remove the file to count visitors without an id anew`,
    );
  return key;
}

/** Write a file that is there whole or not at all. Errors: TM_ERR_STORE_UNREADABLE. */
function writeWhole(file: string, text: string, mode = 0o666): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(`${file}.temp`, text, { mode });
    renameSync(`${file}.temp`, file);
  } catch (cause) {
    throw fail('TM_ERR_STORE_UNREADABLE', `${file} cannot be written: ${(cause as Error).message}`, { cause });
  }
}
