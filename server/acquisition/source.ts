import { closeSync, createReadStream, openSync, readSync, statSync, type Stats } from 'node:fs';
import { fail } from '../errors.js';
import { gunzipped, isGzip } from './gunzip.js';
import { sampleOf } from './sample.js';

/** Bytes of one piece of decompressed content: what one task parses, and what one digest is of. */
export const CHUNK_BYTES = 16 << 20;

/** A log or a file of raw lines. */
export interface Source {
  /** As the user named it. */
  readonly name: string;
  readonly path: string;
  readonly compressed: boolean;
  /** Bytes on the disk when it was opened: what a writer adds from then on is for the next import. */
  readonly bytes: number;
}

/** Whether a name is standard input, a pipe or a device: what can be read once only. */
export function isStream(name: string): boolean {
  return name === '-' || !(statSync(name, { throwIfNoEntry: false })?.isFile() ?? true);
}

/**
 * Look at a file without reading it. Errors: TM_ERR_IMPORT_NO_FILE, TM_ERR_IMPORT_DIRECTORY, TM_ERR_IMPORT_UNREADABLE.
 */
export function openSource(name: string, path: string = name): Source {
  const stat = lookAt(name, path);
  const magic = Buffer.alloc(2);
  try {
    const fd = openSync(path, 'r');
    readSync(fd, magic, 0, 2, 0);
    closeSync(fd);
  } catch (cause) {
    throw unreadable(name, cause);
  }
  return { name, path, compressed: isGzip(magic), bytes: stat.size };
}

/** Errors: TM_ERR_IMPORT_NO_FILE, TM_ERR_IMPORT_DIRECTORY, TM_ERR_IMPORT_UNREADABLE. */
export function lookAt(name: string, path: string = name): Stats {
  let stat: Stats | undefined;
  try {
    stat = statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw unreadable(name, cause);
  }
  if (stat === undefined) throw fail('TM_ERR_IMPORT_NO_FILE', `there is no file ${name}`);
  if (stat.isDirectory()) throw fail('TM_ERR_IMPORT_DIRECTORY', `${name} is a directory; name the files in it`);
  return stat;
}

export function unreadable(name: string, cause: unknown): Error {
  return fail('TM_ERR_IMPORT_UNREADABLE', `${name} cannot be read: ${(cause as Error).message}`, { cause });
}

/** The decompressed content; where it is compressed, `onRead` is told of bytes of the disk. Errors: TM_ERR_IMPORT_UNREADABLE. */
export async function* contentOf(source: Source, onRead?: (bytes: number) => void): AsyncGenerator<Buffer> {
  if (source.bytes === 0) return;
  const content = source.compressed
    ? gunzipped(source.path, source.bytes, onRead)
    : createReadStream(source.path, { highWaterMark: 1 << 20, end: source.bytes - 1 });
  try {
    for await (const bytes of content) yield bytes as Buffer;
  } catch (cause) {
    throw unreadable(source.name, cause);
  }
}

/** The content in pieces of `size` bytes, the last one shorter. */
export async function* chunksOf(source: Source, size: number, onRead?: (bytes: number) => void): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (let bytes of contentOf(source, onRead)) {
    while (length + bytes.length >= size) {
      const rest = size - length;
      yield Buffer.concat([...parts, bytes.subarray(0, rest)]);
      bytes = bytes.subarray(rest);
      parts = [];
      length = 0;
    }
    if (bytes.length > 0) parts.push(bytes);
    length += bytes.length;
  }
  if (length > 0) yield Buffer.concat(parts);
}

/** How many of the first bytes of a source tell whether it may have been read before. */
const HEAD_BYTES = 65_536;

/** The first bytes of the content, and those that tell its format. */
export async function headOf(source: Source): Promise<{ head: Buffer; sample: Buffer }> {
  const parts: Buffer[] = [];
  let length = 0;
  const heard = async function* (): AsyncGenerator<Buffer> {
    for await (const bytes of contentOf(source)) {
      if (length < HEAD_BYTES) parts.push(bytes);
      length += bytes.length;
      yield bytes;
    }
  };
  const sample = await sampleOf(heard());
  return { head: Buffer.concat(parts).subarray(0, HEAD_BYTES), sample };
}
