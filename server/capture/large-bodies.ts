import type { FastifyReply, FastifyRequest } from 'fastify';

/** Bodies up to this size are not counted, in bytes: nearly all are smaller, and connections are limited by the system. */
const SMALL = 16_384;

/** How many bytes the large bodies have that are being read or answered: they are in memory before anything waits to be written. */
export class LargeBodies {
  readonly #limit: number;
  #bytes = 0;

  /** `limit`: the greatest body there can be, which one that does not tell its length is taken for. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Count a request's body until the answer is sent or the connection is gone. */
  count({ headers, method }: FastifyRequest, reply: FastifyReply): void {
    if (method === 'GET') return;
    const length = headers['content-length'];
    const size = length === undefined ? this.#limit : Math.min(Number(length), this.#limit);
    if (size <= SMALL) return;
    this.#bytes += size;
    reply.raw.once('close', () => (this.#bytes -= size));
  }
}
