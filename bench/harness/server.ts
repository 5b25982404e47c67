import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { built } from './places.js';

/** A server of ours in a process of its own, that speaks as bench/peers/sensor-server.ts does. */
export interface Served {
  readonly port: number;
  /** CPU time of all its threads since it listened, in ms. */
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
}

/** Start a compiled module as a server. `cores` holds it to these (Linux). Throws where it ends before it listens. */
export async function startServer(
  module: string,
  args: readonly string[],
  nodeOptions: readonly string[],
  cores?: readonly number[],
): Promise<Served> {
  const node = [process.execPath, ...nodeOptions, built(module), ...args];
  const [command = '', ...rest] = cores === undefined ? node : ['taskset', '--cpu-list', cores.join(), ...node];
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const number = async (): Promise<number> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${module} ${args.join(' ')} ended`);
    return Number(value);
  };
  const ended = once(child, 'exit');
  return {
    port: await number(),
    cpuMs: () => {
      child.stdin.write('\n');
      return number();
    },
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
