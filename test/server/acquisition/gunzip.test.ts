/** Whatever lies between and behind the members of a gzip file, no member is lost in silence. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gunzipped } from '#server/acquisition/gunzip.js';
import { line, NOW } from '../../support/dataset.js';
import { room } from '../../main-job/room.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const folder = temporaryFolder();

async function content(bytes: Buffer, onRead?: (n: number) => void): Promise<string> {
  const file = path.join(folder, 'file.gz');
  writeFileSync(file, bytes);
  const parts: Buffer[] = [];
  for await (const part of gunzipped(file, bytes.length, onRead)) parts.push(part);
  return Buffer.concat(parts).toString('latin1');
}

test('property: members with zeros between and behind them', async () => {
  const member = fc.record({ text: fc.string({ maxLength: 300 }), zeros: fc.constantFrom(0, 0, 1, 511, 512, 70_000) });
  await fc.assert(
    fc.asyncProperty(fc.array(member, { minLength: 1, maxLength: 5 }), async (members) => {
      const bytes = Buffer.concat(members.flatMap(({ text, zeros }) => [gzipSync(Buffer.from(text, 'latin1')), Buffer.alloc(zeros)]));
      let read = 0;
      const expected = members.map(({ text }) => Buffer.from(text, 'latin1').toString('latin1')).join('');
      expect(await content(bytes, (n) => (read += n))).toBe(expected);
      expect(read).toBe(bytes.length);
    }),
    { numRuns: 50 },
  );
});

test('members that end where a piece of the file does, with zeros behind', async () => {
  const noise = randomBytes(1 << 20);
  // Stored as it is a member has a size that can be told.
  const first = gzipSync(noise.subarray(0, (1 << 20) - 200), { level: 0 });
  for (const more of [(1 << 20) - first.length - 1, (1 << 20) - first.length, (1 << 20) - first.length + 1]) {
    const begin = gzipSync(noise.subarray(0, (1 << 20) - 200 + more), { level: 0 });
    for (const zeros of [0, 1, 1 << 20, (1 << 20) + 1]) {
      const bytes = Buffer.concat([begin, Buffer.alloc(zeros), gzipSync('the end')]);
      expect((await content(bytes)).endsWith('the end'), `${begin.length} and ${zeros}`).toBe(true);
    }
  }
});

describe('what is no gzip behind a member is refused', () => {
  const member = gzipSync('a');
  test.each([
    ['text', Buffer.from('text')],
    ['zeros and text', Buffer.from('\0\0\0text')],
    ['zeros and a byte of a beginning', Buffer.from([0, 0, 0x1f])],
    ['a beginning', member.subarray(0, 5)],
    ['zeros and a beginning', Buffer.concat([Buffer.alloc(600), member.subarray(0, 12)])],
    ['a member that is damaged', Buffer.concat([Buffer.alloc(3), member.subarray(0, -8), Buffer.alloc(8, 1)])],
  ])('%s', async (_, rest) => {
    await expect(content(Buffer.concat([member, rest]))).rejects.toThrow();
  });
});

test('an import reads all members, or refuses the file as it was before', () =>
  room(async ({ dataset, file, take }) => {
    const [a, b] = [gzipSync(line(NOW, { object: '/a' })), gzipSync(line(NOW, { object: '/b' }))];
    const padded = file('padded.gz', Buffer.concat([a, Buffer.alloc(512), b, Buffer.alloc(1024)]));
    expect(await take([padded])).toMatchObject({ counters: { read: 2, accepted: 2 } });
    const spoiled = file('spoiled.gz', Buffer.concat([b, Buffer.alloc(512), Buffer.from('x'), a]));
    const before = dataset.store.packages('oirawdata').length;
    await expect(take([spoiled])).rejects.toMatchObject({ code: 'TM_ERR_IMPORT_UNREADABLE', message: expect.stringContaining('no gzip') });
    expect(dataset.store.packages('oirawdata')).toHaveLength(before);
  }));
