/* Sources that are no good files: lines without an end, streams without an end, lines that are half written. */
import { createReadStream, createWriteStream, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { createGzip, gzipSync } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { line } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemillJson } from '../support/tidemill.js';
import { room } from './room.js';
import { beansOf, readPart } from '#engine/index.js';
import { piecesOf } from '#server/acquisition/pieces.js';
import { openSource } from '#server/acquisition/source.js';
import { spoolStream } from '#server/acquisition/spool-stream.js';
import type { Dataset } from '#server/dataset.js';

const T = Date.UTC(2016, 1, 28, 12);
const MAX = 65_536;

function agents({ store, topology }: Dataset): string[] {
  const [type] = topology.location('oirawdata').holds;
  const files = store.packages('oirawdata').flatMap((p) => store.files(p));
  return files.flatMap((file) => [...readPart(file)].flatMap((b) => [...beansOf(type!, b)].map((bean) => String(bean['agent']))));
}

describe('a line that is too long', () => {
  const texts = (long: string, end: string): string =>
    `${line(T, { object: '/1' })}${long}${end}${line(T, { object: '/2' })}bad${end}${line(T, { object: '/3' })}`;

  test.for([
    { length: MAX, reason: 'json' },
    { length: MAX + 1, reason: 'length' },
    { length: MAX + 2, reason: 'length' },
    { length: MAX + 3, reason: 'length' },
    { length: 5 * MAX, reason: 'length' },
  ])('of $length bytes is skipped to its end, however it is cut and packed', ({ length, reason }) =>
    room(async ({ data, dataset, file, take }) => {
      let n = 0;
      for (const end of ['\n', '\r\n']) {
        for (const chunkBytes of [997, MAX - 1, MAX + 1, 3 * MAX]) {
          for (const pack of [Buffer.from, gzipSync]) {
            const head = line(T - ++n * 1000, { object: '/head' });
            const long = `x${'y'.repeat(length - 1)}`;
            const source = file(`long-${n}`, pack(head + texts(long, end)));
            const { counters, packages } = await take([source], { chunkBytes });
            expect(counters, `${n}`).toMatchObject({ read: 6, accepted: 4, rejected: 2 });
            const rejects = await tidemillJson(['inspect', packages[0]!.path, '--rejects', '--data', data]);
            expect(rejects).toEqual([
              { source, line: 3, reason, text: reason === 'length' ? long.slice(0, 512) : long },
              { source, line: 5, reason: 'json', text: 'bad' },
            ]);
          }
        }
      }
      expect(dataset.store.packages('oirawdata')).toHaveLength(n);
    }),
  );

  test('and has no end yet, is skipped when it has grown, and what follows is read', () =>
    room(async ({ data, dataset, take }) => {
      for (const packed of [false, true]) {
        const grown = path.join(data, `grown-${packed}`);
        let content = line(T + (packed ? 1 : 0), { object: '/first' });
        const write = (more: string): void => {
          content += more;
          writeFileSync(grown, packed ? gzipSync(content) : content);
        };
        for (const more of ['x'.repeat(MAX + 100), 'x'.repeat(3 * MAX), `x\n${line(T, { object: '/behind' })}`]) {
          write(more);
          await take([grown], { chunkBytes: 10_000 });
        }
      }
      const rejects = dataset.store.packages('oirawdata').reduce((sum, p) => sum + (p.counters['rejected:length'] ?? 0), 0);
      expect(rejects).toBe(6);
      const accepted = dataset.store.packages('oirawdata').reduce((sum, p) => sum + (p.counters['accepted'] ?? 0), 0);
      expect(accepted).toBe(4);
    }));

  test('takes no more memory the longer it is', async () => {
    const source = path.join(temporaryFolder(), 'long.gz');
    const length = 96 << 20;
    const block = Buffer.alloc(1 << 20, 'x');
    const content = function* (): Generator<Buffer> {
      yield Buffer.from(line(T));
      for (let i = 0; i < length; i += block.length) yield block;
      yield Buffer.from(`\n${line(T)}`);
    };
    await pipeline(Readable.from(content()), createGzip({ level: 1 }), createWriteStream(source));
    const chunkBytes = 4 << 20;
    let pieces = 0;
    let lines = 0;
    for await (const { input } of piecesOf(openSource(source), 0, chunkBytes)) {
      if (input.kind !== 'bytes') throw new Error('a compressed source is cut out');
      expect(input.chunk.length).toBeLessThanOrEqual(chunkBytes);
      expect(input.lines.length).toBeLessThanOrEqual(chunkBytes + MAX + 2);
      pieces++;
      lines += input.lines.length;
    }
    expect(pieces).toBeGreaterThan(length / chunkBytes);
    expect(lines).toBeLessThan(2 * chunkBytes);
  });
});

describe('a stream', () => {
  const refused = async (stream: Readable, look: (sample: Buffer) => void): Promise<{ error: unknown; kept: number }> => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'stream');
    const error = await spoolStream('standard input', stream, file, { look }).then(
      () => undefined,
      (e: unknown) => e,
    );
    return { error, kept: existsSync(file) ? statSync(file).size : 0 };
  };

  test('is looked at before it is kept: one without an end is refused', () =>
    room(async ({ data, take }) => {
      await expect(take(['/dev/zero'])).rejects.toMatchObject({ code: 'TM_ERR_IMPORT_BINARY' });
      const yes = function* (): Generator<Buffer> {
        for (;;) yield Buffer.from('y\n'.repeat(10_000));
      };
      await expect(take(['-'], { standardInput: Readable.from(yes()) })).rejects.toMatchObject({ code: 'TM_ERR_IMPORT_FORMAT' });
      await expect(take(['-'], { standardInput: createReadStream('/dev/zero'), format: 'combined' })).rejects.toMatchObject({
        code: 'TM_ERR_IMPORT_BINARY',
      });
      expect(readdirSync(path.join(data, 'analytics')).filter((name) => name.startsWith('stream'))).toEqual([]);
    }));

  test('that is refused leaves nothing', async () => {
    const no = new Error('no');
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536, 'x');
      })(),
    );
    const { kept, error } = await refused(endless, () => {
      throw no;
    });
    expect(kept).toBe(0);
    expect(error).toMatchObject({ code: 'TM_ERR_IMPORT_UNREADABLE', cause: no });
    expect(endless.destroyed).toBe(true);
  });

  test('that has an end is kept as it is, whatever the size of its pieces', async () => {
    const file = path.join(temporaryFolder(), 'stream');
    const content = line(T).repeat(40_000);
    const pieces = Array.from({ length: 300 }, (_, i) => content.slice((i * content.length) / 300, ((i + 1) * content.length) / 300));
    const looked: number[] = [];
    const source = await spoolStream('it', Readable.from(pieces), file, { look: (sample) => void looked.push(sample.length) });
    expect(source).toMatchObject({ name: 'it', path: file, bytes: content.length });
    expect(looked).toEqual([1 << 20]);
  });
});

describe('a log', () => {
  const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
  const log = (n: number): string => `203.0.113.${n} - - [11/Mar/2025:09:0${n}:00 +0000] "GET /a${n} HTTP/1.1" 200 5123 "-" "${FIREFOX}"\n`;
  const whole = [0, 1, 2, 3].map(log).join('');

  test('whose last line is half written wherever it may be cut, then whole: each line as it was written', () =>
    room(async ({ data, dataset, take }) => {
      const lines = log(0).length * 2;
      // From the protocol of the third line to the beginning of its agent, and at its end.
      const cuts = [...Array.from({ length: 30 }, (_, i) => lines + 60 + i), lines + log(2).length - 1];
      for (const cut of cuts) {
        const at = path.join(data, `cut-${cut}`);
        const own = whole.replaceAll('/a', `/${cut}`);
        writeFileSync(at, own.slice(0, cut + 3 * (`${cut}`.length - 1)));
        await take([at]);
        writeFileSync(at, own);
        await take([at]);
      }
      const all = agents(dataset);
      expect(all).toHaveLength(4 * cuts.length);
      expect(new Set(all)).toEqual(new Set([FIREFOX]));
    }));

  test('behind NULs, which a rotation has left: the lines behind the first', () =>
    room(async ({ file, take }) => {
      const { counters } = await take([file('nul.log', `${'\0'.repeat(3 << 20)}${whole}`)]);
      expect(counters).toMatchObject({ read: 4, accepted: 3, 'rejected:length': 1 });
      await expect(take([file('zero.log', Buffer.alloc(100_000))])).rejects.toMatchObject({ code: 'TM_ERR_IMPORT_BINARY' });
    }));

  test('behind empty lines without number', () =>
    room(async ({ file, take }) => {
      expect((await take([file('blank.log', `${'\n'.repeat(2_000_000)}${whole}`)])).counters).toMatchObject({ read: 4, accepted: 4 });
    }));
});
