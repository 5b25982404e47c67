import { closeSync, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { importFiles } from '../acquisition/import-files.js';
import { openSource, type Source } from '../acquisition/source.js';
import { fail } from '../errors.js';
import { noteOf } from '../service/notes.js';
import { parserOf } from '../workshop.js';
import { filesOf, isPattern } from './glob.js';
import { Schedule } from './schedule.js';
import type { Executor, WorkPackage, Zone } from '../../engine/index.js';
import type { Dataset } from '../dataset.js';
import type { SourceStatus } from '../service/contract.js';
import type { Settings } from '../settings.js';

export interface SourceRun {
  readonly dataset: Dataset;
  readonly executor: Executor;
  readonly now: number;
  readonly signal: AbortSignal;
  readonly onPackages: (created: readonly WorkPackage[]) => void;
  /** Told of a file that had something new, and what became of its lines. */
  readonly onRead: (file: string, lines: Readonly<Record<string, number>>) => void;
}

/** What a file was when it was looked at last, and whether it was read to its end then. */
interface Seen {
  readonly state: string;
  readonly isCut: boolean;
}

/**
 * A log that grows and is rotated. Content is known by the import's ledger, whatever its file is called; the files' sizes and
 * times only spare looking at those that have not changed.
 */
export class LogSource {
  readonly name: string;
  readonly #settings: Settings['sources'][number];
  readonly #pattern: string;
  readonly #schedule: Schedule;
  readonly #seen = new Map<string, Seen>();
  #status: SourceStatus;

  constructor(settings: Settings['sources'][number], folder: string, zone: Zone) {
    const { cron, name = settings.path } = settings;
    this.name = name;
    this.#settings = settings;
    this.#pattern = path.resolve(folder, settings.path);
    this.#schedule = new Schedule(cron, zone);
    this.#status = { name, path: this.#pattern, cron, files: 0, lines: 0 };
  }

  get status(): SourceStatus {
    return this.#status;
  }

  /** When to look next, ms since the epoch; undefined if never. */
  nextRun(now: number): number | undefined {
    const next = this.#schedule.next(now);
    const { nextRunAt: _, ...status } = this.#status;
    this.#status = { ...status, ...(next === undefined ? {} : { nextRunAt: next }) };
    return next;
  }

  /** Read what is new. What goes wrong with a file is in the status, and does not keep the others from being read. */
  async run(run: SourceRun): Promise<void> {
    const { lastError: _, ...status } = this.#status;
    this.#status = { ...status, lastRunAt: run.now };
    try {
      const files = await filesOf(this.#pattern);
      if (files.length === 0 && !isPattern(this.#settings.path)) throw fail('TM_ERR_IMPORT_NO_FILE', `there is no file ${this.#pattern}`);
      for (const gone of [...this.#seen.keys()].filter((f) => !files.includes(f))) this.#seen.delete(gone);
      for (const file of files) {
        if (run.signal.aborted) return;
        await this.#readIfChanged(file, run).catch((error: unknown) => this.#fail(run, error));
      }
    } catch (error) {
      this.#fail(run, error);
    }
  }

  async #readIfChanged(file: string, { dataset, executor, now, signal, onPackages, onRead }: SourceRun): Promise<void> {
    const { ino, size, mtimeMs } = statSync(file);
    const state = `${ino}:${size}:${mtimeMs}`;
    const seen = this.#seen.get(file);
    const isSettled = seen?.state === state;
    if (isSettled && !seen.isCut) return;
    const { site, keep, format } = this.#settings;
    let isCut = false;
    // A line that is being written has no end yet; one that still has none when the file has come to rest never gets one.
    const open = (name: string): Source => {
      const source = openSource(name);
      const bytes = isSettled || source.compressed ? source.bytes : endOfLines(source);
      isCut = bytes < source.bytes;
      return { ...source, bytes };
    };
    const report = await importFiles([file], dataset.store, executor, now, {
      format,
      parser: parserOf(dataset, now, site, keep),
      open,
      forgetsGrown: true,
      signal,
    });
    this.#seen.set(file, { state, isCut });
    const lines = report.counters['read'] ?? 0;
    if (lines > 0) {
      this.#status = { ...this.#status, files: this.#status.files + 1, lines: this.#status.lines + lines };
      onRead(file, report.counters);
    }
    onPackages(report.packages);
  }

  #fail({ signal }: SourceRun, error: unknown): void {
    if (!signal.aborted) this.#status = { ...this.#status, lastError: noteOf(error) };
  }
}

const CHUNK = 1 << 16;

/** Where the last whole line of a file ends. */
function endOfLines({ path: at, bytes }: Source): number {
  const fd = openSync(at, 'r');
  try {
    const buffer = Buffer.alloc(CHUNK);
    for (let to = bytes; to > 0; to -= CHUNK) {
      const from = Math.max(0, to - CHUNK);
      const got = readSync(fd, buffer, 0, to - from, from);
      const newline = buffer.subarray(0, got).lastIndexOf(0x0a);
      if (newline >= 0) return from + newline + 1;
    }
    return 0;
  } finally {
    closeSync(fd);
  }
}
