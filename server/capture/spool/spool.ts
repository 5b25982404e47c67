import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Day, Zone } from '../../../engine/index.js';
import { sync } from '../../../engine/store/disk.js';
import { fail } from '../../errors.js';
import { mendSpool, type Mended } from './mend.js';
import { packagePath, RAW_LOCATIONS, type RawLocation } from './names.js';
import { OpenPackage } from './open-package.js';
import { PackageNumbers } from './package-numbers.js';
import type { Twin } from './twin.js';

export interface SpoolOptions {
  /** `<dataset>/spool`; it is made where there is none. */
  readonly folder: string;
  readonly zone: Zone;
  readonly thresholdMs: number;
  readonly sessionThresholdMs?: number | undefined;
  /** How long lines are gathered for one write at most; less when no more come. */
  readonly commitMs: number;
  readonly clock: () => number;
  /** A package got its final name. */
  readonly onClosed: (packageAt: string) => void;
  /** A write failed, or, undefined, the first one after it went well. */
  readonly onTrouble: (error: Error | undefined) => void;
}

/** Is told when lines are safe on the disk, or why they are not. */
export type Done = (error: Error | undefined) => void;

interface Batch {
  readonly day: Day;
  readonly begun: number;
  text: string;
  lines: number;
  readonly done: Done[];
}

/** When no line comes for this part of the time in which lines are gathered, they are written. */
const QUIET = 1 / 8;
/** After a write that failed nothing is tried for so long, in ms: a full disk is not to be hammered. */
const HOLD_MS = 1000;

/**
 * The sensor's own files: every line goes into an open package of oirawdata and into one of sesrawdata, in the same order, and
 * is answered when both have it on the disk. Lines that come while others are written wait and are written together.
 * One process at a time may have a spool open.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #numbers: PackageNumbers;
  readonly #open: Partial<Record<RawLocation, OpenPackage>> = {};
  /** The last takes lines; the first is written next. */
  readonly #batches: Batch[] = [];
  /** Of the disk, one thing at a time. */
  #tail: Promise<unknown> = Promise.resolve();
  #running: Promise<void> | undefined;
  #hurry: (() => void) | undefined;
  #closing = false;
  #waiting = 0;
  #waitingBytes = 0;
  #day: Day = -Infinity;
  #trouble: Error | undefined;
  #holdUntil = 0;
  /** A write failed, and what it left could not be cut off yet. */
  #uncut = false;

  private constructor(options: SpoolOptions, numbers: PackageNumbers) {
    this.#options = options;
    this.#numbers = numbers;
  }

  /** Open a spool; what a crash left is mended and closed first. Errors: TM_ERR_SPOOL. */
  static async open(options: SpoolOptions): Promise<{ readonly spool: Spool; readonly mended: Mended }> {
    const { folder } = options;
    try {
      for (const location of RAW_LOCATIONS) await mkdir(path.join(folder, location), { recursive: true });
      await sync(path.dirname(folder));
      const mended = await mendSpool(folder);
      const numbers = await PackageNumbers.read(folder, mended.greatest);
      return { spool: new Spool(options, numbers), mended };
    } catch (cause) {
      throw spoolError(folder, cause);
    }
  }

  /** Requests whose lines are not safe yet, and about how many bytes those are. */
  get waiting(): number {
    return this.#waiting;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Why the last write failed; undefined where it went well. */
  get trouble(): Error | undefined {
    return this.#trouble;
  }

  /** The package of oirawdata that is being written. */
  get openPackage(): OpenPackage | undefined {
    return this.#open.oirawdata;
  }

  /** Whether lines are taken at the moment; while they are not, `append` must not be called. */
  get takes(): boolean {
    return !this.#closing && (this.#trouble === undefined || performance.now() >= this.#holdUntil);
  }

  /** Add whole lines, received at `now`. `done` is called once, never before this returns. */
  append(text: string, lines: number, now: number, done: Done): void {
    // A clock that is set back over midnight does not open yesterday again.
    const day = (this.#day = Math.max(this.#options.zone.dayOf(now), this.#day));
    let batch = this.#batches.at(-1);
    if (batch?.day !== day) {
      batch = { day, begun: performance.now(), text: '', lines: 0, done: [] };
      this.#batches.push(batch);
    }
    batch.text += text;
    batch.lines += lines;
    batch.done.push(done);
    this.#waiting++;
    this.#waitingBytes += text.length;
    this.#running ??= this.#run();
  }

  /** Close what is due by the clock: to be called a few times a second. */
  async tick(): Promise<void> {
    const now = this.#options.clock();
    const day = this.#options.zone.dayOf(now);
    // Lines of yesterday that wait are written before yesterday is closed.
    if (!this.#isDue(day, now) || this.#batches.some((batch) => batch.day < day)) return;
    await this.#alone(async () => {
      try {
        await this.#closeDue(day, now);
      } catch (cause) {
        this.#fail(spoolError(this.#options.folder, cause));
      }
    });
  }

  /** Write what waits, close all packages, and take no more. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#hurry?.();
    await this.#running;
    await this.#alone(async () => {
      await this.#closePackage('oirawdata');
      await this.#closePackage('sesrawdata');
    });
  }

  async #run(): Promise<void> {
    for (;;) {
      const [batch] = this.#batches;
      if (batch === undefined) break;
      await this.#gather(batch);
      this.#batches.shift();
      await this.#alone(() => this.#commit(batch));
    }
    this.#running = undefined;
  }

  /** Wait until others have come to the batch: as long as they come, and its time is not up. */
  async #gather(batch: Batch): Promise<void> {
    const { commitMs } = this.#options;
    for (let before = 0; before < batch.lines && !this.#closing && this.#batches.length === 1;) {
      const left = batch.begun + commitMs - performance.now();
      if (left <= 0) break;
      before = batch.lines;
      await this.#wait(Math.min(left, commitMs * QUIET));
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#tail.then(work);
    this.#tail = next.catch(() => undefined);
    return next;
  }

  async #commit(batch: Batch): Promise<void> {
    let error: Error | undefined;
    try {
      if (this.#uncut) await this.#cut();
      const bytes = Buffer.from(batch.text);
      const packages = await this.#packagesOf(batch.day);
      const written = await Promise.allSettled(packages.map((p) => p.write(bytes)));
      const failed = written.find((w) => w.status === 'rejected');
      if (failed !== undefined) {
        this.#uncut = true;
        throw failed.reason;
      }
      for (const p of packages) p.keep(bytes.length, batch.lines);
    } catch (cause) {
      error = spoolError(this.#options.folder, cause);
      // Nothing that is answered with an error is to be counted.
      if (this.#uncut) await this.#cut().catch(() => undefined);
    }
    this.#waiting -= batch.done.length;
    this.#waitingBytes -= batch.text.length;
    if (error !== undefined) this.#fail(error);
    else if (this.#trouble !== undefined) {
      this.#trouble = undefined;
      this.#options.onTrouble(undefined);
    }
    for (const done of batch.done) done(error);
  }

  #fail(error: Error): void {
    this.#trouble = error;
    this.#holdUntil = performance.now() + HOLD_MS;
    this.#options.onTrouble(error);
  }

  async #cut(): Promise<void> {
    for (const location of RAW_LOCATIONS) await this.#open[location]?.cut();
    this.#uncut = false;
  }

  /** The open packages for lines of a day: those of another day, or whose time is up, are closed first. */
  async #packagesOf(day: Day): Promise<readonly OpenPackage[]> {
    await this.#closeDue(day, this.#options.clock());
    const sessions = (this.#open.sesrawdata ??= await this.#create('sesrawdata', day));
    const impressions = (this.#open.oirawdata ??= await this.#create('oirawdata', day, {
      package: sessions.package,
      bytes: sessions.bytes,
    }));
    return [impressions, sessions];
  }

  async #create(location: RawLocation, day: Day, twin?: Twin): Promise<OpenPackage> {
    const since = this.#options.clock();
    const at = packagePath(location, day, await this.#numbers.next(), since);
    return OpenPackage.create({ spool: this.#options.folder, package: at, day, since, ...(twin === undefined ? {} : { twin }) });
  }

  #isDue(day: Day, now: number): boolean {
    return this.#dueLocations(day, now).length > 0;
  }

  /**
   * While a package of sesrawdata is closed none of oirawdata is open: its lines would have two twins. One whose closing failed
   * is due whatever the clock says: the agent may have it already, and lines written into it would be lost.
   */
  #dueLocations(day: Day, now: number): readonly RawLocation[] {
    const { thresholdMs, sessionThresholdMs = Infinity } = this.#options;
    const { oirawdata, sesrawdata } = this.#open;
    const isUp = (p: OpenPackage, ms: number): boolean => p.closing || now - p.since >= ms;
    if (sesrawdata !== undefined && (sesrawdata.day < day || isUp(sesrawdata, sessionThresholdMs))) return RAW_LOCATIONS;
    return oirawdata !== undefined && isUp(oirawdata, thresholdMs) ? ['oirawdata'] : [];
  }

  async #closeDue(day: Day, now: number): Promise<void> {
    for (const location of this.#dueLocations(day, now)) await this.#closePackage(location);
  }

  async #closePackage(location: RawLocation): Promise<void> {
    const p = this.#open[location];
    if (p === undefined) return;
    if (this.#uncut) await this.#cut();
    await p.close();
    delete this.#open[location];
    if (p.lines > 0) this.#options.onClosed(p.package);
  }
}

function spoolError(folder: string, cause: unknown): Error {
  return fail('TM_ERR_SPOOL', `the spool in ${folder} cannot be used: ${(cause as Error).message}`, { cause });
}
