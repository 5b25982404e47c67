/* The toy flow of test/engine/fixtures/words-flow.mjs with a store, raw data, a sink that remembers, and what must come out. */
import { existsSync } from 'node:fs';
import { vi } from 'vitest';
import { beansOf, type Bean } from '#engine/bean-batch.js';
import { Coordinator, type CoordinatorOptions } from '#engine/coordinator.js';
import { Topology } from '#engine/processor.js';
import { LmdbStore } from '#engine/store/lmdb-store.js';
import { loadFlow } from '#engine/task/load-processor.js';
import { readPart } from '#engine/task/part-file.js';
import { formatPeriod, parseDay } from '#engine/period.js';
import { rawPath, type WorkPackage } from '#engine/work-package.js';
import type { Executor } from '#engine/executor/executor.js';
import type { Delivery, Sink } from '#engine/job-runner.js';
import type { Job } from '#engine/job.js';
import type { LocationStore } from '#engine/store/location-store.js';
import { naiveSums } from './map-reduce.js';
import { staged } from './packages.js';
import { temporaryFolder } from './temporary-folder.js';

export const wordsModule = new URL('../engine/fixtures/words-flow.mjs', import.meta.url).href;
export const topology = new Topology(await loadFlow(wordsModule));
const [Line] = topology.location('lines').holds;

export class Recorder implements Sink {
  readonly deliveries: { readonly package: string; readonly job: Job; readonly beans: readonly Bean[] }[] = [];
  /** Called before a delivery is taken. */
  before: (delivery: Delivery) => void | Promise<void> = () => undefined;

  async deliver(delivery: Delivery): Promise<unknown> {
    await this.before(delivery);
    const beans = delivery.types.flatMap((type) =>
      delivery.parts.flatMap(({ file, blocks }) =>
        [...readPart({ file, blocks: blocks.filter((b) => b.type === type.name) })].flatMap((b) => [...beansOf(type, b)]),
      ),
    );
    this.deliveries.push({ package: delivery.package, job: delivery.job, beans });
    return { rows: beans.length };
  }
}

export type Options = Partial<Pick<CoordinatorOptions, 'limits' | 'onJob' | 'onPackages' | 'sink' | 'isTrusted'>> & {
  readonly params?: Readonly<Record<string, unknown>>;
};

export class Words {
  readonly folder = temporaryFolder();
  readonly sink = new Recorder();
  readonly executor: Executor;
  store!: LmdbStore;
  #now = 1_600_000_000_000;

  constructor(executor: Executor) {
    this.executor = executor;
  }

  async open(): Promise<this> {
    this.store = await LmdbStore.open(this.folder, 'toy', 'write', 1_599_999_999_999);
    return this;
  }

  async reopen(): Promise<void> {
    await this.store.close();
    await this.open();
  }

  /** Commit a raw package of lines in small blocks. */
  async add(date: string, lines: readonly string[], blockRows = 10): Promise<WorkPackage> {
    const n = await this.store.next('raw');
    const path = rawPath('toy', 'lines', parseDay(date), 'test', n, this.#now++);
    const half = Math.ceil(lines.length / 2);
    const parts = [lines.slice(0, half), lines.slice(half)].filter((p) => p.length > 0).map((p) => p.map((text) => ({ text })));
    const raw = staged(this.store, path, date, Line!, parts, blockRows);
    await this.store.commit({ create: [raw] });
    return raw.package;
  }

  /** A new coordinator, as after a start of the program. */
  coordinator({ params = {}, limits, ...options }: Options = {}): Coordinator {
    return new Coordinator({
      store: this.store,
      executor: this.executor,
      topology,
      moduleOf: () => wordsModule,
      context: { params },
      sink: this.sink,
      clock: () => this.#now++,
      limits: { recordsPerShard: 60, attempts: 2, taskTimeoutMs: 60_000, ...limits },
      ...options,
    });
  }

  drain(options?: Options) {
    return this.coordinator(options).drain(() => true);
  }

  beans(location: string): Bean[] {
    return beansAt(this.store, location);
  }
}

export function beansAt(store: LocationStore, location: string): Bean[] {
  const [type] = topology.location(location).holds;
  return store.packages(location).flatMap((p) => store.files(p).flatMap((f) => [...readPart(f)].flatMap((b) => [...beansOf(type!, b)])));
}

/** The counts of the words of some lines, ordered by word. */
export function countsOf(lines: readonly string[]): Bean[] {
  return naiveSums(
    ['word'],
    lines.flatMap((line) => line.split(' ').map((word) => ({ word, n: 1 }))),
  );
}

/** Lines of few different words, the same for the same seed. */
export function someLines(n: number, seed = 1): string[] {
  let x = seed;
  const next = (below: number): number => {
    x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
    return (x >>> 8) % below;
  };
  return Array.from({ length: n }, () => Array.from({ length: 1 + next(5) }, () => ['ä', 'b', 'c'][next(3)]! + next(12)).join(' '));
}

/** Three days in two ISO weeks, with different lines. */
export const DAYS = ['2020-01-06', '2020-01-12', '2020-01-13'].map((date, i) => ({ date, lines: someLines(100 + 30 * i, i + 1) }));

export const label = (job: Job): string => `${job.processor} ${formatPeriod(job.period)}`;

/** Wait for a file that another thread or process makes. */
export async function untilExists(file: string): Promise<void> {
  await vi.waitUntil(() => existsSync(file), { timeout: 60_000, interval: 5 });
}
