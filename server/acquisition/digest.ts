import { createCipheriv, randomBytes } from 'node:crypto';
import type { LocationStore } from '../../engine/index.js';

/** Under it content was known before a store had a key of its own. */
export const PUBLIC_KEY = Buffer.from('tidemill content').toString('base64');

const NONCE = Buffer.alloc(12);
const RECORD = { kind: 'dataset', key: 'contentKey' } as const;

/**
 * 128 bits that stand for content, in base64: GMAC under `key`, 16 bytes in base64. It takes an eighth of the time of SHA-256
 * (measured: 2 ms in place of 18 for 16 MiB, where parsing takes about 100). Who has not the key cannot make another content of the
 * same digest; the digests are kept where the key is, and told to nobody.
 */
export function digestOf(bytes: Uint8Array, key: string): string {
  const gmac = createCipheriv('aes-128-gcm', Buffer.from(key, 'base64'), NONCE);
  gmac.setAAD(bytes);
  gmac.final();
  return gmac.getAuthTag().toString('base64');
}

/** The key of a store for digests of content; it is made with the first import. Errors: those of the store. */
export async function contentKey(store: LocationStore): Promise<string> {
  const there = store.record(RECORD.kind, RECORD.key);
  if (typeof there === 'string') return there;
  const key = randomBytes(16).toString('base64');
  await store.commit({ records: [{ ...RECORD, value: key }] });
  return key;
}
