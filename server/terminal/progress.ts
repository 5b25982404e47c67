/**
 * Progress bars of several tasks at once, on a terminal's standard error. They show after a second, and leave no trace.
 *
 *   import   ██████████████░░░░░░░░░░  58 %  1,160,000 / 2,000,000 lines  512,000/s  1.6 s left
 *   process  ███████░░░░░░░░░░░░░░░░░  31 %  …
 */
import { formatBytes, formatCount, formatDuration, formatPercent, formatRate } from './format.js';
import { pad, truncate, visible, widthOf } from './text.js';

export interface ProgressTask {
  /** So many are done in all, of so many. */
  update(done: number, total?: number): void;
  /** The task's line goes away. */
  end(): void;
}

export interface Progress {
  /** Begin a task. Without a total it shows a count and a rate. `unit` is a noun; `bytes` are written as sizes. */
  task(name: string, options?: { readonly total?: number; readonly unit?: string }): ProgressTask;
  /** Remove the bars and give the cursor back. The process ending or a signal does the same. */
  stop(): void;
}

/** The part of a terminal's stream that is used. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

interface TaskState {
  readonly name: string;
  readonly unit: string;
  total: number | undefined;
  done: number;
  /** [time, done] of the last seconds, oldest first, for the rate. */
  readonly samples: [number, number][];
}

const SHOW_AFTER_MS = 1000;
const REDRAW_MS = 100;
const RATE_OVER_MS = 10_000;
const BAR = 24;
/** For a terminal that says 0 or nothing. */
const USUAL = { columns: 80, rows: 24 };
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `quiet` (for `--json`) and a stream that is no terminal show nothing. */
export function startProgress({
  stream = process.stderr,
  quiet = false,
}: { readonly stream?: ProgressStream; readonly quiet?: boolean } = {}): Progress {
  const tasks = new Set<TaskState>();
  const shows = !quiet && stream.isTTY === true && process.env['TERM'] !== 'dumb';
  const started = performance.now();
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;

  const erase = (): string => (drawn > 0 ? `\x1b[${drawn}A\r\x1b[J` : '');
  const redraw = (): void => {
    const now = performance.now();
    const lines =
      now - started < SHOW_AFTER_MS
        ? []
        : progressLines([...tasks], now, stream.columns || USUAL.columns).slice(0, (stream.rows || USUAL.rows) - 1);
    if (lines.length === 0 && drawn === 0) return;
    const cursor = drawn === 0 && lines.length > 0 ? '\x1b[?25l' : '';
    stream.write(erase() + cursor + lines.map((line) => `${line}\n`).join(''));
    drawn = lines.length;
  };
  const stop = (): void => {
    if (timer === undefined) return;
    clearInterval(timer);
    timer = undefined;
    process.off('exit', stop);
    for (const signal of SIGNALS) process.off(signal, onSignal);
    if (drawn > 0) stream.write(`${erase()}\x1b[?25h`);
    drawn = 0;
  };
  // A listener keeps a signal from ending the process: where nobody else listens, that is made up for. It is the first of all:
  // one that listens once is gone when it is called.
  const onSignal = (signal: NodeJS.Signals): void => {
    stop();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };

  if (shows) {
    timer = setInterval(redraw, REDRAW_MS).unref();
    process.on('exit', stop);
    for (const signal of SIGNALS) process.prependListener(signal, onSignal);
  }
  return {
    task(name, { total, unit = '' } = {}) {
      const state: TaskState = { name: visible(name), unit, total, done: 0, samples: [[performance.now(), 0]] };
      tasks.add(state);
      return {
        update: (done, newTotal = state.total) => {
          state.done = done;
          state.total = newTotal;
        },
        end: () => {
          tasks.delete(state);
        },
      };
    },
    stop,
  };
}

function progressLines(tasks: readonly TaskState[], now: number, columns: number): string[] {
  const nameWidth = Math.min(
    tasks.reduce((widest, task) => Math.max(widest, widthOf(task.name)), 0),
    Math.floor(columns / 3),
  );
  return tasks.map((task) => {
    const name = pad(truncate(task.name, nameWidth), nameWidth);
    const parts = [name, ...describe(task, now)];
    // The last column stays free: a terminal that wraps there would break the redraw.
    return truncate(parts.join('  '), columns - 1);
  });
}

function describe(task: TaskState, now: number): string[] {
  const { samples, done, total, unit } = task;
  samples.push([now, done]);
  while ((samples[1]?.[0] ?? now) < now - RATE_OVER_MS) samples.shift();
  const [since, before] = samples[0] as [number, number];
  const format = unit === 'bytes' ? formatBytes : formatCount;
  const noun = unit === '' || unit === 'bytes' ? '' : ` ${unit}`;
  const rate = formatRate(done - before, now - since, format);
  if (total === undefined) return [`${format(done)}${noun}`, rate];

  const share = total > 0 ? Math.min(1, done / total) : 0;
  const filled = Math.floor(share * BAR);
  const parts = [
    '█'.repeat(filled) + '░'.repeat(BAR - filled),
    formatPercent(done, total).padStart(5),
    `${format(done)} / ${format(total)}${noun}`,
    rate,
  ];
  if (done > before && done < total) parts.push(`${formatDuration(((total - done) * (now - since)) / (done - before))} left`);
  return parts;
}
