/** Content is known by a digest that only its dataset can make; what an older version knew is known still. */
import { createCipheriv } from 'node:crypto';
import { appendFileSync, copyFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { contentKey, digestOf, PUBLIC_KEY } from '#server/acquisition/digest.js';
import { headDigest, INTAKE, intakes, type Intake } from '#server/acquisition/ledger.js';
import { line, NOW } from '../../support/dataset.js';
import { room } from '../../main-job/room.js';

const CHUNK = 512;
const states = ({ sources }: { readonly sources: readonly { readonly state: string }[] }): string[] => sources.map((s) => s.state);
const numbered = (n: number): string => Array.from({ length: n }, (_, i) => line(NOW, { object: `/${i}` })).join('');

const toBits = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const toBytes = (bits: bigint): Buffer => Buffer.from(bits.toString(16).padStart(32, '0'), 'hex');

/** A product in the field of GHASH. */
function times(x: bigint, y: bigint): bigint {
  let product = 0n;
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((x >> bit) & 1n) product ^= y;
    y = y & 1n ? (y >> 1n) ^ (0xe1n << 120n) : y >> 1n;
  }
  return product;
}

/** Other content of the same GMAC under a key that is known: two of its blocks of 16 bytes are changed. */
function forged(content: Buffer, key: string, block: number): Buffer {
  const aes = createCipheriv('aes-128-ecb', Buffer.from(key, 'base64'), null);
  const h = toBits(aes.update(Buffer.alloc(16)));
  for (let change = 1n << 64n; ; change++) {
    const other = Buffer.from(content);
    toBytes(change ^ toBits(content.subarray(block * 16, block * 16 + 16))).copy(other, block * 16);
    toBytes(times(change, h) ^ toBits(content.subarray(block * 16 + 16, block * 16 + 32))).copy(other, block * 16 + 16);
    // As many lines, and no byte that is in no text.
    if (other.subarray(block * 16, block * 16 + 32).every((byte) => byte > 31)) return other;
  }
}

test('a file that is made to have the digest of another under the public key is not taken for it', () =>
  room(async ({ file, take }) => {
    const content = Buffer.from(line(NOW) + `${'x'.repeat(200)}\n` + numbered(3));
    const other = forged(content, PUBLIC_KEY, Math.ceil(line(NOW).length / 16) + 2);
    expect(other.equals(content)).toBe(false);
    expect(digestOf(other, PUBLIC_KEY)).toBe(digestOf(content, PUBLIC_KEY));
    expect(states(await take([file('other', other)]))).toEqual(['new']);
    expect(states(await take([file('content', content)]))).toEqual(['new']);
    expect(states(await take([file('content', content)]))).toEqual(['known']);
  }));

test('what an older version imported is known, and from when it grows by the digest of its dataset', () =>
  room(async ({ data, dataset: { store }, file, take }) => {
    const content = numbered(20);
    const log = file('log', content);
    await take([log], { chunkBytes: CHUNK });
    const [{ key, keyed, ...intake }] = intakes(store) as [ReturnType<typeof intakes>[number]];
    expect(keyed).toBe(true);
    const bytes = Buffer.from(content);
    const chunks = intake.chunks.map((_, i) => digestOf(bytes.subarray(i * CHUNK, (i + 1) * CHUNK), PUBLIC_KEY));
    const old: Intake = { ...intake, head: headDigest(bytes, PUBLIC_KEY), chunks };
    expect(old.chunks).not.toEqual(intake.chunks);
    await store.commit({ records: [{ kind: INTAKE, key, value: old }] });

    copyFileSync(log, path.join(data, 'copy'));
    expect(states(await take([path.join(data, 'copy')], { chunkBytes: CHUNK }))).toEqual(['known']);
    appendFileSync(log, line(NOW, { object: '/more' }));
    expect(await take([log], { chunkBytes: CHUNK })).toMatchObject({ sources: [{ state: 'grown' }], counters: { read: 1 } });
    expect(states(await take([log], { chunkBytes: CHUNK }))).toEqual(['known']);
    const grown = intakes(store).at(-1);
    const own = await contentKey(store);
    expect(grown).toMatchObject({ keyed: true, head: headDigest(bytes, own) });
    expect(grown?.chunks[0]).toBe(digestOf(bytes.subarray(0, CHUNK), own));
  }));
