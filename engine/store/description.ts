import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { packRecord, unpackRecord } from './record.js';
import type { Job } from '../job.js';
import type { WorkPackage } from '../work-package.js';

/*
 * What a part says of the package that it is of, so that the catalogue can be made again from the parts. It lies behind the
 * blocks, in a frame as theirs, which `bytes` and `checksum` of the part leave out:
 *
 *   length (int32, big-endian)   'TMP1'   a record (see record.ts): crc32, msgpack of the description
 *
 * The first and the last part of a package have it; a file with several names has one for each package, the newest last. A
 * package without parts has a file of its own for it.
 */
const MAGIC = Buffer.from('TMP1');
const KEY = 'description';
const FRAME = 8;

/** A package, and what was committed with it. Jobs, records and sequences are told by the first package of a commit only. */
export interface Description {
  readonly package: WorkPackage;
  readonly jobs: readonly Job[];
  /** By kind and key; undefined where one was deleted. */
  readonly records: readonly { readonly kind: string; readonly key: string; readonly value: unknown }[];
  /** The last number of each sequence. */
  readonly sequences: Readonly<Record<string, number>>;
}

export function packDescription(description: Description): Buffer {
  const body = packRecord(KEY, description);
  const head = Buffer.alloc(4);
  head.writeInt32BE(MAGIC.length + body.length);
  return Buffer.concat([head, MAGIC, body]);
}

export interface Tail {
  readonly descriptions: readonly Description[];
  /** Where the last whole one ends. */
  readonly end: number;
}

/** The descriptions that some bytes begin with. A tail is whole where they end with the bytes. */
export function readTail(bytes: Uint8Array): Tail {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const descriptions: Description[] = [];
  let end = 0;
  for (let next = descriptionAt(buffer, end); next !== undefined; next = descriptionAt(buffer, end)) {
    descriptions.push(next.description);
    end = next.end;
  }
  return { descriptions, end };
}

/**
 * Every description in a file that may be damaged, from frame to frame or, behind damage, wherever one is; and where the first one
 * begins, or the file ends.
 */
export function findDescriptions(file: Buffer): { readonly descriptions: readonly Description[]; readonly from: number } {
  const descriptions: Description[] = [];
  let from = file.length;
  /** Where what is behind the last frame that may be right is looked for. */
  let least = 0;
  for (let at = 0; ;) {
    const next = descriptionAt(file, at);
    if (next !== undefined) {
      from = Math.min(from, at);
      descriptions.push(next.description);
      at = least = next.end;
      continue;
    }
    const end = at + FRAME <= file.length ? at + 4 + file.readInt32BE(at) : 0;
    if (end > at + FRAME && end <= file.length && file.subarray(at + 4, at + 7).equals(MAGIC_OF_BLOCKS)) {
      least = at + FRAME;
      at = end;
    } else {
      const magic = at === file.length ? -1 : file.indexOf(MAGIC, least);
      if (magic < 0) break;
      least = magic + MAGIC.length;
      at = Math.max(0, magic - 4);
    }
  }
  return { descriptions, from };
}

const MAGIC_OF_BLOCKS = Buffer.from('TMB');

function descriptionAt(bytes: Buffer, at: number): { readonly description: Description; readonly end: number } | undefined {
  if (at + FRAME > bytes.length || !bytes.subarray(at + 4, at + FRAME).equals(MAGIC)) return undefined;
  const end = at + 4 + bytes.readInt32BE(at);
  if (end < at + FRAME || end > bytes.length) return undefined;
  try {
    return { description: unpackRecord(KEY, bytes.subarray(at + FRAME, end)) as Description, end };
  } catch {
    return undefined;
  }
}

/** The descriptions of a part whose blocks end at `from`. None where the file cannot be read. */
export function descriptionsOf(file: string, from: number): readonly Description[] {
  try {
    return readTail(readFileSync(file).subarray(from)).descriptions;
  } catch {
    return [];
  }
}

/**
 * Write a description behind the blocks of a part, which end at `from`, and those that are there; what a write that was cut off
 * left goes. One process does it, and in one go: two packages that link the same file must not write to one place.
 */
export function describePart(file: string, from: number, description: Buffer): void {
  const fd = openSync(file, 'r+');
  try {
    const { size } = fstatSync(fd);
    // A part that has lost its end has nothing to say.
    if (size < from) return;
    const tail = Buffer.alloc(size - from);
    for (let got = 0; got < tail.length;) {
      const n = readSync(fd, tail, got, tail.length - got, from + got);
      if (n === 0) break;
      got += n;
    }
    const end = from + readTail(tail).end;
    if (end < size) ftruncateSync(fd, end);
    for (let at = 0; at < description.length;) at += writeSync(fd, description, at, description.length - at, end + at);
  } finally {
    closeSync(fd);
  }
}
