import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { main } from '#server/cli/program.js';

/** Where a test does not say how many: a second worker costs a command a sixth of its time, which is mostly starting. */
const FEW_THREADS = { TIDEMILL_WORKERS: '1' };

const CLI = fileURLToPath(new URL('../../dist/server/cli.js', import.meta.url));

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CallOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** A command that starts the one that follows it. */
  readonly through?: readonly string[];
  /** What it reads from standard input; nothing by default. */
  readonly input?: string | Uint8Array;
}

/** The command line as a process, with an environment that has no settings of this machine. */
export function startTidemill(
  args: readonly string[],
  { environment = {}, folder, through = [] }: Omit<CallOptions, 'input'> = {},
): ChildProcess {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(TIDEMILL_|NODE_|VITEST|FORCE_COLOR)/.test(name)));
  const [program = '', ...rest] = [...through, process.execPath, CLI, ...args];
  return spawn(program, rest, { env: { ...env, ...FEW_THREADS, ...environment }, cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Run a command to its end. */
export async function tidemill(args: readonly string[], { input, ...options }: CallOptions = {}): Promise<Ended> {
  const child = startTidemill(args, options);
  child.stdin?.on('error', () => undefined).end(input);
  return ended(child);
}

export async function ended(child: ChildProcess): Promise<Ended> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (bytes: Buffer) => out.push(bytes));
  child.stderr?.on('data', (bytes: Buffer) => err.push(bytes));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

/**
 * Run a command to its end in this process, which spares it the loading that a process of its own begins with: where it is about
 * what the command does, and not about the process. One at a time, since what it prints is what this process prints meanwhile.
 */
export async function tidemillHere(args: readonly string[]): Promise<Omit<Ended, 'signal'>> {
  const printed = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      printed[name] += String(text);
      return true;
    }),
  );
  for (const name of Object.keys(process.env)) if (name.startsWith('TIDEMILL_')) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(FEW_THREADS)) vi.stubEnv(name, value);
  const listeners = process.stdout.listeners('error');
  try {
    const code = await main(args);
    return { code, ...printed };
  } finally {
    vi.unstubAllEnvs();
    for (const spy of spies) spy.mockRestore();
    // A process of its own would have ended with the one that the command leaves.
    for (const own of process.stdout.listeners('error')) {
      if (!listeners.includes(own)) process.stdout.off('error', own as (error: Error) => void);
    }
  }
}

/** What a command prints with `--json`, run in this process: one value a line. Throws where it does not end with 0. */
export async function tidemillJson(args: readonly string[]): Promise<unknown[]> {
  const { code, stdout, stderr } = await tidemillHere([...args, '--json']);
  if (code !== 0) throw new Error(`tidemill ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}
