import { closeSync, openSync, readSync } from 'node:fs';
import { writePart } from '../../engine/index.js';
import { wholeLines } from '../import/lines.js';
import { rejectBatch, type Reject } from '../import/rejects.js';
import type { ParseResult } from '../acquisition/parse-task.js';

/** A range of a data file, none of whose lines is to be counted. */
export interface SetAside {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** The rejected lines are written to it. */
  readonly file: string;
}

/** The task that rejects all lines of a range, byte by byte as they are. Errors: those of the file system. */
export function setAside({ path, start, end, file }: SetAside): ParseResult {
  const bytes = readRange(path, start, end);
  const rejects: Reject[] = [];
  let lines = 0;
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(0x0a, at);
    const stop = newline < 0 ? bytes.length : newline;
    lines++;
    if (stop > at) rejects.push({ line: lines, reason: 'checksum', start: at, end: stop });
    at = stop + 1;
  }
  const batch = rejectBatch(rejects, bytes);
  return {
    days: [],
    ...(batch === null ? {} : { rejects: { file, part: writePart(file, (writer) => writer.append(batch)) } }),
    counts: { lines, read: rejects.length, accepted: 0, rejected: { checksum: rejects.length }, filtered: {}, unknownFields: 0 },
    digest: '',
    chunkBytes: bytes.length,
    newlineEnd: wholeLines(bytes),
    endsRejected: true,
  };
}

function readRange(path: string, start: number, end: number): Buffer {
  const bytes = Buffer.alloc(end - start);
  const fd = openSync(path, 'r');
  try {
    let got = 0;
    while (got < bytes.length) {
      const n = readSync(fd, bytes, got, bytes.length - got, start + got);
      if (n === 0) break;
      got += n;
    }
    return bytes.subarray(0, got);
  } finally {
    closeSync(fd);
  }
}
