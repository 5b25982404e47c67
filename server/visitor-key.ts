import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { hash as Hash } from 'node:crypto';
import { fail } from './errors.js';
import { writeWhole } from './write-whole.js';
import type { LocationStore } from '../engine/index.js';

/**
 * The secret of a dataset for the hash that stands for a visitor without an id. With another one a visitor would be counted as
 * two, so the store has a digest of it, and nothing is counted with a key that does not match.
 */
const RECORD = { kind: 'dataset', key: 'visitorKey' } as const;
const RAW = ['oirawdata', 'sesrawdata'];

function fileOf(folder: string): string {
  return path.join(folder, 'visitor.key');
}

/**
 * The key of a dataset that is open for writing; a new one while nothing was counted with another. A store of an older version,
 * without a digest, takes the key that is there.
 * Errors: TM_ERR_VISITOR_KEY, TM_ERR_STORE_UNREADABLE, TM_ERR_DISK_FULL, those of the store.
 */
export async function visitorKey(folder: string, store: LocationStore): Promise<string> {
  // What only looks does without the 10 ms that it takes to load this.
  const { hash, randomBytes } = await import('node:crypto');
  const file = fileOf(folder);
  const digest = store.record(RECORD.kind, RECORD.key);
  const isCounted = (): boolean => RAW.some((location) => store.packages(location).length > 0);
  if (!existsSync(file)) {
    if (isCounted()) throw refused(file, 'is missing');
    await writeWhole(file, `${randomBytes(32).toString('hex')}\n`, 0o600);
  }
  const key = readFileSync(file, 'utf8').trim();
  if (key === '') throw refused(file, 'is empty');
  const own = digestOf(hash, key);
  if (digest !== own) {
    if (digest !== undefined && isCounted()) throw refused(file, 'is not the one that visitors of this dataset were counted with');
    await store.commit({ records: [{ ...RECORD, value: own }] });
  }
  return key;
}

/** See that visitors can be counted on with the key that is there. Errors: TM_ERR_VISITOR_KEY, TM_ERR_STORE_CORRUPT. */
export async function checkVisitorKey(folder: string, store: LocationStore): Promise<void> {
  const digest = store.record(RECORD.kind, RECORD.key);
  if (digest === undefined) return;
  const { hash } = await import('node:crypto');
  const file = fileOf(folder);
  if (!existsSync(file)) throw refused(file, 'is missing');
  if (digest !== digestOf(hash, readFileSync(file, 'utf8').trim()))
    throw refused(file, 'is not the one that visitors of this dataset were counted with');
}

/**
 * From now on the key of a dataset is what its file has, or, where there is none, a new one. Visitors without an id are
 * counted anew. Errors: as visitorKey.
 */
export async function acceptVisitorKey(folder: string, store: LocationStore): Promise<{ readonly file: string; readonly isNew: boolean }> {
  const { hash, randomBytes } = await import('node:crypto');
  const file = fileOf(folder);
  const there = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  const key = there === '' ? randomBytes(32).toString('hex') : there;
  if (there === '') await writeWhole(file, `${key}\n`, 0o600);
  await store.commit({ records: [{ ...RECORD, value: digestOf(hash, key) }] });
  return { file, isNew: there === '' };
}

function digestOf(hash: typeof Hash, key: string): string {
  return hash('sha256', `tidemill visitor.key\0${key}`, 'hex');
}

function refused(file: string, what: string): Error {
  return fail(
    'TM_ERR_VISITOR_KEY',
    `${file} ${what}. Put the file back from a backup; if there is none, tidemill accept-key goes on with another key, and visitors without an id are counted anew`,
  );
}
