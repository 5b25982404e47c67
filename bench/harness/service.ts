import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { environment } from './child.js';
import { peakOfFamily } from './family.js';
import { built } from './places.js';

/** A service in processes of its own. */
export interface RunningService {
  /** `http://127.0.0.1:port` of the API. */
  readonly api: string;
  readonly sensor: string;
  /** From the start of the first process until the service was ready. */
  readonly readyMs: number;
  /** The peaks of its processes added up, pages that they share counted for each; nothing where it cannot be told (not Linux). */
  peakBytes(): number | undefined;
  stop(): Promise<void>;
}

/** `tidemill serve` on a dataset, ready. Throws with its output where it ends before that. */
export async function startService(data: string, more: readonly string[] = []): Promise<RunningService> {
  const args = [built('server/cli.js'), 'serve', '--data', data, '--api-port', '0', '--sensor-port', '0', ...more];
  const start = performance.now();
  const child = spawn(process.execPath, args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const ended = once(child, 'exit');
  const ready = new Promise<readonly [string, string]>((resolve, reject) => {
    const listen = (bytes: Buffer): void => {
      said += bytes.toString();
      const [, api, sensor] = /ready; panel and API on (\S+), sensor on (\S+)/.exec(said) ?? [];
      if (api !== undefined && sensor !== undefined) resolve([api, sensor]);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    ended.then(() => reject(new Error(`tidemill serve ended:\n${said.slice(-4000)}`)), reject);
  });
  const [api, sensor] = await ready;
  return {
    api,
    sensor,
    readyMs: performance.now() - start,
    peakBytes: () => (child.pid === undefined ? undefined : peakOfFamily(child.pid)),
    async stop() {
      child.kill('SIGTERM');
      const [code] = (await ended) as [number | null];
      if (code !== 0) throw new Error(`tidemill serve ended with ${code}:\n${said.slice(-4000)}`);
    },
  };
}

/** One connection that is kept: the time that an answer takes, and what it says. */
export class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  ask(at: string): Promise<{ readonly ms: number; readonly body: unknown }> {
    const start = performance.now();
    return new Promise((resolve, reject) => {
      get(this.#base + at, { agent: this.#agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const ms = performance.now() - start;
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve({ ms, body: JSON.parse(text) });
          else reject(new Error(`${at} was answered ${response.statusCode}: ${text.slice(0, 500)}`));
        });
      }).on('error', reject);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
