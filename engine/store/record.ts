import { crc32 } from 'node:zlib';
import { Packr, Unpackr } from '../msgpackr.js';
import { fail } from '../errors.js';

/*
 * A stored record: crc32 (4 bytes, little-endian, over key and body), then the value in msgpack. LMDB hands back flipped
 * bits as they are; the key is part of the sum, so that a value in a wrong place is found as well.
 */
const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, int64AsType: 'number', mapsAsObjects: true, copyBuffers: true });

export function packRecord(key: string, value: unknown): Buffer {
  const body = packr.pack(value);
  const record = Buffer.alloc(4 + body.length);
  record.writeUInt32LE(checksum(key, body));
  record.set(body, 4);
  return record;
}

/** Errors: TM_ERR_STORE_CORRUPT. The result shares no memory with `record`. */
export function unpackRecord(key: string, record: Uint8Array): unknown {
  const body = record.subarray(4);
  const stored = record.length < 4 ? -1 : new DataView(record.buffer, record.byteOffset).getUint32(0, true);
  if (stored !== checksum(key, body))
    throw fail('TM_ERR_STORE_CORRUPT', `the record '${key}' of the store does not match its checksum`, { data: { key } });
  return unpackr.unpack(body);
}

function checksum(key: string, body: Uint8Array): number {
  return crc32(body, crc32(key));
}
