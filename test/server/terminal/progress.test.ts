import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startProgress, type Progress } from '#server/terminal/progress.js';

/** A terminal that understands what the bars use: newlines, cursor up, erase below, show and hide the cursor. */
class Terminal {
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
  written = '';
  lines: string[] = [''];
  cursorHidden = false;

  constructor({ isTTY = true, columns = 100, rows = 10 } = {}) {
    this.isTTY = isTTY;
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    this.written += text;
    // oxlint-disable-next-line no-control-regex
    for (const [, up, control, plain] of text.matchAll(/\x1b\[(\d+)A\r\x1b\[J|(\x1b\[\?25[hl])|([^\x1b]+)/g)) {
      if (up !== undefined) this.lines = [...this.lines.slice(0, this.lines.length - 1 - Number(up)), ''];
      else if (control !== undefined) this.cursorHidden = control.endsWith('l');
      else {
        const [first = '', ...rest] = (plain as string).split('\n');
        this.lines[this.lines.length - 1] += first;
        this.lines.push(...rest);
      }
    }
  }

  get screen(): string {
    return this.lines.join('\n').trimEnd();
  }
}

let running: Progress[] = [];
const start = (stream: Terminal, quiet = false): Progress => {
  const progress = startProgress({ stream, quiet });
  running.push(progress);
  return progress;
};

beforeEach(() => {
  vi.stubEnv('TERM', 'xterm');
  vi.useFakeTimers();
});
afterEach(() => {
  for (const progress of running) progress.stop();
  running = [];
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test('what is over within a second shows nothing', () => {
  const terminal = new Terminal();
  const progress = start(terminal);
  const task = progress.task('import', { total: 10 });
  vi.advanceTimersByTime(900);
  task.end();
  progress.stop();
  expect(terminal.written).toBe('');
});

test.each([
  ['piped', new Terminal({ isTTY: false }), false],
  ['quiet', new Terminal(), true],
])('nothing where it is %s', (_, terminal, quiet) => {
  const progress = start(terminal, quiet);
  progress.task('import').update(1);
  vi.advanceTimersByTime(5000);
  expect(terminal.written).toBe('');
});

test('bar, count, rate and what is left', () => {
  const terminal = new Terminal();
  const progress = start(terminal);
  const lines = progress.task('import', { total: 2_000_000, unit: 'lines' });
  const bytes = progress.task('日本', { unit: 'bytes' });
  for (let second = 0; second < 5; second++) {
    vi.advanceTimersByTime(1000);
    lines.update((second + 1) * 100_000);
    bytes.update((second + 1) * 1024 * 1024);
  }
  vi.advanceTimersByTime(100);
  expect(terminal.screen).toBe(
    ['import  ██████░░░░░░░░░░░░░░░░░░   25 %  500,000 / 2,000,000 lines  98,039/s  15.3 s left', '日本    5.0 MiB  1,003.9 KiB/s'].join(
      '\n',
    ),
  );
  expect(terminal.cursorHidden).toBe(true);
});

test('the rate is that of the last seconds', () => {
  const terminal = new Terminal();
  const task = start(terminal).task('import', { total: 1000 });
  task.update(500);
  vi.advanceTimersByTime(30_000);
  expect(terminal.screen).toContain('500 / 1,000  0/s');
  expect(terminal.screen).not.toContain('left');
});

test('ended tasks go, and stop leaves no trace', () => {
  const terminal = new Terminal();
  const progress = start(terminal);
  const first = progress.task('first', { total: 2 });
  progress.task('second', { total: 2 });
  vi.advanceTimersByTime(1000);
  expect(terminal.screen).toMatch(/^first .*\nsecond .*$/);
  first.end();
  vi.advanceTimersByTime(1000);
  expect(terminal.screen).toMatch(/^second .*$/);
  progress.stop();
  expect(terminal.screen).toBe('');
  expect(terminal.cursorHidden).toBe(false);
});

test('no line wraps and the bars fit the screen', () => {
  const terminal = new Terminal({ columns: 30, rows: 4 });
  const progress = start(terminal);
  for (let i = 0; i < 10; i++) progress.task(`task ${i} with \x1b[2J a long name`, { total: 10 });
  vi.advanceTimersByTime(3000);
  const lines = terminal.screen.split('\n');
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(line.length).toBeLessThan(30);
  expect(terminal.written).not.toContain('\x1b[2J');
});

describe('a signal', () => {
  /** What other tests have left in this process, such as the hook that ends a server with it, is not to hear of the signal. */
  const withoutListeners = (signal: NodeJS.Signals): void => {
    const others = process.listeners(signal);
    process.removeAllListeners(signal);
    onTestFinished(() => {
      for (const other of others) process.on(signal, other);
    });
  };

  test('gives the cursor back, then ends the process as if nobody had listened', () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    withoutListeners('SIGINT');
    const terminal = new Terminal();
    start(terminal).task('import');
    vi.advanceTimersByTime(2000);
    expect(terminal.cursorHidden).toBe(true);
    process.emit('SIGINT', 'SIGINT');
    expect(terminal.cursorHidden).toBe(false);
    expect(terminal.screen).toBe('');
    expect(kill).toHaveBeenCalledExactlyOnceWith(process.pid, 'SIGINT');
  });

  test.each(['on', 'once'] as const)('is left to whoever else listens (%s)', (listen) => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const other = vi.fn<() => void>();
    withoutListeners('SIGTERM');
    process[listen]('SIGTERM', other);
    const terminal = new Terminal();
    start(terminal).task('import');
    vi.advanceTimersByTime(2000);
    process.emit('SIGTERM', 'SIGTERM');
    expect(other).toHaveBeenCalledOnce();
    expect(kill).not.toHaveBeenCalled();
    expect(terminal.cursorHidden).toBe(false);
    process.off('SIGTERM', other);
  });

  test('no listener is left behind', () => {
    const before = process.listenerCount('SIGINT') + process.listenerCount('exit');
    start(new Terminal()).stop();
    expect(process.listenerCount('SIGINT') + process.listenerCount('exit')).toBe(before);
  });
});
