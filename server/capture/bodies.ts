import type { Readable } from 'node:stream';
import { RETRY_AFTER, Refusal, type Problem } from './problem.js';

export interface BodyLimits {
  /** The greatest body, in bytes. */
  readonly most: number;
  /** What large bodies that are under way may take together, in bytes. */
  readonly room: number;
  /** A body has to be whole after so many ms. */
  readonly timeoutMs: number;
  /** After so many ms it has to have come at `minRate` since it began, in bytes a second. */
  readonly graceMs: number;
  readonly minRate: number;
  /** What is left for them by all else that waits, in bytes. */
  readonly left: () => number;
  /** Now, in ms since the epoch. */
  readonly clock: () => number;
}

/** A body that is being read. */
interface Coming {
  /** Ms since the epoch. */
  readonly since: number;
  readonly address: string | undefined;
  /** What of it has come, and what of that counts. */
  bytes: number;
  counted: number;
  readonly refuse: (problem: Problem) => void;
}

/** Called once, with the whole body or why there is none. */
export type BodyDone = (error: Error | null, body?: Buffer) => void;

/**
 * Bodies up to this size do not count, in bytes: nearly all are smaller and whole with their first packet, and of the others there are
 * no more than connections.
 */
const SMALL = 16_384;
/** So many addresses it takes to fill the room; fewer where one body is more than a share. */
const ADDRESSES = 8;
/** A body that has been coming for so long gives way to others where there is no room, in ms. */
const YIELDS_MS = 1000;

const TOO_LARGE: Problem = {
  status: 413,
  code: 'TM_ERR_SENSOR_REQUEST',
  detail: "the body is larger than the setting 'sensor.bodyLimit'",
};
const TOO_SLOW: Problem = {
  status: 408,
  code: 'TM_ERR_SENSOR_REQUEST',
  detail: "the body came too slowly (settings 'sensor.bodyTimeout' and 'sensor.bodyRate'); nothing was taken",
};
const CUT_OFF: Problem = { status: 400, code: 'TM_ERR_SENSOR_REQUEST', detail: 'the body ended too early; nothing was taken' };
const TOO_MANY: Problem = {
  status: 503,
  code: 'TM_ERR_SENSOR_OVERLOAD',
  detail: 'there is no room for large bodies at the moment; nothing was taken',
  retryAfter: RETRY_AFTER,
};
const TOO_MANY_OF_ONE: Problem = {
  status: 429,
  code: 'TM_ERR_SENSOR_RATE',
  detail: 'this address is sending too many large bodies at once',
  retryAfter: RETRY_AFTER,
};

/**
 * Reads the bodies of requests. What has come counts, and not what was announced; a body has to keep moving; and large ones have a
 * room of their own, so that they never shut out small ones, and where it is full those that take long give way.
 */
export class Bodies {
  readonly #limits: BodyLimits;
  /** Oldest first. */
  readonly #coming = new Set<Coming>();
  readonly #byAddress = new Map<string, number>();
  #counted = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  /**
   * Read a body, of `announced` bytes (NaN where that is not known). It counts for `address`, or for nobody where that is undefined,
   * until `done` has returned.
   */
  read(payload: Readable, announced: number, address: string | undefined, done: BodyDone): void {
    if (announced > this.#limits.most) return done(new Refusal(TOO_LARGE));
    const chunks: Buffer[] = [];
    const end = (error: Error | null, whole?: Buffer): void => {
      if (!this.#coming.delete(body)) return;
      payload.off('data', onData);
      done(error, whole);
      this.#count(body, -body.counted);
    };
    const body: Coming = { since: this.#limits.clock(), address, bytes: 0, counted: 0, refuse: (problem) => end(new Refusal(problem)) };
    const onData = (chunk: Buffer): void => {
      body.bytes += chunk.length;
      const problem = this.#judge(body);
      if (problem !== undefined) body.refuse(problem);
      else chunks.push(chunk);
    };
    this.#coming.add(body);
    payload.on('data', onData);
    payload.once('end', () => end(null, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    // Its connection is gone.
    payload.once('error', () => body.refuse(CUT_OFF));
    payload.once('close', () => body.refuse(CUT_OFF));
  }

  /** Refuse the bodies that come too slowly: to be called a few times a second. */
  sweep(): void {
    const { timeoutMs, graceMs, minRate, clock } = this.#limits;
    const now = clock();
    for (const body of this.#coming) {
      const ms = now - body.since;
      if (ms >= timeoutMs || (ms >= graceMs && body.bytes * 1000 < minRate * ms)) body.refuse(TOO_SLOW);
    }
  }

  /** Count what has come of a body; answers what is wrong where it may not go on. */
  #judge(body: Coming): Problem | undefined {
    const { most, room, clock } = this.#limits;
    if (body.bytes > most) return TOO_LARGE;
    if (body.bytes <= SMALL) return undefined;
    const more = body.bytes - body.counted;
    const held = body.address === undefined ? 0 : (this.#byAddress.get(body.address) ?? 0);
    if (held > body.counted && held + more > room / ADDRESSES) return TOO_MANY_OF_ONE;
    const now = clock();
    for (const other of this.#coming) {
      if (this.#hasRoom(more) || now - other.since < YIELDS_MS) break;
      if (other !== body && other.counted > 0) other.refuse(TOO_MANY);
    }
    if (!this.#hasRoom(more)) return TOO_MANY;
    this.#count(body, more);
    return undefined;
  }

  #hasRoom(bytes: number): boolean {
    const { room, left } = this.#limits;
    return this.#counted + bytes <= Math.min(room, left());
  }

  #count(body: Coming, by: number): void {
    body.counted += by;
    this.#counted += by;
    if (body.address === undefined || by === 0) return;
    const held = (this.#byAddress.get(body.address) ?? 0) + by;
    if (held === 0) this.#byAddress.delete(body.address);
    else this.#byAddress.set(body.address, held);
  }
}
