/**
 * What a crash left open, made whole and closed.
 *
 *   oirawdata    lines that both have │ more          common: kept as it is
 *   sesrawdata … lines that both have │ else, to      more: the side with more whole lines gives them to the other;
 *                                     ▼               what is no whole line goes to data.txt.torn
 *                                  common
 *
 * A batch is written to both files and answered when both are on the disk. So a line that only one file has was never answered
 * 2xx; it is taken into the other, because it was whole and a browser's beacon does not come again. Any step may be the last
 * before another crash: mending what is half mended comes to the same.
 *
 * Only the package of oirawdata that was written last can lack lines, and its number is the last that was given: none is given
 * while it is open. An open one before it could be neither made nor removed; it is mended alone, for the lines behind its
 * offset in sesrawdata are those of the packages after it.
 */
import { open, readFile, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { closePackage, type Twin } from './open-package.js';
import { findPackages, numberOf, OPEN_FILE, TORN_FILE, TWIN_FILE, type FoundPackage } from './names.js';
import { readLastNumber } from './package-numbers.js';

const CHUNK = 1 << 20;
const NEWLINE = 10;

export interface Mended {
  /** Packages that got their final name. */
  readonly closed: readonly string[];
  /** Bytes that were cut off, by package. */
  readonly torn: Readonly<Record<string, number>>;
  /** Lines that one file had and the other got. */
  readonly taken: number;
  /** The greatest number of any package that was met. */
  readonly greatest: number;
}

/** Mend and close all open packages of a spool. Nobody else may write there. Errors: those of the file system. */
export async function mendSpool(spool: string): Promise<Mended> {
  const impressions = await findPackages(spool, 'oirawdata');
  const sessions = await findPackages(spool, 'sesrawdata');
  const isOpen = ({ files }: FoundPackage): boolean => files.includes(OPEN_FILE);
  const openSessions = new Set(sessions.filter(isOpen).map((p) => p.package));
  const torn: Record<string, number> = {};
  let taken = 0;
  const greatest = Math.max(0, ...[...impressions, ...sessions].map((p) => numberOf(p.package)));
  const last = Math.max(greatest, await readLastNumber(spool));
  for (const { package: at } of impressions.filter(isOpen)) {
    const twin = numberOf(at) === last ? await readTwin(path.join(spool, at)) : undefined;
    if (twin === undefined || !openSessions.has(twin.package)) addTorn(torn, at, await mendAlone(path.join(spool, at)));
    else {
      const mended = await mendTwins(path.join(spool, at), path.join(spool, twin.package), twin.bytes);
      addTorn(torn, at, mended.torn[0]);
      addTorn(torn, twin.package, mended.torn[1]);
      taken += mended.taken;
    }
  }
  for (const at of openSessions) addTorn(torn, at, await mendAlone(path.join(spool, at)));

  // Those of oirawdata first: while one is open, so is the one of sesrawdata that has its lines.
  const closed: string[] = [];
  for (const found of [...impressions, ...sessions]) if (await closeOrRemove(spool, found)) closed.push(found.package);
  return { closed, torn, taken, greatest };
}

function addTorn(torn: Record<string, number>, at: string, bytes: number): void {
  if (bytes > 0) torn[at] = (torn[at] ?? 0) + bytes;
}

async function readTwin(folder: string): Promise<Twin | undefined> {
  try {
    const twin = JSON.parse(await readFile(path.join(folder, TWIN_FILE), 'utf8')) as Partial<Twin> | null;
    return typeof twin?.package === 'string' && Number.isSafeInteger(twin.bytes) ? (twin as Twin) : undefined;
  } catch {
    return undefined;
  }
}

/** Close a package that was open; one without a line is removed. Answers whether it was closed. */
async function closeOrRemove(spool: string, found: FoundPackage): Promise<boolean> {
  const folder = path.join(spool, found.package);
  if (!found.files.includes(OPEN_FILE)) {
    // A crash came between making the folder and the file; a folder that the agent empties is no business of ours.
    if (found.files.every((file) => file === TWIN_FILE)) await rm(folder, { recursive: true, force: true });
    return false;
  }
  if ((await stat(path.join(folder, OPEN_FILE))).size > 0) {
    await closePackage(folder);
    return true;
  }
  // What was torn stays to be looked at, though no line was whole; the twin goes first, for no later mending would look for it.
  await rm(path.join(folder, TWIN_FILE), { force: true });
  await rm(path.join(folder, OPEN_FILE));
  if (!(await exists(path.join(folder, TORN_FILE)))) await rm(folder, { recursive: true });
  return false;
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Cut a torn last line off. Answers its bytes. */
async function mendAlone(folder: string): Promise<number> {
  const handle = await open(path.join(folder, OPEN_FILE), 'r+');
  try {
    const { size } = await handle.stat();
    const end = await lastLineEnd(handle, size);
    return await replaceTail(folder, handle, end, size, Buffer.alloc(0));
  } finally {
    await handle.close();
  }
}

/** Make the lines of a package of oirawdata and those from `offset` on of one of sesrawdata equal. */
async function mendTwins(
  folderA: string,
  folderB: string,
  offset: number,
): Promise<{ readonly torn: readonly [number, number]; readonly taken: number }> {
  const a = await open(path.join(folderA, OPEN_FILE), 'r+');
  try {
    const b = await open(path.join(folderB, OPEN_FILE), 'r+');
    try {
      const sizes = [(await a.stat()).size, (await b.stat()).size] as const;
      // What is before the offset was safe before the package began; if it is gone all the same, lines still begin at a line's end.
      const from = offset <= sizes[1] ? offset : await lastLineEnd(b, sizes[1]);
      const common = await commonLines(a, b, from);
      const restA = await readRange(a, common, sizes[0]);
      const restB = await readRange(b, from + common, sizes[1]);
      const [moreA, moreB] = [wholeLines(restA), wholeLines(restB)];
      const more = moreA.length >= moreB.length ? moreA : moreB;
      const torn = [
        await replaceTail(folderA, a, common, sizes[0], more),
        await replaceTail(folderB, b, from + common, sizes[1], more),
      ] as const;
      return { torn, taken: moreA.equals(moreB) ? 0 : countLines(more) };
    } finally {
      await b.close();
    }
  } finally {
    await a.close();
  }
}

/** How many bytes of whole lines `a` from its beginning and `b` from `from` on have in common. */
async function commonLines(a: FileHandle, b: FileHandle, from: number): Promise<number> {
  const [bufferA, bufferB] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
  let end = 0;
  for (let at = 0; ; at += CHUNK) {
    const chunkA = bufferA.subarray(0, await readFully(a, bufferA, at));
    const chunkB = bufferB.subarray(0, await readFully(b, bufferB, from + at));
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
async function replaceTail(folder: string, handle: FileHandle, from: number, size: number, tail: Buffer): Promise<number> {
  const old = await readRange(handle, from, size);
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
  for (let at = kept; at < tail.length;) at += (await handle.write(tail, at, tail.length - at, from + at)).bytesWritten;
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
