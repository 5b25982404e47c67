/* `tidemill serve` as a user runs it, with its log read line by line. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { ended, startTidemill, type Ended } from '../support/tidemill.js';

export type ChildName = 'capture' | 'engine';

export interface Serving {
  readonly api: string;
  readonly sensor: string;
  /** The process of that name that is ready; waits for it while it is started. */
  pid(name: ChildName): Promise<number>;
  /** Kill it with SIGKILL as soon as it is ready. */
  kill(name: ChildName): Promise<void>;
  /** What the API says at a path below /api/v1/. */
  // eslint-disable-next-line typescript/no-explicit-any
  ask(path: string): Promise<any>;
  /** Resolves when the supervisor and what wrote to its log have ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<Ended>;
}

/** Start it, and resolve when both processes are ready. It is killed when the test has ended. */
export async function serving(data: string, args: readonly string[]): Promise<Serving> {
  const supervisor = startTidemill(['serve', '--data', data, ...args]);
  onTestFinished(() => void supervisor.kill('SIGKILL'));
  const over = ended(supervisor);
  const lines = createInterface({ input: supervisor.stderr! });
  const pids = new Map<string, number | undefined>();
  const ready = new Promise<{ api: string; sensor: string }>((resolve, reject) => {
    lines.on('line', (text) => {
      const line = parse(text);
      const [, name, what] = /^the (capture|engine) process (is ready|ended)/.exec(line.msg ?? '') ?? [];
      if (name !== undefined) pids.set(name, what === 'is ready' ? line.pid : undefined);
      if (line.msg === 'ready') resolve({ api: line.api!, sensor: line.sensor! });
    });
    void over.then(({ stderr }) => reject(new Error(`serve ended: ${stderr}`)));
  });
  const { api, sensor } = await ready;
  let isOver = false;
  void over.then(() => (isOver = true));
  const pid = async (name: ChildName): Promise<number> => {
    for (;;) {
      const now = pids.get(name);
      if (now !== undefined) return now;
      if (isOver) throw new Error('serve has ended');
      await Promise.race([once(lines, 'line'), over]);
    }
  };
  return {
    api,
    sensor,
    pid,
    kill: async (name) => {
      process.kill(await pid(name), 'SIGKILL');
      // That it has ended is in the log a little later.
      pids.delete(name);
    },
    ask: async (path) => (await fetch(`${api}/api/v1/${path}`)).json(),
    end: (signal) => {
      supervisor.kill(signal);
      return over;
    },
  };
}

interface LogLine {
  readonly msg?: string;
  readonly pid?: number;
  readonly api?: string;
  readonly sensor?: string;
}

function parse(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return {};
  }
}
