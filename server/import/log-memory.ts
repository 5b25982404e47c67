import { MAX_LINE } from './columns.js';
import type { ScanKernel } from './scan-kernel.js';
import { ScanMemory } from './scan-memory.js';

/** The columns of a log, as kernel/log.ts has them. */
export const HOST = 0;
export const REQUEST = 1;
export const REFERRER = 2;
export const AGENT = 3;
export const VIRTUAL_HOST = 4;
/** Not codes but the number itself. */
export const STATUS = 5;
const COLUMNS = 6;

/** Lines of an access log. */
export class LogMemory extends ScanMemory {
  readonly #virtualHosts: boolean;

  constructor(kernel: ScanKernel, virtualHosts: boolean) {
    super(kernel, COLUMNS);
    this.#virtualHosts = virtualHosts;
  }

  protected override begin(size: number, seed: number): number {
    return this.kernel.beginLog(COLUMNS, MAX_LINE, size, seed);
  }

  /** A log's fields are all known; the kernel's count is of the impressions that it scanned before. */
  override get unknown(): number {
    return 0;
  }

  override scan(from: number, to: number): number {
    return this.kernel.scanLog(from, to, this.#virtualHosts ? 1 : 0);
  }
}
