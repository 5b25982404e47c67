import type { Day, Job, JobState } from '../../../engine/index.js';
import { endOf } from '../../../engine/index.js';

export const JOB_STATES = ['scheduled', 'running', 'succeeded', 'failed', 'cancelled'] as const satisfies readonly JobState[];

/** What jobs are looked for by; a period between `from` and `to` (both included) overlaps them by a day at least. */
export interface JobFilter {
  /** Of any of these processors. */
  readonly processors?: ReadonlySet<string> | undefined;
  readonly state?: JobState | undefined;
  readonly from?: Day | undefined;
  readonly to?: Day | undefined;
}

/**
 * What jobs are found by, in columns, oldest first: 22 bytes a job, so that a search of a long history goes through little
 * memory. Jobs go by the number at the end of their ids, which grows.
 */
export class JobTable {
  #size = 0;
  #number = new Float64Array(1024);
  #processor = new Uint16Array(1024);
  #state = new Uint8Array(1024);
  #first = new Int32Array(1024);
  #end = new Int32Array(1024);
  readonly #codes = new Map<string, number>();
  readonly #names: string[] = [];

  /** Put a job in, or in the place of what was known of it; answers the state that it was in. */
  put(job: Pick<Job, 'id' | 'processor' | 'period' | 'state'>): JobState | undefined {
    const number = numberOf(job.id);
    const at = this.#lowerBound(number);
    const isThere = at < this.#size && this.#number[at] === number;
    const before = isThere ? JOB_STATES[this.#state[at] as number] : undefined;
    if (!isThere) this.#open(at);
    this.#number[at] = number;
    this.#processor[at] = this.#codeOf(job.processor);
    this.#state[at] = JOB_STATES.indexOf(job.state);
    this.#first[at] = job.period.first;
    this.#end[at] = endOf(job.period);
    return before;
  }

  /** The numbers of the jobs that a filter finds, newest first, of those older than `before`. Not to be held while jobs come in. */
  *find({ processors, state, from = -Infinity, to = Infinity }: JobFilter, before = Infinity): Generator<number> {
    const wanted = processors === undefined ? undefined : this.#names.map((name) => processors.has(name));
    const code = state === undefined ? -1 : JOB_STATES.indexOf(state);
    for (let at = this.#lowerBound(before) - 1; at >= 0; at--) {
      if (code >= 0 && this.#state[at] !== code) continue;
      if (wanted !== undefined && wanted[this.#processor[at] as number] !== true) continue;
      if ((this.#first[at] as number) > to || (this.#end[at] as number) <= from) continue;
      yield this.#number[at] as number;
    }
  }

  #codeOf(processor: string): number {
    let code = this.#codes.get(processor);
    if (code === undefined) {
      code = this.#names.push(processor) - 1;
      this.#codes.set(processor, code);
    }
    return code;
  }

  /** Make room for a row; it is nearly always the last. */
  #open(at: number): void {
    if (this.#size === this.#number.length) this.#grow();
    for (const column of [this.#number, this.#processor, this.#state, this.#first, this.#end]) column.copyWithin(at + 1, at, this.#size);
    this.#size++;
  }

  #grow(): void {
    const grown = <T extends Float64Array | Uint16Array | Uint8Array | Int32Array>(old: T, to: T): T => {
      to.set(old);
      return to;
    };
    const length = this.#size * 2;
    this.#number = grown(this.#number, new Float64Array(length));
    this.#processor = grown(this.#processor, new Uint16Array(length));
    this.#state = grown(this.#state, new Uint8Array(length));
    this.#first = grown(this.#first, new Int32Array(length));
    this.#end = grown(this.#end, new Int32Array(length));
  }

  #lowerBound(number: number): number {
    let from = 0;
    let to = this.#size;
    if (to === 0 || (this.#number[to - 1] as number) < number) return to;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#number[middle] as number) < number) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** The number at the end of a job's id; NaN where it has none. */
export function numberOf(id: string): number {
  return Number(/_(\d+)$/.exec(id)?.[1] ?? NaN);
}
