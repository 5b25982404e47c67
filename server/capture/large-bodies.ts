import type { FastifyReply, FastifyRequest } from 'fastify';

/** Bodies up to this size are not counted, in bytes: nearly all are smaller, and connections are limited by the system. */
const SMALL = 16_384;

/**
 * How many bytes the large bodies have that are being read or answered: they are in memory before anything waits to be written.
 * They count from their announcement on, and so one address may not announce all that there is room for.
 */
export class LargeBodies {
  readonly #limit: number;
  readonly #share: number;
  readonly #byAddress = new Map<string, number>();
  #bytes = 0;

  /**
   * `limit`: the greatest body there can be, which one that does not tell its length is taken for. `share`: the most bytes of one
   * address, but for a single body that is larger.
   */
  constructor(limit: number, share: number) {
    this.#limit = limit;
    this.#share = share;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Count a request's body until the answer is sent or the connection is gone. False, and not counted, where its address has its share;
   * `address` is undefined where there is none to limit.
   */
  admit(request: FastifyRequest, reply: FastifyReply, address: string | undefined): boolean {
    const { headers, method } = request;
    if (method === 'GET') return true;
    const length = headers['content-length'];
    const size = length === undefined ? this.#limit : Math.min(Number(length), this.#limit);
    if (size <= SMALL) return true;
    const held = address === undefined ? 0 : (this.#byAddress.get(address) ?? 0);
    if (held > 0 && held + size > this.#share) return false;
    this.#add(address, size);
    // An answer that waits for those before it on its connection never says that this is gone. Any number may wait there.
    const ends = [reply.raw, request.raw.socket.setMaxListeners(0)];
    const release = (): void => {
      for (const end of ends) end.off('close', release);
      this.#add(address, -size);
    };
    for (const end of ends) end.once('close', release);
    return true;
  }

  #add(address: string | undefined, size: number): void {
    this.#bytes += size;
    if (address === undefined) return;
    const bytes = (this.#byAddress.get(address) ?? 0) + size;
    if (bytes === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, bytes);
  }
}
