import { totalmem } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** How often the process's memory is looked at, ms: what fills memory as fast as it can takes some 100 MB meanwhile. */
const INTERVAL = 50;
/** How long the memory of a thread that was ended is waited for, ms. */
const PATIENCE = 2000;

/**
 * Watches the memory of the process while foreign calls are under way. V8's own limit of a thread's heap is no guard: a thread that
 * asks for a large array beyond it ends the whole process, and it does not count buffers.
 */
export class MemoryWatch {
  readonly #perCall: number;
  readonly #onExcess: (bytes: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #calls = 0;
  #before = 0;
  /** Until when memory may still be given back, ms of `performance.now`. */
  #settling = 0;

  /** `onExcess` is told when memory has grown by more than `perCall` bytes for each call under way, or by half of the machine's. */
  constructor(perCall: number, onExcess: (bytes: number) => void) {
    this.#perCall = perCall;
    this.#onExcess = onExcess;
  }

  /** A call is to begin: resolves when what others have left is gone. */
  async begin(): Promise<void> {
    while (performance.now() < this.#settling && this.#grown() > this.#perCall / 4) await pause(INTERVAL);
    if (this.#calls++ > 0) return;
    this.#before = process.memoryUsage.rss();
    this.#timer = setInterval(() => this.#look(), INTERVAL).unref();
  }

  end(): void {
    if (--this.#calls === 0) clearInterval(this.#timer);
  }

  #grown(): number {
    return process.memoryUsage.rss() - this.#before;
  }

  #look(): void {
    const grown = this.#grown();
    if (grown <= Math.min(this.#perCall * this.#calls, machineBytes() / 2)) return;
    this.#settling = performance.now() + PATIENCE;
    this.#onExcess(grown);
  }
}

/** What the process may use: its control group's limit, where it has one. */
function machineBytes(): number {
  const { constrainedMemory } = process as { constrainedMemory?: () => number | undefined };
  return Math.min(constrainedMemory?.() || Infinity, totalmem());
}
