/**
 * The process that `tidemill serve` is: it starts the capture process and the engine process, starts either again when it ends, and
 * passes on what the capture tells.
 *
 *   capture ── capture, closed ──▶ supervisor ── capture, closed, capture-down ──▶ engine
 */
import { fileURLToPath } from 'node:url';
import { TidemillError } from '../../engine/errors.js';
import type { Log } from '../log.js';
import { Child, type ChildSpecification, type Failure } from './child.js';
import type { ChildOptions } from './messages.js';

export interface SupervisorOptions {
  readonly capture: ChildOptions;
  readonly engine: ChildOptions;
  readonly log: Log;
  /** Is called once, when both are ready for the first time. */
  readonly onReady: (ports: { readonly capture: number; readonly engine: number }) => void;
  /** Modules of the processes, in place of our own. */
  readonly entries?: { readonly capture: string; readonly engine: string };
}

/** Errors in a process's first life that no second one mends. */
const HOPELESS = new Set(['TM_ERR_LISTEN']);
/** Requests wait in the capture for the disk: with little room for young objects each would be copied several times. */
export const CAPTURE_NODE_OPTIONS = ['--max-semi-space-size=64'];
/**
 * For glibc's malloc, which others ignore, in the engine process. By default it takes large blocks from the arenas of the threads, and
 * leaves each of these twice as much as the largest that was ever freed: 50 MB a worker with the arrays of a task that ended.
 */
const ENGINE_ENVIRONMENT = { MALLOC_MMAP_THRESHOLD_: String(1 << 20), MALLOC_TRIM_THRESHOLD_: String(2 << 20) };
/** Of the ten seconds that the whole may take to end. */
const PATIENCE_MS = 9000;

const module = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ENTRIES = { capture: module('../capture/capture-main.js'), engine: module('../service/engine-main.js') };

/**
 * Run both processes until `signal` aborts, and let them finish then. Errors: that of a process which fails at its first start in
 * a way that trying again does not mend: wrong settings, or a port that is taken.
 */
export async function supervise(
  { capture, engine, log, onReady, entries = ENTRIES }: SupervisorOptions,
  signal: AbortSignal,
): Promise<void> {
  const ports: { capture?: number; engine?: number } = {};
  const children: Child[] = [];
  let hopeless: Failure | undefined;
  const stop = (): void => {
    for (const child of children) child.stop(PATIENCE_MS);
  };
  const isReady = (name: 'capture' | 'engine', port: number): void => {
    const before = ports.capture !== undefined && ports.engine !== undefined;
    ports[name] = port;
    if (!before && ports.capture !== undefined && ports.engine !== undefined) onReady({ capture: ports.capture, engine: ports.engine });
  };
  const specification = (name: 'capture' | 'engine', options: ChildOptions): Omit<ChildSpecification, 'onMessage'> => ({
    name,
    entry: entries[name],
    options,
    nodeOptions: name === 'capture' ? CAPTURE_NODE_OPTIONS : [],
    environment: name === 'engine' ? ENGINE_ENVIRONMENT : {},
    log,
    onReady: (port) => isReady(name, port),
    onDown: (reason, failure, wasReady) => {
      if (name === 'capture') engineChild.send({ kind: 'capture-down', reason: failure?.message ?? reason });
      if (wasReady || failure === undefined || !(failure.exitCode === 2 || HOPELESS.has(failure.code))) return false;
      hopeless ??= failure;
      stop();
      return true;
    },
  });
  const engineChild = new Child({ ...specification('engine', engine), onMessage: () => undefined });
  const captureChild = new Child({ ...specification('capture', capture), onMessage: (message) => engineChild.send(message) });
  children.push(captureChild, engineChild);

  if (signal.aborted) return;
  signal.addEventListener('abort', stop);
  try {
    await Promise.all(children.map((child) => child.live()));
  } finally {
    signal.removeEventListener('abort', stop);
  }
  if (hopeless !== undefined) throw new TidemillError(hopeless.code, { summary: '', exitCode: hopeless.exitCode }, hopeless.message);
}
