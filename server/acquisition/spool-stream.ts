import { createWriteStream } from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { callbackify } from 'node:util';
import { TidemillError } from '../../engine/errors.js';
import { isDiskFull } from '../../engine/store/disk.js';
import { fail } from '../errors.js';
import { SAMPLE_BYTES } from '../import/detect-format.js';
import { isGzip } from './gunzip.js';
import { sampleOf } from './sample.js';
import { openSource, unreadable, type Source } from './source.js';

/** What a stream leaves free of the disk: the smaller of a share of it and a number of bytes. */
const FREE_SHARE = 0.05;
const FREE_BYTES = 256 << 20;
/** How many bytes are written between two looks at the room. */
const LOOK_BYTES = 16 << 20;

export interface SpoolStream {
  /** Told the sample of a stream that does not end soon; what it throws refuses the stream before more of it is kept. */
  readonly look: (sample: Buffer) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Keep what a stream says in a file, so that it can be read as any other source. A stream may have no end: it is looked at first,
 * and leaves some of the disk free.
 * Errors: those of `look`, TM_ERR_IMPORT_UNREADABLE, TM_ERR_DISK_FULL, the signal's reason.
 */
export async function spoolStream(
  name: string,
  stream: NodeJS.ReadableStream,
  file: string,
  { look, signal }: SpoolStream,
): Promise<Source> {
  const full = (cause?: unknown): Error =>
    fail('TM_ERR_DISK_FULL', `there is no room to keep what comes from ${name}: free some, or import it in pieces`, { cause });
  let written = 0;
  const room = async (bytes: Buffer): Promise<Buffer> => {
    const before = written;
    written += bytes.length;
    if (Math.floor(before / LOOK_BYTES) !== Math.floor(written / LOOK_BYTES) && !(await hasRoom(path.dirname(file)))) throw full();
    return bytes;
  };
  try {
    await pipeline(stream, lookedAt(look), mapped(room), createWriteStream(file), ...(signal === undefined ? [] : [{ signal }]));
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof TidemillError) throw cause;
    throw isDiskFull(cause) ? full(cause) : unreadable(name, cause);
  }
  return openSource(name, file);
}

/** The same bytes; a sample of the first is shown to `look` before they go on. What ends before is looked at as a file. */
function lookedAt(look: (sample: Buffer) => void): Transform {
  let held: Buffer[] | undefined = [];
  let length = 0;
  const take = async (bytes: Buffer): Promise<Buffer | undefined> => {
    if (held === undefined) return bytes;
    held.push(bytes);
    length += bytes.length;
    if (length < SAMPLE_BYTES) return undefined;
    const first = Buffer.concat(held);
    held = undefined;
    // What is compressed is looked at when it can be decompressed.
    if (!isGzip(first)) look(await sampleOf([first]));
    return first;
  };
  return mapped(take, () => (held === undefined ? undefined : Buffer.concat(held)));
}

/** What a function makes of each piece of a stream. Unlike a generator in its place, it ends at once when the stream is called off. */
function mapped(map: (bytes: Buffer) => Promise<Buffer | undefined>, rest?: () => Buffer | undefined): Transform {
  return new Transform({
    transform(bytes: Buffer, _, done) {
      callbackify(map)(bytes, done);
    },
    flush(done) {
      done(null, rest?.());
    },
  });
}

async function hasRoom(folder: string): Promise<boolean> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return bavail * bsize >= Math.min(FREE_BYTES, blocks * bsize * FREE_SHARE);
}
