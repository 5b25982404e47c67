/**
 * Whether the lines of a package are those that were written. Beside its data file a package has `data.txt.crc`, with a line for
 * each batch in the order in which they were written:
 *
 *   <its first byte in the data file> <its bytes> <their CRC-32, 8 hex digits>
 *
 * Each line stands for itself, so that damage to one costs only the batches whose lines it hits.
 */
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { CHECK_FILE, CLOSED_FILE } from './names.js';

const CHUNK = 1 << 20;

/** What a batch must be. */
export interface Check {
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
}

export function checkLine({ offset, length, crc }: Check): string {
  return `${offset} ${length} ${crc.toString(16).padStart(8, '0')}\n`;
}

/**
 * The checks of a package in the order of the file, and where in that file the line of each ends; none where there is no file.
 * Lines that are no check are left out.
 */
export async function* readChecks(folder: string): AsyncGenerator<Check & { readonly lineEnd: number }> {
  let carry = '';
  let lineEnd = 0;
  const chunks = createReadStream(path.join(folder, CHECK_FILE), { encoding: 'latin1', highWaterMark: CHUNK });
  try {
    for await (const chunk of chunks) {
      const lines = (carry + chunk).split('\n');
      carry = lines.pop() ?? '';
      for (const line of lines) {
        lineEnd += line.length + 1;
        const [, offset, length, crc] = /^(\d{1,15}) (\d{1,15}) ([0-9a-f]{8})$/.exec(line) ?? [];
        if (crc !== undefined) yield { offset: Number(offset), length: Number(length), crc: parseInt(crc, 16), lineEnd };
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** The check of what a file has in a range; undefined where it ends before. */
export async function checkRange(file: FileHandle, offset: number, length: number): Promise<Check | undefined> {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, length));
  let crc = 0;
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK, length - done), offset + done);
    if (bytesRead === 0) return undefined;
    crc = crc32(buffer.subarray(0, bytesRead), crc);
    done += bytesRead;
  }
  return { offset, length, crc };
}

/** Whether a file has what a check says, `shift` bytes further on. */
export async function isSound(file: FileHandle, { offset, length, crc }: Check, shift = 0): Promise<boolean> {
  return (await checkRange(file, offset + shift, length))?.crc === crc;
}

/** Bytes of a data file, all of which or none are as they were written. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly sound: boolean;
}

/** The data file of a closed package that has checks, in stretches from its first byte to its last. Errors: those of the file system. */
export async function surveyPackage({ folder }: { readonly folder: string }): Promise<Stretch[]> {
  const file = await open(path.join(folder, CLOSED_FILE));
  try {
    const { size } = await file.stat();
    const stretches: Stretch[] = [];
    const add = (start: number, end: number, sound: boolean): void => {
      const last = stretches.at(-1);
      if (last?.sound === sound) stretches[stretches.length - 1] = { ...last, end };
      else if (end > start) stretches.push({ start, end, sound });
    };
    let at = 0;
    for await (const check of readChecks(folder)) {
      if (check.offset < at || check.offset + check.length > size || !(await isSound(file, check))) continue;
      add(at, check.offset, false);
      at = check.offset + check.length;
      add(check.offset, at, true);
    }
    add(at, size, false);
    return stretches;
  } finally {
    await file.close();
  }
}

/**
 * Let the checks of a package that was open cover its data file from end to end: those of what is there no more go, and so do
 * those that do not follow on the one before and are not sound; what none covers then is taken as it is. They are on the disk when
 * the promise resolves. Errors: those of the file system.
 */
export async function sealPackage(folder: string, data: FileHandle): Promise<void> {
  const { size } = await data.stat();
  const checks = new Cover(data);
  for await (const { lineEnd, ...check } of readChecks(folder)) {
    const { offset, length } = check;
    if (length === 0 || offset + length > size) continue;
    if (offset === checks.end || (await isSound(data, check))) await checks.add(check, lineEnd);
  }
  await checks.fill(size);
  const file = await open(path.join(folder, CHECK_FILE), 'a+');
  try {
    await file.truncate(checks.bytesKept);
    await file.appendFile(checks.more.map(checkLine).join(''));
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** The checks of a data file up to `end`: the first `bytesKept` bytes of the file of checks, and `more` behind them. */
class Cover {
  readonly #data: FileHandle;
  readonly more: Check[] = [];
  bytesKept = 0;
  end = 0;
  /** What was before the last one that was added. */
  #before = { end: 0, bytesKept: 0, more: 0 };

  constructor(data: FileHandle) {
    this.#data = data;
  }

  async add(check: Check, lineEnd: number): Promise<void> {
    // The one before reaches into a sound one, so it is wrong.
    if (check.offset < this.end) this.#drop();
    if (check.offset < this.end) return;
    await this.fill(check.offset);
    this.#before = { end: this.end, bytesKept: this.bytesKept, more: this.more.length };
    this.end += check.length;
    if (this.more.length > 0) this.more.push(check);
    else this.bytesKept = lineEnd;
  }

  /** Cover what there is up to `to` as it is, from a line's beginning. */
  async fill(to: number): Promise<void> {
    if (to > this.end && !(await this.#beginsLine(this.end))) this.#drop();
    const gap = to > this.end ? await checkRange(this.#data, this.end, to - this.end) : undefined;
    if (gap !== undefined) this.more.push(gap);
    this.end = Math.max(this.end, to);
  }

  async #beginsLine(at: number): Promise<boolean> {
    const { buffer } = await this.#data.read(Buffer.alloc(1), 0, 1, Math.max(0, at - 1));
    return at === 0 || buffer[0] === 0x0a;
  }

  #drop(): void {
    this.end = this.#before.end;
    this.bytesKept = this.#before.bytesKept;
    this.more.length = this.#before.more;
  }
}
