import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openForWriting } from '#server/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = temporaryFolder();

test.for([
  ['UTC', 'Asia/Kathmandu'],
  ['Asia/Kathmandu', 'UTC'],
])('of two that begin a dataset at once one does, and its zone stays: %s and %s', async (zones) => {
  const data = path.join(folder, zones.join('-').replace('/', '-'));
  const outcomes = await Promise.allSettled(zones.map((zone) => openForWriting({ data, name: 'analytics', environment: {} }, zone)));
  const won = outcomes.flatMap((o) => (o.status === 'fulfilled' ? [o.value] : []));
  const lost = outcomes.flatMap((o) => (o.status === 'rejected' ? [(o.reason as { code: string }).code] : []));
  expect(won).toHaveLength(1);
  expect(lost).toEqual(['TM_ERR_STORE_LOCKED']);
  const { settings, store } = won[0] as Awaited<ReturnType<typeof openForWriting>>;
  const own = path.join(data, 'analytics');
  expect(JSON.parse(readFileSync(path.join(own, 'dataset.json'), 'utf8'))).toEqual({ timeZone: settings.timeZone });
  expect(readdirSync(own).toSorted()).toEqual(['dataset.json', 'store', 'visitor.key']);
  // There may be tokens in the first, and the last is a secret.
  for (const file of ['dataset.json', 'visitor.key']) expect(statSync(path.join(own, file)).mode & 0o077, file).toBe(0);
  await store.close();
  // And so it is the next time.
  const again = await openForWriting({ data, name: 'analytics', environment: {} });
  expect(again.settings.timeZone).toBe(settings.timeZone);
  await again.store.close();
});
