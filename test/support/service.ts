/* A service on a dataset in a folder, with a clock that the test moves. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { vi } from 'vitest';
import { openForWriting } from '#server/dataset.js';
import { findPackages, RAW_LOCATIONS } from '#server/capture/spool/names.js';
import { createLog } from '#server/log.js';
import { RunningService, type ServiceOptions } from '#server/service/service.js';
import type { Clock } from '#server/service/clock.js';
import type { ServiceEvent } from '#server/service/contract.js';

/** Time stands still until it is set; what is due by then is called, in order. */
export class ManualClock implements Clock {
  #now: number;
  readonly #alarms = new Set<{ readonly ms: number; readonly callback: () => void }>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  at(ms: number, callback: () => void): () => void {
    const alarm = { ms, callback };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  set(ms: number): void {
    for (;;) {
      const [next] = [...this.#alarms].filter((a) => a.ms <= ms).sort((a, b) => a.ms - b.ms);
      if (next === undefined) break;
      this.#alarms.delete(next);
      this.#now = Math.max(this.#now, next.ms);
      next.callback();
    }
    this.#now = ms;
  }

  pass(ms: number): void {
    this.set(this.#now + ms);
  }
}

export interface Served {
  readonly service: RunningService;
  readonly clock: ManualClock;
  readonly events: ServiceEvent[];
  /** Lines of the log. */
  readonly log: Record<string, unknown>[];
  /** Wait until nothing is under way or ready, and the spool is empty. */
  settled(): Promise<void>;
}

export async function serving<T>(
  data: string,
  clock: ManualClock,
  use: (served: Served) => Promise<T>,
  options: Partial<Pick<ServiceOptions, 'limits' | 'graceMs'>> & { readonly database?: string } = {},
): Promise<T> {
  const { database, ...rest } = options;
  const dataset = await openForWriting({ data, name: 'analytics', database, environment: {} });
  const lines: Record<string, unknown>[] = [];
  const log = createLog('test', (line) => lines.push(JSON.parse(line) as Record<string, unknown>));
  const service = await RunningService.start({ dataset, workers: 2, clock, log, ...rest });
  const events: ServiceEvent[] = [];
  service.on((event) => events.push(event));
  const settled = async (): Promise<void> => {
    service.spoolClosed();
    await setImmediate();
    await vi.waitFor(
      async () => {
        const found = (await Promise.all(RAW_LOCATIONS.map((l) => findPackages(path.join(data, 'analytics/spool'), l)))).flat();
        if (found.some((p) => p.files.includes('data.txt'))) throw new Error(`in the spool: ${found.map((p) => p.package).join()}`);
        const { scheduler, agent } = service.status();
        if (
          agent.state === 'working' ||
          agent.waiting > 0 ||
          scheduler.running > 0 ||
          (scheduler.state === 'running' && scheduler.ready > 0)
        )
          throw new Error(JSON.stringify({ scheduler, agent, jobs: service.jobs.active().map((j) => [j.processor, j.state, j.error]) }));
      },
      { timeout: 60_000, interval: 30 },
    );
  };
  try {
    return await use({ service, clock, events, log: lines, settled });
  } finally {
    await service.close();
  }
}

/** Put a closed package into the spool; its path below it. */
export function spooled(data: string, location: string, day: string, n: number, lines: string | Buffer): string {
  const at = `${location}/${day.replaceAll('-', '/')}/sensor-${String(n).padStart(6, '0')}-${Date.parse(day)}`;
  const folder = path.join(data, 'analytics', 'spool', at);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'data.txt.temp'), lines);
  renameSync(path.join(folder, 'data.txt.temp'), path.join(folder, 'data.txt'));
  return at;
}
