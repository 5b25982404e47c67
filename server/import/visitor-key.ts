import { hash } from 'node:crypto';

/** Bytes of a block of SHA-256, and of what it gives. */
const BLOCK = 64;
const DIGEST = 32;

/** A text among bytes. */
export interface TextBytes {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** `h:` and 32 hex digits. */
export const KEY_LENGTH = 34;

/**
 * The key of a visitor to whom the site gives no id: `h:` and 128 bits in hex of HMAC-SHA-256 over address, NUL and agent
 * (neither holds a NUL). Who has not the secret can neither find the address nor tell whether two datasets met the same visitor.
 * A key is good until the next is asked for.
 */
export function visitorKeys(secret: string): (ip: TextBytes, agent: TextBytes) => Uint8Array {
  // By the definition of HMAC: two hashes of bytes that are there cost half of a Hmac object.
  const key = Buffer.from(secret, 'utf8');
  const block = Buffer.alloc(BLOCK);
  (key.length > BLOCK ? hash('sha256', key, 'buffer') : key).copy(block);
  const outer = Buffer.concat([block.map((byte) => byte ^ 0x5c), Buffer.alloc(DIGEST)]);
  let inner = Buffer.concat([block.map((byte) => byte ^ 0x36), Buffer.alloc(1024)]);
  const made = Buffer.from('h:'.padEnd(KEY_LENGTH));
  return (ip, agent) => {
    const middle = BLOCK + ip.end - ip.start;
    const end = middle + 1 + agent.end - agent.start;
    if (end > inner.length) inner = Buffer.concat([inner.subarray(0, BLOCK), Buffer.alloc(end)]);
    copyText(ip, inner, BLOCK);
    inner[middle] = 0;
    copyText(agent, inner, middle + 1);
    outer.write(hash('sha256', inner.subarray(0, end), 'binary'), BLOCK, 'binary');
    made.write(hash('sha256', outer, 'hex'), 2, KEY_LENGTH - 2, 'latin1');
    return made;
  };
}

/** Short texts: a call of `set` would take longer. */
function copyText({ bytes, start, end }: TextBytes, to: Uint8Array, at: number): void {
  for (let i = start; i < end; i++) to[at + i - start] = bytes[i] as number;
}
