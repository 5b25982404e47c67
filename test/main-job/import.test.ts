/* What comes in: each line once, whatever the file is called, however it is packed and cut. */
import { appendFileSync, copyFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { importing, line, NOW, prepareDataset, processing, working } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemillJson } from '../support/tidemill.js';
import { fileIn, room } from './room.js';
import { beansOf, readPart, type WorkPackage } from '#engine/index.js';
import type { ImportReport } from '#server/acquisition/import-files.js';
import type { Dataset } from '#server/dataset.js';

const DAY = 86_400_000;
const T = Date.UTC(2016, 1, 28, 12);

const states = ({ sources }: ImportReport): string[] => sources.map((s) => s.state);

/** The objects of all impressions in the order of packages and lines. */
function objects({ store, topology }: Dataset, location = 'oirawdata'): string[] {
  const [type] = topology.location(location).holds;
  return store
    .packages(location)
    .flatMap((p) => store.files(p))
    .flatMap((file) => [...readPart(file)].flatMap((batch) => [...beansOf(type!, batch)].map((bean) => String(bean['object']))));
}

function conserves({ store }: Dataset): void {
  const counts = (p: WorkPackage, name: string): number => p.counters[name] ?? 0;
  for (const p of store.packages('oirawdata')) {
    expect(counts(p, 'read'), p.path).toBe(counts(p, 'accepted') + counts(p, 'rejected') + counts(p, 'filtered') + counts(p, 'duplicate'));
    const kept = p.rejects?.blocks.reduce((n, b) => n + b.records, 0) ?? 0;
    expect(kept, p.path).toBe(counts(p, 'rejected'));
  }
}

const numbered = (n: number, from = 0): string =>
  Array.from({ length: n }, (_, i) => line(T + i * 1000, { object: `/${from + i}` })).join('');

describe('the same content twice', () => {
  test('changes nothing: renamed, compressed, in pieces, from standard input', () =>
    room(async ({ data, dataset, file, take }) => {
      const content = numbered(300);
      const first = file('a.jsonl', content);
      expect(states(await take([first]))).toEqual(['new']);
      const before = dataset.store.packages('oirawdata');
      copyFileSync(first, path.join(data, 'b.jsonl'));
      const members = Buffer.concat([gzipSync(content.slice(0, 1000)), gzipSync(content.slice(1000))]);
      const others = [path.join(data, 'b.jsonl'), file('a.jsonl.gz', gzipSync(content)), file('members', members), first];
      const report = await take(others);
      expect(report).toMatchObject({ packages: [], counters: { read: 0, accepted: 0 } });
      expect(states(report)).toEqual(['known', 'known', 'known', 'known']);
      expect(states(await take(['-'], { standardInput: Readable.from([Buffer.from(content)]) }))).toEqual(['known']);
      expect(states(await take(['-'], { standardInput: Readable.from([gzipSync(content)]) }))).toEqual(['known']);
      expect(dataset.store.packages('oirawdata')).toEqual(before);
    }));

  test('in one command counts once', () =>
    room(async ({ dataset, file, take }) => {
      const a = file('a.jsonl', numbered(10));
      const report = await take([a, file('b.jsonl', numbered(10)), a]);
      expect(states(report)).toEqual(['new', 'known', 'known']);
      expect(objects(dataset)).toHaveLength(10);
    }));

  test('is known by all of it: other content with the same first line, or in which one byte differs, is new', () =>
    room(async ({ dataset, file, take }) => {
      const content = numbered(50);
      await take([file('a.jsonl', content)], { chunkBytes: 1000 });
      const other = content.replace('"/30"', '"/3x"');
      expect(states(await take([file('b.jsonl', other)], { chunkBytes: 1000 }))).toEqual(['new']);
      expect(states(await take([file('c.jsonl', content.slice(0, content.indexOf('\n') + 1))], { chunkBytes: 1000 }))).toEqual(['new']);
      expect(objects(dataset)).toHaveLength(101);
    }));

  test('leaves nothing to process', async () => {
    const data = temporaryFolder();
    prepareDataset(data);
    const a = fileIn(data)('a.jsonl', numbered(10));
    await working(data, {}, async (workshop) => {
      await importing(workshop, [a]);
      expect((await processing(workshop)).succeeded.length).toBeGreaterThan(0);
      await importing(workshop, [a]);
      expect((await processing(workshop)).succeeded).toEqual([]);
    });
  });
});

describe('a file that grows', () => {
  const content = [
    ...Array.from({ length: 60 }, (_, i) => line(T + i * 1000, { object: `/${i}`, name: 'n'.repeat((i * 37) % 300) })),
    '\n\r\n',
    line(T + 61_000, { object: '/crlf' }).replace('\n', '\r\n'),
    line(T + 62_000, { object: '/long', params: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`p${i}`, 'x'.repeat(300)])) }),
    line(T + 63_000, { object: '/ünï' }),
    line(T + 64_000, { object: '/last' }),
  ].join('');
  const bytes = Buffer.from(content);
  const expected = [...Array.from({ length: 60 }, (_, i) => `/${i}`), '/crlf', '/long', '/ünï', '/last'].sort();

  /** Three different numbers of 1 .. length - 1, ascending. */
  const cuts = (seed: number): number[] =>
    [...new Set([1, 2, 3].map((i) => 1 + ((seed * 7919 + i * i * 104_729 + seed * seed * i) % (bytes.length - 1))))].sort((a, b) => a - b);
  /** Ends of lines and the bytes beside them, the middle of a character, and wherever the seeds say. */
  const cases: number[][] = [
    [content.indexOf('\n')],
    [content.indexOf('\n') + 1],
    [bytes.length - 1],
    [1, 2, 3],
    [bytes.indexOf('/crlf'), bytes.indexOf('\r\n', bytes.indexOf('/crlf')), bytes.indexOf('\r\n', bytes.indexOf('/crlf')) + 1],
    [bytes.indexOf(Buffer.from('ü')) + 1],
    [bytes.indexOf('\n\n'), bytes.indexOf('\n\n') + 1, bytes.indexOf('\n\n') + 2],
    ...Array.from({ length: 6 }, (_, seed) => cuts(seed + 1)),
  ];

  test.for(['as it is', 'compressed', 'in turn'])('is read from where it ended: %s', (packed) =>
    room(async ({ data, dataset, take }) => {
      for (const [n, at] of cases.entries()) {
        // A first line of its own tells the files of this test apart.
        const head = Buffer.from(line(T - 1000 - n, { object: `/head-${n}` }));
        const grown = path.join(data, `grown-${n}`);
        for (const [step, cut] of [...at, bytes.length].entries()) {
          const so = Buffer.concat([head, bytes.subarray(0, cut)]);
          writeFileSync(grown, packed === 'as it is' || (packed === 'in turn' && step % 2 === 0) ? so : gzipSync(so));
          const report = await take([grown], { chunkBytes: 1501 });
          expect(states(report), `${at.join()}, step ${step}`).toEqual([step === 0 ? 'new' : 'grown']);
        }
        const found = objects(dataset);
        expect(found.slice().sort(), at.join()).toEqual(
          [...Array.from({ length: n + 1 }, (_, i) => `/head-${i}`), ...Array.from({ length: n + 1 }, () => expected).flat()].sort(),
        );
        expect(states(await take([grown], { chunkBytes: 1501 }))).toEqual(['known']);
      }
      conserves(dataset);
    }),
  );

  test('tells the right line numbers of what is rejected', () =>
    room(async ({ data, dataset, file, take }) => {
      const good = (i: number): string => line(T + i, { object: `/${i}` });
      const text = [good(1), 'bad 2\n', good(3), '\n', 'bad 5\n', good(6), '\r\n', good(8), 'bad 9\n', good(10), 'bad 11\n'].join('');
      const grown = path.join(data, 'grown.jsonl');
      // Torn: in the middle of line 3 (rejected for now), at the end of line 8 (accepted), in line 11.
      const ends = [text.indexOf('"/3"'), text.indexOf('\n', text.indexOf('"/8"')), text.indexOf('11'), text.length];
      for (const end of ends) {
        writeFileSync(grown, text.slice(0, end));
        await take([grown], { chunkBytes: 100 });
      }
      const rejects: unknown[] = [];
      for (const p of dataset.store.packages('oirawdata')) {
        rejects.push(...(await tidemillJson(['inspect', p.path, '--rejects', '--data', data])));
      }
      const source = grown;
      expect(rejects).toEqual([
        { source, line: 2, reason: 'json', text: 'bad 2' },
        { source, line: 3, reason: 'json', text: good(3).slice(0, good(3).indexOf('"/3"')) },
        { source, line: 5, reason: 'json', text: 'bad 5' },
        { source, line: 9, reason: 'json', text: 'bad 9' },
        { source, line: 11, reason: 'json', text: 'bad ' },
        { source, line: 11, reason: 'json', text: 'bad 11' },
      ]);
      expect(objects(dataset)).toEqual(['/1', '/3', '/6', '/8', '/10']);
      file('unused', '');
    }));

  test('while it is read: the new lines are for the next import', () =>
    room(async ({ dataset, file, take }) => {
      const grown = file('grown.jsonl', numbered(20) + line(T, { object: '/torn' }).slice(0, 40));
      const rest = line(T, { object: '/torn' }).slice(40) + numbered(5, 20);
      // Standard input is read behind the file's opening and before its lines are.
      const writer = Readable.from(
        (async function* () {
          appendFileSync(grown, rest);
          yield await Promise.resolve('');
        })(),
      );
      expect(states(await take([grown, '-'], { standardInput: writer, chunkBytes: 700 }))).toEqual(['new', 'empty']);
      expect(objects(dataset)).toHaveLength(20);
      expect(states(await take([grown], { chunkBytes: 700 }))).toEqual(['grown']);
      expect(objects(dataset)).toEqual([
        ...Array.from({ length: 20 }, (_, i) => `/${i}`),
        '/torn',
        ...Array.from({ length: 5 }, (_, i) => `/${20 + i}`),
      ]);
    }));

  test('that shrinks while it is read is refused, and nothing of it stays', () =>
    room(async ({ dataset, file, take }) => {
      const shrunk = file('shrunk.jsonl', numbered(20));
      const writer = Readable.from(
        (async function* () {
          truncateSync(shrunk, 900);
          yield await Promise.resolve('');
        })(),
      );
      await expect(take([shrunk, '-'], { standardInput: writer, chunkBytes: 300 })).rejects.toMatchObject({
        code: 'TM_ERR_IMPORT_UNREADABLE',
      });
      expect(dataset.store.packages('oirawdata')).toEqual([]);
    }));

  test('a torn line that is longer than many chunks', () =>
    room(async ({ data, dataset, take }) => {
      const grown = path.join(data, 'grown.jsonl');
      const long = line(T, {
        object: '/long',
        name: 'x'.repeat(1000),
        params: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`p${i}`, 'y'.repeat(400)])),
      });
      const text =
        line(T, { object: '/first' }) + long + long.replace('/long', '/longer').replace('\n', '\r\n') + line(T, { object: '/short' });
      const first = line(T, { object: '/first' }).length;
      for (const end of [
        first + 100,
        5000,
        9000,
        first + long.length - 1,
        first + long.length + 7000,
        text.indexOf('\r\n'),
        text.indexOf('\r\n') + 1,
        text.length,
      ]) {
        writeFileSync(grown, text.slice(0, end));
        await take([grown], { format: 'impressions', chunkBytes: 256 });
      }
      expect(objects(dataset)).toEqual(['/first', '/long', '/longer', '/short']);
      conserves(dataset);
    }));
});

describe('files with nothing for us', () => {
  test('empty ones, blank ones however long, and none that makes a package', () =>
    room(async ({ dataset, file, take }) => {
      const report = await take(
        [
          file('empty', ''),
          file('blank', '\n\r\n\n'),
          file('empty.gz', gzipSync('')),
          file('blanks', '\r\n'.repeat(1_000_000)),
          '/dev/null',
          '-',
        ],
        {
          standardInput: Readable.from([]),
        },
      );
      expect(states(report)).toEqual(['empty', 'empty', 'empty', 'empty', 'empty', 'empty']);
      expect(report.packages).toEqual([]);
      expect(states(await take([file('empty', '')], { format: 'combined' }))).toEqual(['empty']);
      expect(dataset.store.packages('oirawdata')).toEqual([]);
    }));

  test('only rejected lines: an error that says why, and nothing of the call is kept', () =>
    room(async ({ dataset, file, take }) => {
      const bad = file('bad.jsonl', `\n${line(1)}${line(T, { ip: '192.0.2.1,' })}${line(2)}`);
      await expect(take([file('good.jsonl', numbered(3)), bad])).rejects.toMatchObject({
        code: 'TM_ERR_IMPORT_REJECTED',
        exitCode: 1,
        message: expect.stringMatching(/bad\.jsonl.*\(3\).*time 2, ip 1.*milliseconds/) as string,
        data: { source: bad, rejected: { time: 2, ip: 1 }, line: 2, text: line(1).trimEnd() },
      });
      expect(dataset.store.packages('oirawdata')).toEqual([]);
      expect(states(await take([file('good.jsonl', numbered(3))]))).toEqual(['new']);
    }));

  test('only rejected lines behind others that were taken before: a package keeps them on the day of the import', () =>
    room(async ({ data, dataset, file, take }) => {
      const grown = file('grown.jsonl', numbered(2));
      await take([grown]);
      appendFileSync(grown, line(1) + line(2));
      const { counters, packages } = await take([grown]);
      expect(counters).toMatchObject({ read: 2, accepted: 0, rejected: 2, 'rejected:time': 2 });
      const [p] = packages;
      expect(p).toMatchObject({ beans: {}, parts: [], period: { first: Math.floor(NOW / DAY) } });
      expect(dataset.store.packages('sesrawdata')).toHaveLength(1);
      expect(await tidemillJson(['inspect', p!.path, '--rejects', '--limit', '1', '--data', data])).toEqual([
        { source: grown, line: 3, reason: 'time', text: line(1).trimEnd() },
      ]);
      conserves(dataset);
    }));

  test('only filtered lines', () =>
    room(async ({ dataset, file, take }) => {
      const log = Array.from(
        { length: 5 },
        (_, i) => `1.2.3.4 - - [28/Feb/2016:12:00:0${i} +0000] "GET /${i}.css HTTP/1.1" 200 1 "-" "Firefox"\n`,
      ).join('');
      expect((await take([file('a.log', log)])).counters).toMatchObject({ read: 5, accepted: 0, filtered: 5, 'filtered:static': 5 });
      expect(objects(dataset)).toEqual([]);
      conserves(dataset);
    }));

  test('a missing one among others: nothing is read', () =>
    room(async ({ data, dataset, file, take }) => {
      const good = file('a.jsonl', numbered(3));
      await expect(take([good, path.join(data, 'nowhere')])).rejects.toMatchObject({ code: 'TM_ERR_IMPORT_NO_FILE' });
      await expect(take([good, file('b.gz', gzipSync(numbered(3000)).subarray(0, 2000))], { chunkBytes: 1000 })).rejects.toMatchObject({
        code: 'TM_ERR_IMPORT_UNREADABLE',
      });
      expect(dataset.store.packages('oirawdata')).toEqual([]);
      expect(states(await take([good]))).toEqual(['new']);
    }));
});

describe('rejected lines', () => {
  test('are kept verbatim with their numbers, over many chunks and files', () =>
    room(async ({ data, file, take }) => {
      const bad: { name: string; line: number; text: Buffer }[] = [];
      const make = (name: string, seed: number): string => {
        const lines: Buffer[] = [];
        for (let i = 1; i <= 400; i++) {
          const isBad = (i * 31 + seed) % 13 === 0;
          const text = isBad
            ? Buffer.from([0x7b, 0xff, 0xfe, ...Buffer.from(`${name} "${i}" `.repeat(i % 5))])
            : Buffer.from(line(T + i).trimEnd());
          if (isBad) bad.push({ name: path.join(data, name), line: i, text });
          lines.push(text, Buffer.from(i % 7 === 0 ? '\r\n' : '\n'));
        }
        return file(name, Buffer.concat(lines));
      };
      const files = [make('a.jsonl', 0), make('b.jsonl', 5)];
      const { packages } = await take(files, { chunkBytes: 997 });
      const found = (await tidemillJson(['inspect', packages[0]!.path, '--rejects', '--data', data])) as {
        source: string;
        line: number;
        text?: string;
        base64?: string;
      }[];
      expect(
        found.map((r) => ({
          name: r.source,
          line: r.line,
          text: r.base64 === undefined ? Buffer.from(r.text ?? '') : Buffer.from(r.base64, 'base64'),
        })),
      ).toEqual(bad);
    }));

  test('can be mended and imported again', () =>
    room(async ({ dataset, file, take }) => {
      await take([file('a.jsonl', line(T, { object: '/0' }) + line(T, { object: '/1', id: 'i1', site: 'no site' }))]);
      const report = await take([file('mended.jsonl', line(T, { object: '/1', id: 'i1' }))]);
      expect(report.counters).toMatchObject({ accepted: 1, duplicate: 0 });
      expect(objects(dataset)).toEqual(['/0', '/1']);
    }));
});

describe('an id a second time', () => {
  const withId = (n: number, at: number, fields: object = {}): string => line(at, { object: `/${n}`, id: `id${n}`, ...fields });

  test('in a file, across its shards, and across files of one import: the first counts', () =>
    room(async ({ dataset, file, take }) => {
      const a =
        Array.from({ length: 200 }, (_, i) => withId(i % 80, T + i)).join('') +
        withId(300, T, { site: 'blog' }) +
        withId(300, T, { object: '/later' });
      const b = Array.from({ length: 100 }, (_, i) => withId(40 + i, T + i)).join('') + numbered(10, 1000);
      const report = await take([file('a.jsonl', a), file('b.jsonl', b)], { chunkBytes: 1500 });
      expect(report.counters).toMatchObject({ read: 312, accepted: 80 + 1 + 60 + 10, duplicate: 312 - 151 });
      const expected = [
        ...Array.from({ length: 80 }, (_, i) => `/${i}`),
        '/300',
        ...Array.from({ length: 60 }, (_, i) => `/${80 + i}`),
        ...Array.from({ length: 10 }, (_, i) => `/${1000 + i}`),
      ];
      expect(objects(dataset)).toEqual(expected);
      expect(objects(dataset, 'sesrawdata')).toEqual(expected);
      conserves(dataset);
    }));

  test('across imports is not counted, on another day it is', () =>
    room(async ({ dataset, file, take }) => {
      await take([file('a.jsonl', withId(1, T) + withId(2, T) + withId(3, T + DAY))]);
      const second = await take([file('b.jsonl', withId(1, T + 5) + withId(2, T + DAY) + withId(3, T + DAY + 1) + withId(4, T))]);
      expect(second.counters).toMatchObject({ read: 4, accepted: 2, duplicate: 2 });
      const third = await take([file('c.jsonl', withId(4, T) + withId(2, T + DAY) + withId(2, T - DAY))]);
      expect(third.counters).toMatchObject({ read: 3, accepted: 1, duplicate: 2 });
      expect(objects(dataset).sort()).toEqual(['/1', '/2', '/2', '/2', '/3', '/4']);
      conserves(dataset);
    }));

  test('only: a file of nothing but duplicates makes no day', () =>
    room(async ({ dataset, file, take }) => {
      await take([file('a.jsonl', withId(1, T))]);
      const report = await take([file('b.jsonl', withId(1, T + 1) + withId(1, T))]);
      expect(report.counters).toMatchObject({ read: 2, accepted: 0, duplicate: 2 });
      expect(report.packages).toMatchObject([{ location: 'oirawdata', beans: {}, counters: { read: 2, duplicate: 2 } }]);
      expect(objects(dataset)).toEqual(['/1']);
      conserves(dataset);
    }));
});

test('unknown fields are counted, and a byte order mark is no part of the first line', () =>
  room(async ({ dataset, file, take }) => {
    const report = await take([file('bom.jsonl', `\ufeff${line(T, { object: '/1', colour: 'red', x: 1 })}${line(T, { object: '/2' })}`)]);
    expect(report.counters).toMatchObject({ read: 2, accepted: 2, unknown_fields: 2 });
    expect(objects(dataset)).toEqual(['/1', '/2']);
  }));

test('impressions from the future are rejected by the clock of the import', () =>
  room(async ({ file, take }) => {
    const { counters } = await take([file('a.jsonl', line(NOW + DAY) + line(NOW + DAY + 1))]);
    expect(counters).toMatchObject({ accepted: 1, 'rejected:time': 1 });
  }));
