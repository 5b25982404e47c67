import { spawn, spawnSync } from 'node:child_process';
import type { Readable } from 'node:stream';
import { built } from './places.js';

/** What a child process told of itself when it ended. */
export interface Usage {
  /** The most memory that it held at a time, all threads together. */
  readonly peakBytes: number;
  /** Time that all its threads were on a core. */
  readonly cpuMs: number;
}

export interface Ended {
  /** From before it was started until it had ended. */
  readonly ms: number;
  readonly stdout: string;
}

/** Most characters of a failed command's output that are shown. */
const SHOWN = 4000;

/**
 * Run a command to its end. Throws with its output where it fails: a figure of a command that did not do its work is none.
 */
export async function runCommand(command: string, args: readonly string[]): Promise<Ended> {
  const { ms, stdout } = await run(command, args, false);
  return { ms, stdout };
}

/**
 * Run a compiled module of ours as a program, with what it takes of the machine.
 * `cores` holds it to the first of them (Linux, where `canPin`); `clone` takes the module from another built clone.
 */
export async function runModule(module: string, args: readonly string[], cores?: readonly number[], clone?: URL): Promise<Ended & Usage> {
  const node = [process.execPath, built('bench/child.js'), built(module, clone), ...args];
  const [command = '', ...rest] = cores === undefined ? node : ['taskset', '--cpu-list', cores.join(), ...node];
  const { ms, stdout, usage } = await run(command, rest, true);
  return { ms, stdout, ...(JSON.parse(usage) as Usage) };
}

/**
 * The environment without Tidemill's own variables and Node's: they would measure something else. NODE_EXTRA_CA_CERTS alone, where
 * a host has it set, adds 60 ms to the start of every Node.
 */
export function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:TIDEMILL|NODE)_/.test(name)));
}

/** Whether a process can be held to some cores here. */
export function canPin(): boolean {
  return process.platform === 'linux' && spawnSync('taskset', ['--version']).status === 0;
}

/** Write what waits in memory to the disk, so that nobody pays for those before him. */
export function settleDisk(): void {
  if (process.platform !== 'win32') spawnSync('sync');
}

function run(command: string, args: readonly string[], tells: boolean): Promise<Ended & { usage: string }> {
  const start = performance.now();
  const child = spawn(command, args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe', tells ? 'pipe' : 'ignore'] });
  const [stdout, stderr, usage] = [child.stdio[1], child.stdio[2], child.stdio[3]].map((s) => textOf(s as Readable | null));
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new Error(`${command} cannot be started: ${cause.message}`, { cause })));
    child.once('close', (code, signal) => {
      const ms = performance.now() - start;
      const [out, err, told] = [stdout?.() ?? '', stderr?.() ?? '', usage?.() ?? ''];
      if (code === 0 && (told !== '' || !tells)) resolve({ ms, stdout: out, usage: told });
      else reject(new Error(`${[command, ...args].join(' ')}\nended with ${signal ?? code}\n${`${out}${err}`.slice(-SHOWN)}`));
    });
  });
}

function textOf(stream: Readable | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}
