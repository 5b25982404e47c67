import { hash } from 'node:crypto';

/** Bytes of a block of SHA-256, and of what it gives. */
const BLOCK = 64;
const DIGEST = 32;

/**
 * The key of a visitor to whom the site gives no id: `h:` and 128 bits in hex of HMAC-SHA-256 over address, NUL and agent
 * (neither holds a NUL). Who has not the secret can neither find the address nor tell whether two datasets met the same visitor.
 */
export function visitorKeys(secret: string): (ip: string, agent: string) => string {
  // By the definition of HMAC: two hashes of bytes that are there cost half of a Hmac object.
  const key = Buffer.from(secret, 'utf8');
  const block = Buffer.alloc(BLOCK);
  (key.length > BLOCK ? hash('sha256', key, 'buffer') : key).copy(block);
  const outer = Buffer.concat([block.map((byte) => byte ^ 0x5c), Buffer.alloc(DIGEST)]);
  let inner = Buffer.concat([block.map((byte) => byte ^ 0x36), Buffer.alloc(1024)]);
  return (ip, agent) => {
    const pair = `${ip}\0${agent}`;
    const room = BLOCK + pair.length * 3;
    if (room > inner.length) inner = Buffer.concat([inner.subarray(0, BLOCK), Buffer.alloc(room)]);
    const end = BLOCK + inner.write(pair, BLOCK);
    outer.write(hash('sha256', inner.subarray(0, end), 'binary'), BLOCK, 'binary');
    return `h:${hash('sha256', outer, 'hex').slice(0, 32)}`;
  };
}
