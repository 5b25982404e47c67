/** The data files that a crash left open: see mend.ts. */
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { isSound, readChecks, sealPackage, type Check } from './checks.js';
import { OPEN_FILE, TORN_FILE } from './names.js';

const CHUNK = 1 << 20;
const NEWLINE = 10;

/** Cut a torn last line off. Answers its bytes. */
export async function mendAlone(folder: string): Promise<number> {
  const handle = await open(path.join(folder, OPEN_FILE), 'r+');
  try {
    const { size } = await handle.stat();
    const end = await lastLineEnd(handle, size);
    const torn = await replaceTail(folder, handle, end, Buffer.alloc(0));
    await sealPackage(folder, handle);
    return torn;
  } finally {
    await handle.close();
  }
}

/** Make the lines of a package of oirawdata and those from `offset` on of one of sesrawdata equal. */
export async function mendTwins(
  folderA: string,
  folderB: string,
  offset: number,
): Promise<{ readonly torn: readonly [number, number]; readonly taken: number }> {
  const a = await open(path.join(folderA, OPEN_FILE), 'r+');
  try {
    const b = await open(path.join(folderB, OPEN_FILE), 'r+');
    try {
      const { size } = await b.stat();
      // What is before the offset was safe before the package began; if it is gone all the same, lines still begin at a line's end.
      const from = offset <= size ? offset : await lastLineEnd(b, size);
      const settled = await settleBatches(a, b, from, await checksOf(folderA, folderB, from));
      const common = settled.bytes + (await commonLines(a, settled.bytes, b, from + settled.bytes));
      const restA = await readRange(a, common, (await a.stat()).size);
      const restB = await readRange(b, from + common, (await b.stat()).size);
      // Of a batch that neither file has whole nothing tells that what only one of them has is as it was written.
      const nothing = restA.subarray(0, 0);
      const [moreA, moreB] = settled.isTorn ? [nothing, nothing] : [wholeLines(restA), wholeLines(restB)];
      const more = moreA.length >= moreB.length ? moreA : moreB;
      const torn = [await replaceTail(folderA, a, common, more), await replaceTail(folderB, b, from + common, more)] as const;
      await sealPackage(folderA, a);
      await sealPackage(folderB, b);
      return { torn, taken: settled.taken + (moreA.equals(moreB) ? 0 : countLines(more)) };
    } finally {
      await b.close();
    }
  } finally {
    await a.close();
  }
}

/** What both files have of batches is common up to `bytes`. */
interface Settled {
  readonly bytes: number;
  /** Lines that one file had and the other got. */
  readonly taken: number;
  /** Whether a batch with a check begins there, and is not whole in both. */
  readonly isTorn: boolean;
}

/** The checks of both packages, by their place in the first. */
async function checksOf(folderA: string, folderB: string, from: number): Promise<Check[]> {
  const checks: Check[] = [];
  for await (const check of readChecks(folderA)) checks.push(check);
  for await (const check of readChecks(folderB)) if (check.offset >= from) checks.push({ ...check, offset: check.offset - from });
  return checks.toSorted((x, y) => x.offset - y.offset || x.length - y.length);
}

/** Give each batch that one file has as it was written to the other, and find the end of what both have all of. */
async function settleBatches(a: FileHandle, b: FileHandle, from: number, checks: readonly Check[]): Promise<Settled> {
  const sizes = [(await a.stat()).size, (await b.stat()).size - from] as const;
  let bytes = 0;
  let taken = 0;
  const unsound: Check[] = [];
  for (const check of checks) {
    const { offset, length } = check;
    // Behind a batch that one file has not all of there is none.
    if (offset < bytes || (offset > bytes && Math.min(...sizes) < offset)) continue;
    const [inA, inB] = [await isSound(a, check), await isSound(b, check, from)];
    if (!inA && !inB) unsound.push(check);
    else {
      bytes = offset + length;
      if (inA && inB) continue;
      const batch = inA ? await readRange(a, offset, bytes) : await readRange(b, from + offset, from + bytes);
      await writeAt(inA ? b : a, batch, inA ? from + offset : offset);
      taken += countLines(batch);
    }
  }
  for (const { offset, length } of unsound) {
    if (offset !== bytes || length === 0) continue;
    if (offset + length > Math.min(...sizes)) return { bytes, taken, isTorn: true };
    bytes += length;
  }
  return { bytes, taken, isTorn: false };
}

async function writeAt(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
}

/** How many bytes of whole lines `a` from `fromA` on and `b` from `fromB` on have in common. */
async function commonLines(a: FileHandle, fromA: number, b: FileHandle, fromB: number): Promise<number> {
  const [bufferA, bufferB] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
  let end = 0;
  for (let at = 0; ; at += CHUNK) {
    const chunkA = bufferA.subarray(0, await readFully(a, bufferA, fromA + at));
    const chunkB = bufferB.subarray(0, await readFully(b, bufferB, fromB + at));
    const length = Math.min(chunkA.length, chunkB.length);
    let same = length;
    if (!chunkA.subarray(0, length).equals(chunkB.subarray(0, length))) {
      same = 0;
      while (chunkA[same] === chunkB[same]) same++;
    }
    const newline = chunkA.subarray(0, same).lastIndexOf(NEWLINE);
    if (newline >= 0) end = at + newline + 1;
    if (same < CHUNK) return end;
  }
}

/** The whole lines that some bytes begin with; the first that is no JSON object, and all after it, are none. */
function wholeLines(bytes: Buffer): Buffer {
  let end = 0;
  for (let newline = bytes.indexOf(NEWLINE); newline >= 0; newline = bytes.indexOf(NEWLINE, end)) {
    if (!isObject(bytes.toString('utf8', end, newline))) break;
    end = newline + 1;
  }
  return bytes.subarray(0, end);
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function countLines(bytes: Buffer): number {
  return bytes.filter((byte) => byte === NEWLINE).length;
}

/**
 * Put `tail` in place of what a file has from `from` on. What does not stay goes to data.txt.torn first. Answers how many bytes that were.
 */
async function replaceTail(folder: string, handle: FileHandle, from: number, tail: Buffer): Promise<number> {
  const old = await readRange(handle, from, (await handle.stat()).size);
  if (old.equals(tail)) {
    await handle.sync();
    return 0;
  }
  let same = 0;
  while (same < tail.length && old[same] === tail[same]) same++;
  // Cut at a line's end: what is kept aside is to be read by people.
  const kept = same === tail.length ? same : tail.subarray(0, same).lastIndexOf(NEWLINE) + 1;
  const cut = old.subarray(kept);
  if (cut.length > 0) {
    const torn = await open(path.join(folder, TORN_FILE), 'a');
    try {
      await torn.writeFile(cut);
      await torn.sync();
    } finally {
      await torn.close();
    }
  }
  await handle.truncate(from + kept);
  await writeAt(handle, tail.subarray(kept), from + kept);
  await handle.sync();
  return cut.length;
}

/** Where the last whole line of the first `size` bytes ends. */
async function lastLineEnd(handle: FileHandle, size: number): Promise<number> {
  for (let to = size; to > 0; to -= CHUNK) {
    const from = Math.max(0, to - CHUNK);
    const newline = (await readRange(handle, from, to)).lastIndexOf(NEWLINE);
    if (newline >= 0) return from + newline + 1;
  }
  return 0;
}

async function readRange(handle: FileHandle, from: number, to: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.max(0, to - from));
  return buffer.subarray(0, await readFully(handle, buffer, from));
}

async function readFully(handle: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let got = 0;
  while (got < buffer.length) {
    const { bytesRead } = await handle.read(buffer, got, buffer.length - got, position + got);
    if (bytesRead === 0) break;
    got += bytesRead;
  }
  return got;
}
