/** A bit that turns in the spool is found, or changes nothing that is counted; and takes no line with it but those of its batch. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { zone } from '#engine/index.js';
import { surveyPackage } from '#server/capture/spool/checks.js';
import { mendSpool } from '#server/capture/spool/mend.js';
import { findPackages, RAW_LOCATIONS } from '#server/capture/spool/names.js';
import { OpenPackage } from '#server/capture/spool/open-package.js';
import { Spool } from '#server/capture/spool/spool.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const NOON = Date.UTC(2026, 2, 2, 12);

/** A file's content by its path below the spool. */
type Files = ReadonlyMap<string, Buffer>;

function filesOf(spool: string): Map<string, Buffer> {
  const names = readdirSync(spool, { recursive: true, encoding: 'utf8' }).filter((f) => statSync(path.join(spool, f)).isFile());
  return new Map(names.toSorted().map((f) => [f, readFileSync(path.join(spool, f))]));
}

/** The files anew, in a spool of their own. */
function restore(spool: string, files: Files): void {
  rmSync(spool, { recursive: true, force: true });
  for (const [file, bytes] of files) {
    mkdirSync(path.dirname(path.join(spool, file)), { recursive: true });
    writeFileSync(path.join(spool, file), bytes);
  }
}

function flipped(files: Files, file: string, bit: number): Files {
  const bytes = Buffer.from(files.get(file)!);
  bytes[bit >> 3]! ^= 1 << (bit & 7);
  return new Map([...files, [file, bytes]]);
}

/** Lines of a location that are sound, and those that are not or were cut off. */
async function judged(spool: string, location: (typeof RAW_LOCATIONS)[number]): Promise<{ sound: string[]; aside: string }> {
  const sound: string[] = [];
  let aside = '';
  for (const { package: at } of await findPackages(spool, location)) {
    const folder = path.join(spool, at);
    const torn = path.join(folder, 'data.txt.torn');
    if (existsSync(torn)) aside += readFileSync(torn, 'latin1');
    if (!existsSync(path.join(folder, 'data.txt'))) continue;
    const bytes = readFileSync(path.join(folder, 'data.txt'));
    for (const stretch of await surveyPackage({ folder })) {
      const text = bytes.toString('latin1', stretch.start, stretch.end);
      if (stretch.sound) sound.push(...text.split('\n').filter((line) => line !== ''));
      else aside += text;
    }
  }
  return { sound, aside };
}

/** All batches are sound but for at most `most`, which were set aside: nothing else is. */
async function expectFound(
  spool: string,
  location: (typeof RAW_LOCATIONS)[number],
  { batches, most }: { readonly batches: readonly string[][]; readonly most: number },
): Promise<void> {
  const { sound, aside } = await judged(spool, location);
  expect(sound).toEqual(BATCHES.flat().filter((line) => sound.includes(line)));
  const missing = batches.filter((batch) => !batch.every((line) => sound.includes(line)));
  expect(missing.length).toBeLessThanOrEqual(most);
  if (missing.length > 0) expect(aside).not.toBe('');
}

const BATCHES = [['{"n":1}', '{"n":22}'], ['{"n":333}'], ['{"n":4}', '{"n":5}', '{"n":6666}']];

async function opened(folder: string): Promise<{ spool: Spool; add: (lines: readonly string[]) => Promise<void> }> {
  const { spool } = await Spool.open({
    folder,
    zone: zone('UTC'),
    thresholdMs: 3_600_000,
    commitMs: 1,
    clock: () => NOON,
    onClosed: () => undefined,
    onTrouble: () => undefined,
  });
  const add = (lines: readonly string[]): Promise<void> =>
    new Promise((resolve, reject) =>
      spool.append(lines.map((l) => `${l}\n`).join(''), lines.length, NOON, (error) => (error === undefined ? resolve() : reject(error))),
    );
  return { spool, add };
}

test('any bit of a closed package', async () => {
  const spool = path.join(temporaryFolder(), 'spool');
  const { spool: open, add } = await opened(spool);
  for (const batch of BATCHES) await add(batch);
  await open.close();
  const files = filesOf(spool);
  const inPackages = [...files.keys()].filter((f) => f.includes('/'));
  expect(inPackages.map((f) => path.basename(f))).toEqual(['data.txt', 'data.txt.crc', 'data.txt', 'data.txt.crc']);
  for (const location of RAW_LOCATIONS) expect(await judged(spool, location)).toEqual({ sound: BATCHES.flat(), aside: '' });
  for (const file of inPackages.slice(0, 2)) {
    for (let bit = 0; bit < files.get(file)!.length * 8; bit++) {
      writeFileSync(path.join(spool, file), flipped(files, file, bit).get(file)!);
      // The end of a check's line that turns takes the next one with it.
      await expectFound(spool, 'oirawdata', { batches: BATCHES, most: file.endsWith('.crc') ? 2 : 1 });
    }
    writeFileSync(path.join(spool, file), files.get(file)!);
  }
});

test('checks of a batch that could not be written are cut off with it', async () => {
  const spool = temporaryFolder();
  const at = 'oirawdata/2026/03/02/sensor-000002-1772452800000';
  const p = await OpenPackage.create({ spool, package: at, day: 20_514, since: NOON });
  const write = async (text: string): Promise<number> => {
    await p.write(Buffer.from(text));
    return text.length;
  };
  p.keep(await write('{"n":1}\n'), 1);
  await write('{"n":2}\n{"n":3}\n');
  await p.cut();
  p.keep(await write('{"n":4}\n'), 1);
  await p.close();
  expect(await judged(spool, 'oirawdata')).toEqual({ sound: ['{"n":1}', '{"n":4}'], aside: '' });
});

interface Cut {
  /** Bytes that the end of either data file lacks. */
  readonly torn?: Readonly<Partial<Record<string, number>>>;
  /** Whether the last check of either is not there. */
  readonly unchecked?: Readonly<Partial<Record<string, boolean>>>;
}

/** What a kill leaves of a spool. */
async function killed(): Promise<(cut: Cut) => Files> {
  const spool = path.join(temporaryFolder(), 'spool');
  const { spool: open, add } = await opened(spool);
  for (const batch of BATCHES) await add(batch);
  const whole = filesOf(spool);
  await open.close();
  return ({ torn = {}, unchecked = {} }) =>
    new Map(
      [...whole].map(([file, bytes]) => {
        const location = file.split('/')[0] as string;
        if (file.endsWith('.temp')) return [file, bytes.subarray(0, bytes.length - (torn[location] ?? 0))];
        if (file.endsWith('.crc') && unchecked[location] === true) return [file, bytes.subarray(0, bytes.lastIndexOf(10, -2) + 1)];
        return [file, bytes];
      }),
    );
}

const eachOf = <T>(value: fc.Arbitrary<T>) => fc.record({ oirawdata: value, sesrawdata: value });
const torn = eachOf(fc.constantFrom(0, 0, 5, 20));

test('property: any bit of what a crash left open', async () => {
  const crash = await killed();
  const spool = path.join(temporaryFolder(), 'spool');
  await fc.assert(
    fc.asyncProperty(torn, fc.nat(), fc.nat(), async (ends, of, where) => {
      const files = crash({ torn: ends });
      const names = [...files.keys()].filter((f) => f.includes('/'));
      const file = names[of % names.length] as string;
      restore(spool, flipped(files, file, where % (files.get(file)!.length * 8)));
      await mendSpool(spool);
      // The last batch was answered where neither file is torn; else it counts or not.
      const batches = ends.oirawdata + ends.sesrawdata === 0 ? BATCHES : BATCHES.slice(0, 2);
      for (const location of RAW_LOCATIONS) await expectFound(spool, location, { batches, most: file.endsWith('.crc') ? 2 : 1 });
    }),
    { numRuns: 150 },
  );
}, 30_000);

test('property: what one file has the other gets, also where a power cut took checks', async () => {
  const crash = await killed();
  const spool = path.join(temporaryFolder(), 'spool');
  await fc.assert(
    fc.asyncProperty(torn, eachOf(fc.boolean()), async (ends, unchecked) => {
      restore(spool, crash({ torn: ends, unchecked }));
      await mendSpool(spool);
      const [a, b] = [await judged(spool, 'oirawdata'), await judged(spool, 'sesrawdata')];
      expect(a.sound).toEqual(b.sound);
      const isWhole = ends.oirawdata === 0 || ends.sesrawdata === 0;
      expect(a.sound).toEqual(isWhole ? BATCHES.flat() : expect.arrayContaining(BATCHES.slice(0, 2).flat()));
    }),
    { numRuns: 50 },
  );
});

test('where both files have a batch otherwise than it was written, it is set aside in both', async () => {
  const spool = path.join(temporaryFolder(), 'spool');
  const files = (await killed())({});
  const [a, b] = [...files.keys()].filter((f) => f.endsWith('.temp')) as [string, string];
  const at = files.get(a)!.indexOf('333') * 8;
  restore(spool, flipped(flipped(files, a, at), b, at + 8));
  await mendSpool(spool);
  for (const location of RAW_LOCATIONS) {
    const { sound, aside } = await judged(spool, location);
    expect(sound).toEqual([...BATCHES[0]!, ...BATCHES[2]!]);
    expect(aside).toMatch(/^\{"n":\d+\}\n$/);
  }
});
