import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';

/** Bytes of one UTC day, or of no day in particular. */
export interface Piece {
  readonly day?: string;
  readonly bytes: Buffer;
}

/**
 * Write pieces to a file, or, where `out` holds `{day}`, to a file a day. A file appears whole or not at all; a device or a
 * pipe is written to as it is. Returns the files' paths. Errors: those of node:fs.
 */
export function writeFiles(pieces: Iterable<Piece>, out: string): string[] {
  const files: string[] = [];
  let file = '';
  // Where it is written until it is whole.
  let at = '';
  let fd = -1;
  const close = (): void => {
    if (fd < 0) return;
    closeSync(fd);
    fd = -1;
    if (at !== file) renameSync(at, file);
  };
  try {
    for (const { day = '', bytes } of pieces) {
      const to = out.replaceAll('{day}', day);
      if (to !== file) {
        close();
        file = to;
        at = statSync(file, { throwIfNoEntry: false })?.isFile() === false ? file : `${file}.temp`;
        fd = openSync(at, 'w');
        files.push(file);
      }
      for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
    }
    close();
  } catch (e) {
    if (fd >= 0) {
      closeSync(fd);
      if (at !== file) rmSync(at, { force: true });
    }
    throw e;
  }
  return files;
}

/** Write pieces to a stream as fast as it takes them. */
export async function writeStream(pieces: Iterable<Piece>, stream: NodeJS.WritableStream): Promise<void> {
  for (const { bytes } of pieces) {
    await new Promise<void>((done, failed) => {
      stream.write(bytes, (e) => (e ? failed(e) : done()));
    });
  }
}

/** Join small pieces to such of about 1 MiB. */
export function* joined(lines: Iterable<Piece>): Generator<Piece> {
  let parts: Buffer[] = [];
  let size = 0;
  for (const { bytes } of lines) {
    parts.push(bytes);
    size += bytes.length;
    if (size < 1 << 20) continue;
    yield { bytes: Buffer.concat(parts) };
    parts = [];
    size = 0;
  }
  yield { bytes: Buffer.concat(parts) };
}
