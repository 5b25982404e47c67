import path from 'node:path';
import { fail } from './errors.js';
import { isSameZone, zone } from '../engine/period.js';
import { LmdbStore } from '../engine/store/lmdb-store.js';
import type { Topology } from '../engine/processor.js';
import { checkDatabaseUrl } from './database/url.js';
import { existingFolder, folderOf, storeFolder, type DatasetOptions } from './dataset-folder.js';
import { loadDeclarations, type Declarations } from './declarations.js';
import { memoryBudget } from './memory.js';
import { rawSettings, readSettings, settingsFile, type Settings } from './settings.js';
import { visitorKey } from './visitor-key.js';
import { writeWhole } from './write-whole.js';

/** An open dataset. */
export interface Dataset extends Declarations {
  readonly name: string;
  readonly folder: string;
  readonly settings: Settings;
  readonly store: LmdbStore;
  readonly database: string;
  /** Bytes that work on it may hold. */
  readonly memory: number;
  /** The key of the hash that stands for a visitor without an id. */
  readonly visitorKey: string;
}

const ZONE_RECORD = { kind: 'dataset', key: 'timeZone' } as const;

/**
 * Open a dataset to look at it. Errors: TM_ERR_DATASET_UNKNOWN, TM_ERR_SETTINGS, TM_ERR_DECLARATION, TM_ERR_PROCESSOR_LOAD,
 * TM_ERR_DATABASE_URL, those of the store.
 */
export async function openForReading(options: DatasetOptions): Promise<Dataset> {
  return { ...(await assemble(options, existingFolder(options), 'read')), visitorKey: '' };
}

/** Open a dataset that is there to work on it without reading its key. Errors: as openForReading, and TM_ERR_STORE_LOCKED. */
export async function openWithoutKey(options: DatasetOptions): Promise<Omit<Dataset, 'visitorKey'>> {
  return assemble(options, existingFolder(options), 'write');
}

/**
 * Open a dataset to work on it; it is made where there is none, with the zone `timeZone`.
 * Errors: as openForReading, and TM_ERR_ZONE, TM_ERR_DATASET_ZONE, TM_ERR_STORE_LOCKED, TM_ERR_VISITOR_KEY.
 */
export async function openForWriting(options: DatasetOptions, timeZone?: string): Promise<Dataset> {
  if (timeZone !== undefined) zone(timeZone);
  const dataset = await assemble(options, folderOf(options), 'write', timeZone);
  try {
    return { ...dataset, visitorKey: await visitorKey(dataset.folder, dataset.store) };
  } catch (error) {
    await dataset.store.close();
    throw error;
  }
}

async function assemble(
  options: DatasetOptions,
  folder: string,
  mode: 'read' | 'write',
  wantedZone?: string,
): Promise<Omit<Dataset, 'visitorKey'>> {
  // What is wrong is told before a store is made.
  const before = readSettings(folder, options.environment);
  if (ownZone(folder) !== undefined) checkWanted(options.name, before, wantedZone);
  const database = options.database ?? options.environment['TIDEMILL_DATABASE'] ?? path.join(folder, 'analytics.duckdb');
  checkDatabaseUrl(database);
  const declarations = await loadDeclarations(folder, before.processors, before.scheduler.taskTimeout);
  checkRetention(folder, before, declarations.topology);
  const store = await LmdbStore.open(storeFolder(folder), options.name, mode);
  try {
    const settings = mode === 'write' ? await settle(store, folder, options, wantedZone) : before;
    checkZone(store, settings, options.name);
    return {
      ...declarations,
      name: options.name,
      folder,
      settings,
      store,
      database,
      memory: memoryBudget(settings.memory),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The settings, as they are now that the store is locked: another process may have made the dataset until then. */
async function settle(store: LmdbStore, folder: string, options: DatasetOptions, wantedZone: string | undefined): Promise<Settings> {
  let settings = readSettings(folder, options.environment);
  const isNew = store.record(ZONE_RECORD.kind, ZONE_RECORD.key) === undefined;
  if (isNew && ownZone(folder) === undefined) {
    // The zone of the first import is the dataset's for good: it is written down also where it came from elsewhere.
    settings = { ...settings, timeZone: wantedZone ?? settings.timeZone };
    const own = { timeZone: settings.timeZone, ...(rawSettings(settingsFile(folder)) as object) };
    await writeWhole(settingsFile(folder), `${JSON.stringify(own, null, 2)}\n`, 0o600);
  }
  checkWanted(options.name, settings, wantedZone);
  if (isNew) await store.commit({ records: [{ ...ZONE_RECORD, value: settings.timeZone }] });
  return settings;
}

/** The zone that is written down. */
function ownZone(folder: string): string | undefined {
  return (rawSettings(settingsFile(folder)) as { timeZone?: string }).timeZone;
}

function checkWanted(name: string, { timeZone }: Settings, wanted: string | undefined): void {
  if (wanted !== undefined && !isSameZone(wanted, timeZone))
    throw fail('TM_ERR_DATASET_ZONE', `the dataset '${name}' has the time zone ${timeZone}, not ${wanted}`);
}

function checkRetention(folder: string, { retention }: Settings, { locations }: Topology): void {
  for (const name of Object.keys(retention)) {
    if (locations.has(name)) continue;
    const there = [...locations.keys()].join(', ');
    throw fail('TM_ERR_SETTINGS', `${settingsFile(folder)}: retention.${name}: there is no such location. There are: ${there}`);
  }
}

/** Days are cut in the zone of the first import: a later edit of dataset.json must not mix two kinds of days. */
function checkZone(store: LmdbStore, { timeZone }: Settings, name: string): void {
  const cutIn = store.record(ZONE_RECORD.kind, ZONE_RECORD.key) as string | undefined;
  if (cutIn !== undefined && !isSameZone(cutIn, timeZone))
    throw fail('TM_ERR_DATASET_ZONE', `the days of the dataset '${name}' were cut in ${cutIn}, but its settings say ${timeZone}`);
}
