import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { runCommand, type Ended } from '../harness/child.js';

export interface GoAccess {
  /** With its version. */
  readonly name: string;
  readonly threads: number;
  /** Read a combined log into a JSON report. Throws unless it saw so many lines. */
  run(log: string, report: string, lines: number): Promise<Ended>;
}

/** The `goaccess` on the PATH, or none. Versions from 1.8 on parse with several threads. */
export function findGoAccess(cores: number): GoAccess | undefined {
  const { status, stdout } = spawnSync('goaccess', ['--version'], { encoding: 'utf8' });
  if (status !== 0) return undefined;
  const version = /\d+(\.\d+)+/.exec(stdout)?.[0] ?? 'of an unknown version';
  const help = spawnSync('goaccess', ['--help'], { encoding: 'utf8' }).stdout;
  const threads = help.includes('--jobs') ? Math.min(cores, 6) : 1;
  return {
    name: `GoAccess ${version}`,
    threads,
    run: async (log, report, lines) => {
      const jobs = threads > 1 ? [`--jobs=${threads}`] : [];
      const ended = await runCommand('goaccess', [
        log,
        '--log-format=COMBINED',
        '--no-global-config',
        '--no-progress',
        '-o',
        report,
        ...jobs,
      ]);
      const { general } = JSON.parse(readFileSync(report, 'utf8')) as { general: { total_requests: number } };
      if (general.total_requests !== lines) throw new Error(`of ${lines} lines GoAccess read ${general.total_requests}`);
      return ended;
    },
  };
}
