/** A package of the spool when the disk fails while it is made or closed. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { closePackage, OpenPackage, type NewPackage } from '#server/capture/spool/open-package.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { failSync } from './failing-sync.js';

const AT = 'oirawdata/2026/03/02/sensor-000002-1772452800000';
const TWIN = { package: 'sesrawdata/2026/03/02/sensor-000001-1772452800000', bytes: 0 };

function newPackage(): NewPackage & { readonly folder: string } {
  const spool = temporaryFolder();
  return { spool, package: AT, day: 20_514, since: 1_772_452_800_000, twin: TWIN, folder: path.join(spool, AT) };
}

test('whatever could not be brought to the disk: nothing of the package is left', async () => {
  let failures = 0;
  for (;;) {
    const made = newPackage();
    const failed = failSync(failures + 1);
    const error: unknown = await OpenPackage.create(made).then(
      (p) => p.close(),
      (cause: unknown) => cause,
    );
    if (!failed()) break;
    failures++;
    expect(error).toMatchObject({ code: 'EIO' });
    expect(existsSync(made.folder)).toBe(false);
  }
  // The twin, the data file, and the folders from the package's up to the spool.
  expect(failures).toBe(8);
});

test('a package that is there is not made, and not touched', async () => {
  const made = newPackage();
  mkdirSync(made.folder, { recursive: true });
  writeFileSync(path.join(made.folder, 'data.txt.temp'), 'lines');
  await expect(OpenPackage.create(made)).rejects.toMatchObject({ code: 'EEXIST' });
  expect(readdirSync(made.folder)).toEqual(['data.txt.temp']);
});

test('closing again what was closed as far as its name, or is gone', async () => {
  const made = newPackage();
  const p = await OpenPackage.create(made);
  const lines = Buffer.from('{"a":1}\n');
  await p.write(lines);
  p.keep(lines.length, 1);
  failSync(1);
  await expect(p.close()).rejects.toMatchObject({ code: 'EIO' });
  expect(p.closing).toBe(true);
  await p.close();
  expect(readdirSync(made.folder)).toEqual(['data.txt', 'data.txt.crc']);
  rmSync(made.folder, { recursive: true });
  await closePackage(made.folder);
});

test('a folder without a data file is not closed', async () => {
  const { folder } = newPackage();
  mkdirSync(folder, { recursive: true });
  await expect(closePackage(folder)).rejects.toMatchObject({ code: 'ENOENT' });
});
