/** No visitor becomes two because a key was changed or lost. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { LmdbStore } from '#engine/store/lmdb-store.js';
import { openForWriting } from '#server/dataset.js';
import { importing, line, NOW, working } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemillHere } from '../support/tidemill.js';

const keyOf = (data: string): string => path.join(data, 'analytics', 'visitor.key');
const open = async (data: string): Promise<string> => {
  const { store, visitorKey } = await openForWriting({ data, name: 'analytics', environment: {} });
  await store.close();
  return visitorKey;
};

/** A data folder with a dataset in which something was counted. */
async function counted(): Promise<string> {
  const data = temporaryFolder();
  const file = path.join(data, 'lines.txt');
  writeFileSync(file, line(NOW));
  await working(data, {}, (workshop) => importing(workshop, [file]));
  return data;
}

/** Change the first character, which is a hex digit. */
function change(file: string): void {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, `${text.startsWith('0') ? '1' : '0'}${text.slice(1)}`);
}

test.for([
  ['changed', change, 'is not the one'],
  ['gone', (file: string) => rmSync(file), 'is missing'],
  ['empty', (file: string) => writeFileSync(file, '\n'), 'is empty'],
] as const)('a key that is %s is refused and not replaced, until it is put back or another one is accepted', async ([, spoil, says]) => {
  const data = await counted();
  const file = keyOf(data);
  const key = readFileSync(file, 'utf8');
  spoil(file);
  const spoiled = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  await expect(open(data)).rejects.toMatchObject({ code: 'TM_ERR_VISITOR_KEY', message: expect.stringContaining(says) });
  expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(spoiled);
  for (const command of ['process', 'verify']) {
    const { code, stderr } = await tidemillHere([command, '--data', data]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('TM_ERR_VISITOR_KEY')]);
  }
  // What only looks needs no key.
  expect(await tidemillHere(['locations', '--data', data])).toMatchObject({ code: 0 });

  writeFileSync(file, key);
  expect(await open(data)).toBe(key.trim());
  spoil(file);
  expect(await tidemillHere(['accept-key', '--data', data])).toMatchObject({ code: 0, stdout: expect.stringContaining(file) });
  const accepted = await open(data);
  expect(accepted).not.toBe(key.trim());
  expect(accepted).toBe(readFileSync(file, 'utf8').trim());
  writeFileSync(file, key);
  await expect(open(data)).rejects.toMatchObject({ code: 'TM_ERR_VISITOR_KEY' });
});

test('while nothing is counted a key may be changed', async () => {
  const data = temporaryFolder();
  const first = await open(data);
  change(keyOf(data));
  expect(await open(data)).not.toBe(first);
  rmSync(keyOf(data));
  expect(await open(data)).toMatch(/^[0-9a-f]{64}$/);
});

test('a store of an older version takes the key that is there, and refuses to go on without one', async () => {
  const data = await counted();
  const forget = async (): Promise<void> => {
    const store = await LmdbStore.open(path.join(data, 'analytics', 'store'), 'analytics', 'write');
    await store.commit({ records: [{ kind: 'dataset', key: 'visitorKey', value: undefined }] });
    await store.close();
  };
  const key = readFileSync(keyOf(data), 'utf8');
  await forget();
  expect(await open(data)).toBe(key.trim());
  change(keyOf(data));
  await expect(open(data)).rejects.toMatchObject({ code: 'TM_ERR_VISITOR_KEY' });
  rmSync(keyOf(data));
  await forget();
  await expect(open(data)).rejects.toMatchObject({ code: 'TM_ERR_VISITOR_KEY' });
  expect(existsSync(keyOf(data))).toBe(false);
});
