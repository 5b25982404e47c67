import { TidemillError } from '../../engine/errors.js';
import { fail } from '../errors.js';
import type { Log } from '../log.js';
import { ALIVE_MS, type ChildMessage, type ChildOptions, type SupervisorMessage } from './messages.js';

/** A child at work. */
export interface Running {
  readonly port: number;
  /** Finish what is under way and let go of everything. */
  stop(): Promise<void>;
  /** Is given what the supervisor passes on. */
  hear?(message: Exclude<SupervisorMessage, { kind: 'stop' }>): void;
}

/** What an error means to the supervisor. */
function known(error: unknown): TidemillError {
  if (error instanceof TidemillError) return error;
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (syscall === 'listen' || code === 'EADDRINUSE') return fail('TM_ERR_LISTEN', message, { cause: error });
  return fail('TM_ERR_INTERNAL', error instanceof Error ? message : String(error), { cause: error });
}

/**
 * The life of a child process: start with the options of the command line, tell that it is ready, and end when the supervisor says
 * so, when it is gone, or at SIGTERM. SIGINT is left to the supervisor: a terminal sends it to all of them. What goes wrong is
 * told and logged, and the process ends with the exit code of its error.
 */
export async function runChild(
  log: Log,
  start: (options: ChildOptions, tell: (message: ChildMessage) => void) => Promise<Running>,
): Promise<void> {
  const tell = (message: ChildMessage): void => {
    // The supervisor may be gone already; 'disconnect' tells.
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };
  const exit = (code: number): void => {
    // What was told last is to arrive.
    if (!process.connected) process.exit(code);
    process.send?.({ kind: 'ended' }, undefined, undefined, () => process.exit(code));
  };
  const failed = (error: unknown): void => {
    const { code, message, exitCode } = known(error);
    log.error('the process ends', { error });
    tell({ kind: 'failed', code, message, exitCode });
    exit(exitCode);
  };
  process.on('uncaughtException', failed);
  process.on('unhandledRejection', failed);
  process.on('SIGINT', () => undefined);

  let running: Promise<Running> | undefined;
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    try {
      const child = await running;
      await child?.stop();
      exit(0);
    } catch (error) {
      failed(error);
    }
  };
  process.on('SIGTERM', () => void stop());
  process.on('disconnect', () => void stop());
  // It went while our modules were loaded, when nobody listened yet. A process that was not forked has no connection: undefined.
  if ('connected' in process && !process.connected) return stop();
  const early: Exclude<SupervisorMessage, { kind: 'stop' }>[] = [];
  let hear = (message: Exclude<SupervisorMessage, { kind: 'stop' }>): void => void early.push(message);
  process.on('message', (message: SupervisorMessage) => {
    if (message.kind === 'stop') void stop();
    else hear(message);
  });

  try {
    running = start(JSON.parse(process.argv[2] ?? '{}') as ChildOptions, tell);
    const child = await running;
    hear = (message) => child.hear?.(message);
    for (const message of early) hear(message);
    tell({ kind: 'ready', port: child.port });
    setInterval(() => tell({ kind: 'alive' }), ALIVE_MS).unref();
  } catch (error) {
    if (!stopping) failed(error);
  }
}
