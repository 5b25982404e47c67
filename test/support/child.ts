import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface Child {
  readonly process: ChildProcessByStdio<null, Readable, null>;
  /** The next line that it writes; rejects when it ends before. */
  line(): Promise<string>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Run a fixture in a process of its own; it is killed when the test has ended. */
export function child(fixture: string, argv: readonly string[], nodeOptions: readonly string[] = []): Child {
  const file = fileURLToPath(new URL(`../engine/fixtures/${fixture}`, import.meta.url));
  const own = spawn(process.execPath, [...nodeOptions, file, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    own.kill('SIGKILL');
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => own.once('exit', (code, signal) => resolve(signal ?? code ?? 0)));
  const lines = createInterface({ input: own.stdout })[Symbol.asyncIterator]();
  return {
    process: own,
    ended,
    line: async () => {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${fixture} ended: ${await ended}`);
      return value;
    },
  };
}
