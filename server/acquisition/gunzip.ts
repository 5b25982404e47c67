import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

const CHUNK = 1 << 20;

/** What the first two bytes of gzip are. */
export function isGzip(magic: Uint8Array): boolean {
  return magic[0] === 0x1f && magic[1] === 0x8b;
}

/**
 * What the first `size` bytes of a gzip file hold, all members of it; `onRead` is told of bytes of the file that are read. Zeros
 * between members and behind the last are padding, as gzip takes them; Node's zlib ends there, whatever comes after.
 * Errors: those of the file system and of zlib, and where something else comes behind a member.
 */
export async function* gunzipped(path: string, size: number, onRead: (bytes: number) => void = () => undefined): AsyncGenerator<Buffer> {
  let told = 0;
  for (let start = 0; start < size;) {
    const file = createReadStream(path, { highWaterMark: CHUNK, start, end: size - 1 });
    const gunzip = createGunzip({ chunkSize: CHUNK });
    let read = start;
    file.on('data', (bytes) => {
      read += bytes.length;
      if (read > told) onRead(read - told);
      told = Math.max(told, read);
    });
    // `pipe` hands on no errors: a file that cannot be read must end the reading of what comes of it.
    file.on('error', (error) => gunzip.destroy(error)).pipe(gunzip);
    try {
      for await (const bytes of gunzip) yield bytes as Buffer;
    } finally {
      file.destroy();
    }
    start = await nextMember(path, start + gunzip.bytesWritten, size);
  }
}

/** Where the first byte that is no zero is, which must begin a member; `size` where there is none. */
async function nextMember(path: string, from: number, size: number): Promise<number> {
  if (from >= size) return size;
  const file = await open(path);
  try {
    const at = await skipZeros(file, from, size);
    if (at === size) return size;
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, at);
    if (isGzip(buffer)) return at;
    throw new Error(`what comes behind ${from} bytes of gzip is no gzip`);
  } finally {
    await file.close();
  }
}

async function skipZeros(file: FileHandle, from: number, size: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let at = from; at < size;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK, size - at), at);
    if (bytesRead === 0) return size;
    const found = buffer.subarray(0, bytesRead).findIndex((byte) => byte !== 0);
    if (found >= 0) return at + found;
    at += bytesRead;
  }
  return size;
}
