import path from 'node:path';
import { findPackages, OPEN_FILE, CLOSED_FILE, TORN_FILE, RAW_LOCATIONS, type FoundPackage } from '../capture/spool/names.js';
import { noteOf } from '../service/notes.js';
import { isDiskFull } from '../../engine/store/disk.js';
import { removeEmptyDays } from './empty-days.js';
import { LogSource } from './log-source.js';
import { dayOf, isMoved, moveSpooled, type MoveReport } from './spool-moves.js';
import { zone, type Day, type Executor, type WorkPackage, type Zone } from '../../engine/index.js';
import type { RawLocation } from '../acquisition/raw-packages.js';
import type { Dataset } from '../dataset.js';
import type { Log } from '../log.js';
import type { Clock } from '../service/clock.js';
import type { AgentStatus, ErrorNote } from '../service/contract.js';

/** How often the spool is looked at though nobody said that a package was closed, ms. */
const LOOK = 10_000;
/** Packages that are moved in one commit. */
const BATCH = 32;

export interface AgentOptions {
  readonly dataset: Dataset;
  readonly executor: Executor;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of packages that it has committed. */
  readonly onPackages: (created: readonly WorkPackage[]) => void;
  readonly onStatus: (status: AgentStatus) => void;
  /** Resolves when a disk that was full has room; what failed of it is tried again then. */
  readonly room: () => Promise<void>;
}

/**
 * Brings raw traffic into the locations: what the sensor leaves in the spool, as soon as it is closed, and logs on a schedule.
 * One thing at a time, so that duplicates are found whatever comes from where.
 */
export class Agent {
  readonly #o: AgentOptions;
  readonly #zone: Zone;
  readonly #spool: string;
  readonly #sources: readonly LogSource[];
  readonly #stop = new AbortController();
  #busy: Promise<void> = Promise.resolve();
  #isLookDue = false;
  /** What goes wrong, by what it is done for: the spool, or a source. */
  readonly #errors = new Map<'spool' | LogSource, ErrorNote>();
  #status: Omit<AgentStatus, 'sources'> = { state: 'idle', packagesMoved: 0, linesMoved: 0, waiting: 0 };
  /** Local days of which the spool holds something. */
  #days: ReadonlySet<Day> = new Set();
  readonly #alarms = new Map<string | LogSource, () => void>();

  constructor(options: AgentOptions) {
    this.#o = options;
    const { folder, settings } = options.dataset;
    this.#zone = zone(settings.timeZone);
    this.#spool = path.join(folder, 'spool');
    this.#sources = settings.sources.map((s) => new LogSource(s, folder, this.#zone));
  }

  get status(): AgentStatus {
    return { ...this.#status, sources: this.#sources.map((s) => s.status) };
  }

  /** Whether impressions of a day may be in the spool still. */
  holds(first: Day, end: Day): boolean {
    for (const day of this.#days) if (day >= first && day < end) return true;
    return false;
  }

  /** Begin: when it resolves, `holds` knows what is in the spool; it is moved from then on. */
  async start(): Promise<void> {
    await this.#find();
    for (const source of this.#sources) this.#schedule(source);
    this.look();
  }

  /** Look at the spool: a package was closed. */
  look(): void {
    if (this.#isLookDue || this.#stop.signal.aborted) return;
    this.#isLookDue = true;
    this.#next('spool', async () => {
      this.#isLookDue = false;
      await this.#emptySpool();
    });
  }

  /** End what is under way; nothing of it is half done. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the agent ends'));
    for (const callOff of this.#alarms.values()) callOff();
    await this.#busy;
  }

  #next(of: 'spool' | LogSource, work: () => Promise<void>): void {
    this.#busy = this.#busy.then(async () => {
      if (this.#stop.signal.aborted) return;
      try {
        await work();
        this.#errors.delete(of);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#o.log.error('the agent failed; it tries again', { error });
        this.#errors.set(of, noteOf(error));
        if (of === 'spool' && isDiskFull(error)) void this.#o.room().then(() => this.look());
      }
      const { error: _, ...status } = this.#status;
      const [error] = this.#errors.values();
      this.#status = error === undefined ? { ...status, state: 'idle' } : { ...status, state: 'failed', error };
      this.#tell();
    });
  }

  #schedule(source: LogSource): void {
    if (this.#stop.signal.aborted) return;
    const { clock, dataset, executor, log, onPackages, room } = this.#o;
    const at = source.nextRun(clock.now());
    if (at === undefined) return;
    const run = async (): Promise<void> => {
      this.#working();
      await source.run({
        dataset,
        executor,
        now: clock.now(),
        signal: this.#stop.signal,
        onPackages,
        onRead: (file, { read, accepted, rejected, filtered, duplicate }) =>
          log.info('a log is read', { source: source.name, file, read, accepted, rejected, filtered, duplicate }),
      });
      const { lastError } = source.status;
      if (lastError !== undefined) log.error('a source cannot be read', { source: source.name, error: lastError });
      if (isDiskFull(lastError)) void room().then(() => this.#next(source, run));
      this.#schedule(source);
    };
    this.#alarms.get(source)?.();
    this.#alarms.set(
      source,
      clock.at(at, () => this.#next(source, run)),
    );
  }

  async #emptySpool(): Promise<void> {
    const { clock } = this.#o;
    this.#alarms.get('spool')?.();
    this.#alarms.set(
      'spool',
      clock.at(clock.now() + LOOK, () => this.look()),
    );
    let failed: { readonly error: unknown } | undefined;
    const move = async (location: RawLocation, found: readonly FoundPackage[]): Promise<void> => {
      const { left } = await this.#move(location, found);
      failed ??= left;
    };
    const all = await this.#find();
    this.#waits([...all.values()].reduce((n, found) => n + this.#unmoved(found), 0));
    for (const [location, found] of all) {
      for (let i = 0; i < found.length; i += BATCH) {
        this.#working();
        const batch = found.slice(i, i + BATCH);
        await move(location, batch).catch(async (error: unknown) => {
          this.#stop.signal.throwIfAborted();
          failed ??= { error };
          // One that cannot be moved is not to keep the others.
          if (batch.length > 1) for (const p of batch) await move(location, [p]).catch(() => this.#stop.signal.throwIfAborted());
        });
      }
    }
    await removeEmptyDays(this.#spool, this.#zone.dayOf(clock.now()) - 1);
    await this.#find();
    this.#o.onPackages([]);
    if (failed !== undefined) throw failed.error;
  }

  async #move(location: RawLocation, found: readonly FoundPackage[]): Promise<MoveReport> {
    const { dataset, executor, clock, log, onPackages } = this.#o;
    const now = clock.now();
    const unmoved = this.#unmoved(found);
    const moved = await moveSpooled({ dataset, executor, now, signal: this.#stop.signal, onPackages }, location, found);
    for (const { package: at, lines } of moved.damaged)
      log.error('lines of the spool do not match their checksum; they are rejected, and kept in the package', { package: at, lines });
    for (const file of moved.torn) log.warn('a torn line was put aside', { file });
    const { packagesMoved, linesMoved, waiting } = this.#status;
    this.#status = {
      ...this.#status,
      packagesMoved: packagesMoved + moved.packages,
      linesMoved: linesMoved + moved.lines,
      waiting: Math.max(0, waiting - unmoved),
      ...(moved.packages > 0 ? { lastMovedAt: now } : {}),
    };
    if (moved.created.length > 0)
      log.info('packages are moved', { location, packages: moved.created.map((p) => p.path), lines: moved.lines });
    this.#tell();
    return moved;
  }

  /** How many of some packages are not in the locations yet; others wait to be removed only. */
  #unmoved(found: readonly FoundPackage[]): number {
    return found.filter((p) => !isMoved(this.#o.dataset.store, p)).length;
  }

  /** The packages that can be moved, in the order of their locations and names. */
  async #find(): Promise<ReadonlyMap<RawLocation, readonly FoundPackage[]>> {
    const { dataset } = this.#o;
    const days = new Set<Day>();
    const closed = new Map<RawLocation, FoundPackage[]>();
    for (const location of RAW_LOCATIONS) {
      const found = await findPackages(this.#spool, location);
      for (const p of found)
        if (p.files.includes(OPEN_FILE) || (p.files.includes(CLOSED_FILE) && !isMoved(dataset.store, p))) days.add(dayOf(p.package));
      closed.set(location, found.filter(isClosed));
    }
    this.#days = days;
    return closed;
  }

  #waits(n: number): void {
    if (this.#status.waiting === n) return;
    this.#status = { ...this.#status, waiting: n };
    this.#tell();
  }

  #working(): void {
    if (this.#status.state === 'working') return;
    this.#status = { ...this.#status, state: 'working' };
    this.#tell();
  }

  #tell(): void {
    this.#o.onStatus(this.status);
  }
}

/** Whether the sensor is through with a package; where only a torn line is left, it is as well. */
function isClosed({ files }: FoundPackage): boolean {
  return files.includes(CLOSED_FILE) || (files.includes(TORN_FILE) && !files.includes(OPEN_FILE));
}
