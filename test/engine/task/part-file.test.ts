import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { bean } from '#engine/bean.js';
import { batchOf } from '#engine/bean-batch.js';
import { decodeBlock } from '#engine/block.js';
import { BLOCK_ROWS, PartWriter, readPart } from '#engine/task/part-file.js';
import type { Batch } from '#engine/column.js';
import { plain } from '../../support/batches.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const Word = bean('Word', { word: 'string' });
const words = (...list: string[]): Batch =>
  batchOf(
    Word,
    list.map((word) => ({ word })),
  );
const counting = (rows: number): Batch => ({
  type: 'N',
  rows,
  columns: { n: { kind: 'number', values: Float64Array.from({ length: rows }, (_, i) => i) } },
});
const newFile = (): string => path.join(temporaryFolder(), 'part');
const failing = (code: string): Error => expect.objectContaining({ code }) as Error;

function writePart(file: string, ...batches: Batch[]) {
  const writer = new PartWriter(file);
  for (const b of batches) writer.append(b);
  return writer.close('part-00000');
}

test('a part is frames of length and block, and its metadata says where each lies', () => {
  const file = newFile();
  const part = writePart(file, words('a', 'b'), words(), counting(3));
  const bytes = readFileSync(file);
  expect(part).toMatchObject({ name: 'part-00000', bytes: bytes.length, checksum: crc32(bytes) });
  expect(part.blocks.map(({ type, records }) => [type, records])).toEqual([
    ['Word', 2],
    ['N', 3],
  ]);
  let at = 0;
  for (const block of part.blocks) {
    expect(bytes.readInt32BE(at)).toBe(block.bytes);
    expect(block.offset).toBe(at + 4);
    expect(decodeBlock(bytes.subarray(block.offset, block.offset + block.bytes)).rows).toBe(block.records);
    at = block.offset + block.bytes;
  }
  expect(at).toBe(bytes.length);
});

test('a large batch becomes several blocks, in order', () => {
  const file = newFile();
  const rows = 2 * BLOCK_ROWS + 1;
  const part = writePart(file, counting(rows));
  expect(part.blocks.map((b) => b.records)).toEqual([BLOCK_ROWS, BLOCK_ROWS, 1]);
  const read = [...readPart({ file, blocks: part.blocks })].flatMap((b) => plain(b).columns['n'] as number[]);
  expect(read.length).toBe(rows);
  expect(read.every((n, i) => n === i)).toBe(true);
});

test('many small blocks and some large ones come out as they went in', () => {
  const file = newFile();
  const list = Array.from({ length: 4000 }, (_, i) => (i % 1000 === 7 ? 'x'.repeat(700_000 + i) : `word ${i}`));
  const part = writePart(file, ...list.map((w) => words(w)));
  expect(part).toMatchObject({ bytes: readFileSync(file).length, checksum: crc32(readFileSync(file)) });
  const read = [...readPart({ file, blocks: part.blocks })].flatMap((b) => plain(b).columns['word']);
  expect(read.join()).toBe(list.join());
});

test('some blocks can be read alone, under another name of their type', () => {
  const file = newFile();
  const { blocks } = writePart(file, words('a'), words('b'), words('c'));
  const read = [...readPart({ file, blocks: [{ ...blocks[2]!, type: 'Other' }, blocks[0]!] })];
  expect(read.map(plain)).toEqual([
    { type: 'Other', rows: 1, columns: { word: ['c'] } },
    { type: 'Word', rows: 1, columns: { word: ['a'] } },
  ]);
});

test('a writer takes a new file, not the one that an ended attempt may still write to', () => {
  const file = newFile();
  const old = openSync(file, 'w');
  const part = writePart(file, words('new'));
  writeSync(old, 'x'.repeat(5000), 0);
  expect(fstatSync(old).nlink).toBe(0);
  closeSync(old);
  expect(crc32(readFileSync(file))).toBe(part.checksum);
});

test('damage is found: a flipped byte, a file that is cut short or gone', () => {
  const file = newFile();
  const { blocks } = writePart(file, words('a', 'b'), words('c'));
  const read = () => [...readPart({ file, blocks })];
  const good = readFileSync(file);
  for (const { offset, bytes } of blocks) {
    for (let at = offset; at < offset + bytes; at++) {
      const bad = Buffer.from(good);
      bad[at]! ^= 0x20;
      writeFileSync(file, bad);
      expect(read, `byte ${at}`).toThrow(failing(at === offset + 3 ? 'TM_ERR_BLOCK_VERSION' : 'TM_ERR_BLOCK_CORRUPT'));
    }
  }
  writeFileSync(file, good);
  expect(read()).toHaveLength(2);
  truncateSync(file, good.length - 1);
  expect(read).toThrow(failing('TM_ERR_BLOCK_CORRUPT'));
  rmSync(file);
  expect(read).toThrow(failing('TM_ERR_BLOCK_CORRUPT'));
});

test('reading ends in the middle without leaving the file open', () => {
  const file = newFile();
  const { blocks } = writePart(file, words('a'), words('b'));
  for (let i = 0; i < 3000; i++) for (const b of readPart({ file, blocks })) if (b.rows > 0) break;
  expect(existsSync(file)).toBe(true);
});

test('a folder that is not there is an error of the file system, not a full disk', () => {
  expect(() => new PartWriter(path.join(temporaryFolder(), 'nowhere/part'))).toThrow(failing('TM_ERR_IO'));
  const folder = newFile();
  mkdirSync(folder);
  expect(() => new PartWriter(folder)).toThrow(failing('TM_ERR_IO'));
});
