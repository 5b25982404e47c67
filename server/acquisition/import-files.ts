import { createReadStream } from 'node:fs';
import path from 'node:path';
import { rawPath, zone, type Executor, type LocationStore, type WorkPackage } from '../../engine/index.js';
import { detectFormat } from '../import/detect-format.js';
import { contentKey } from './digest.js';
import { headDigest, intakeKey, INTAKE, intakes, knownBeginning, type Beginning, type Intake, type KnownIntake } from './ledger.js';
import { parseSource } from './parse-source.js';
import { byDay, countersOf, gatherRejects, rawPackage, standingRecords } from './raw-packages.js';
import { refuseRejected } from './refuse-rejected.js';
import { CHUNK_BYTES, headOf, isStream, lookAt, openSource, type Source } from './source.js';
import { spoolStream } from './spool-stream.js';
import { withoutDuplicates } from './unique.js';
import type { ParserOptions, Format } from '../import/parse-shard.js';
import type { Hands } from './hands.js';
import type { ParseResult } from './parse-task.js';

export interface ImportOptions {
  readonly format: Format | 'auto';
  readonly parser: Omit<ParserOptions, 'format'>;
  /** Bytes of content that one task parses. Results do not depend on it; it must not change in the life of a store. */
  readonly chunkBytes?: number;
  /** Told of the bytes read so far, of all there are. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Where `-` reads from. */
  readonly standardInput?: NodeJS.ReadableStream;
  /** Opens a file of those named; default `openSource`. */
  readonly open?: (name: string) => Source;
  /**
   * Forget what a source was when it has grown: for files that are read again and again. A copy of the file as it was before
   * is not known any more then.
   */
  readonly forgetsGrown?: boolean;
  /** Ends the import; nothing of it is left then. */
  readonly signal?: AbortSignal | undefined;
}

export interface ImportedSource {
  readonly name: string;
  /** `known`: all its content was imported before; `grown`: it was read from where it ended. */
  readonly state: 'new' | 'grown' | 'known' | 'empty';
  readonly format?: Format;
  readonly bytes: number;
}

/** What an import did. `counters` has the line counts of spec §2: read = accepted + rejected + filtered + duplicate. */
export interface ImportReport {
  readonly sources: readonly ImportedSource[];
  readonly packages: readonly WorkPackage[];
  readonly counters: Readonly<Record<string, number>>;
}

/** The format of a source by a sample of it; undefined where it has no line. Errors: TM_ERR_IMPORT_BINARY, TM_ERR_IMPORT_FORMAT. */
function formatOf(sample: Buffer, name: string, wanted: Format | 'auto'): Format | undefined {
  return sample.length === 0 ? undefined : detectFormat(sample, name, wanted);
}

/**
 * See that files can be imported, before a dataset is made for them. What can be read once only is not looked at.
 * Errors: TM_ERR_IMPORT_*.
 */
export async function checkSources(names: readonly string[], wanted: Format | 'auto'): Promise<void> {
  for (const name of names) {
    if (name !== '-') lookAt(name);
    if (!isStream(name)) formatOf((await headOf(openSource(name))).sample, name, wanted);
  }
}

/**
 * Read logs or raw lines into oirawdata and sesrawdata: parsed in the pool, committed at once when all is read.
 * Content that was imported before changes nothing; a source that grew is read from where it ended. A new one of which all lines are
 * rejected is an error, and nothing of the call is kept.
 * Errors: TM_ERR_IMPORT_*, TM_ERR_DISK_FULL, those of the store, the signal's reason.
 */
export async function importFiles(
  names: readonly string[],
  store: LocationStore,
  executor: Executor,
  now: number,
  options: ImportOptions,
): Promise<ImportReport> {
  const number = await store.next('import');
  const scratch = `import-${number}`;
  const folder = store.scratch(scratch);
  try {
    const sources: Source[] = [];
    for (const [i, name] of names.entries()) {
      if (name !== '-') lookAt(name);
      if (isStream(name)) sources.push(await keep(name, path.join(folder, `stream-${i}`), options));
      else sources.push((options.open ?? openSource)(name));
    }
    const hands = { store, executor, folder, signal: options.signal };
    return await new Import(sources, hands, now, options, number, await contentKey(store)).run();
  } finally {
    await store.dropScratch(scratch);
  }
}

/** A stream that is looked at, and kept in a file. */
function keep(name: string, file: string, { format, standardInput = process.stdin, signal }: ImportOptions): Promise<Source> {
  const called = name === '-' ? 'standard input' : name;
  const look = (sample: Buffer): void => void formatOf(sample, called, format);
  return spoolStream(called, name === '-' ? standardInput : createReadStream(name), file, { look, signal });
}

interface ShardOf {
  readonly source: number;
  readonly result: ParseResult;
}

class Import {
  readonly #sources: readonly Source[];
  readonly #hands: Hands;
  readonly #now: number;
  readonly #o: ImportOptions;
  readonly #number: number;
  readonly #chunkBytes: number;
  readonly #contentKey: string;
  readonly #shards: ShardOf[] = [];
  readonly #done: ImportedSource[] = [];
  readonly #intakes: KnownIntake[] = [];
  readonly #outgrown: string[] = [];
  /** Lines before the first that this import reads, by source. */
  readonly #linesBefore: number[] = [];
  #bytesDone = 0;

  constructor(sources: readonly Source[], hands: Hands, now: number, options: ImportOptions, number: number, key: string) {
    this.#sources = sources;
    this.#hands = hands;
    this.#now = now;
    this.#o = options;
    this.#number = number;
    this.#chunkBytes = options.chunkBytes ?? CHUNK_BYTES;
    this.#contentKey = key;
  }

  async run(): Promise<ImportReport> {
    const heads: Buffer[] = [];
    const formats: (Format | undefined)[] = [];
    // Everything that can be wrong with a source is found before the first one is parsed.
    for (const source of this.#sources) {
      const { head, sample } = await headOf(source);
      heads.push(head);
      formats.push(formatOf(sample, source.name, this.#o.format));
    }
    const known = intakes(this.#hands.store);
    for (const [i, source] of this.#sources.entries()) {
      const head = heads[i] as Buffer;
      const format = formats[i];
      if (format === undefined) this.#done.push({ name: source.name, state: 'empty', bytes: 0 });
      else await this.#read(i, source, head, format, known);
      this.#o.signal?.throwIfAborted();
    }
    return this.#commit();
  }

  async #read(index: number, source: Source, head: Uint8Array, format: Format, known: readonly KnownIntake[]): Promise<void> {
    const before = await knownBeginning(this.#hands, source, head, [...known, ...this.#intakes], {
      chunkBytes: this.#chunkBytes,
      contentKey: this.#contentKey,
    });
    this.#linesBefore[index] = before?.intake.lines ?? 0;
    if (before !== undefined && !before.grown) {
      this.#done.push({ name: source.name, state: 'known', format, bytes: 0 });
      this.#bytesDone += source.bytes;
      return;
    }
    const start = before?.intake.resumeAt ?? 0;
    const { results, length } = await parseSource(this.#hands, {
      source,
      start,
      chunkBytes: this.#chunkBytes,
      options: { ...this.#o.parser, format },
      contentKey: this.#contentKey,
      firstFile: this.#shards.length,
      onParsed: (bytes) => {
        this.#bytesDone += bytes;
        this.#progress();
      },
    });
    if (before === undefined) refuseRejected(source.name, results);
    for (const result of results) this.#shards.push({ source: index, result });
    this.#remember(index, source, headDigest(head, this.#contentKey), before, length, results);
    this.#done.push({ name: source.name, state: before === undefined ? 'new' : 'grown', format, bytes: length - start });
  }

  #remember(
    index: number,
    source: Source,
    head: string,
    before: Beginning | undefined,
    length: number,
    results: readonly ParseResult[],
  ): void {
    const torn = Math.min(tornOf(results), length - (before?.intake.resumeAt ?? 0));
    const kept = before === undefined ? [] : before.chunks.slice(0, Math.floor(before.intake.resumeAt / this.#chunkBytes));
    // A torn last line that was refused is read again when it has grown to a whole one.
    const again = results.findLast((r) => r.counts.lines > 0)?.endsRejected === true ? torn : 0;
    const lines = results.reduce((n, r) => n + r.counts.lines, this.#linesBefore[index] ?? 0);
    if (before !== undefined && this.#o.forgetsGrown === true) this.#outgrown.push(before.intake.key);
    this.#intakes.push({
      key: intakeKey(this.#number, this.#intakes.length),
      name: source.name,
      keyed: true,
      head,
      length,
      chunks: [...kept, ...results.map((r) => r.digest)],
      resumeAt: length - again,
      // What comes behind a torn line that was taken as it is belongs to it still.
      lines: lines - (torn > 0 ? 1 : 0),
      importedAt: this.#now,
    });
  }

  async #commit(): Promise<ImportReport> {
    const results = this.#shards.map((s) => s.result);
    const { kept, duplicates } = await withoutDuplicates(
      this.#hands,
      'oirawdata',
      results.flatMap((r) => r.days),
    );
    const rejects = await this.#rejects();
    const counters = countersOf(results, duplicates);
    if ((counters['read'] ?? 0) === 0 && this.#intakes.length === 0) return { sources: this.#done, packages: [], counters };

    const { store } = this.#hands;
    const files = byDay(kept);
    // What was not accepted belongs to no day for certain: the first package of the import keeps it.
    if (files.size === 0 && (counters['read'] ?? 0) > 0) files.set(zone(this.#o.parser.zone).dayOf(this.#now), []);
    const create = [...files].flatMap(([day, ofDay], i) => {
      const at = (location: string): string => rawPath(store.dataset, location, day, 'import', this.#number, this.#now);
      const raw = { day, createdAt: this.#now, files: ofDay };
      const first = i === 0 ? { all: counters, rejects } : {};
      // The parts of the one are links to those of the other.
      const oi = rawPackage({ ...raw, ...first, location: 'oirawdata', path: at('oirawdata'), how: 'link' });
      return oi.accepted === 0 ? [oi] : [oi, rawPackage({ ...raw, location: 'sesrawdata', path: at('sesrawdata'), how: 'move' })];
    });
    await store.commit({
      create,
      records: [
        ...standingRecords(store),
        ...this.#outgrown.map((key) => ({ kind: INTAKE, key, value: undefined })),
        ...this.#intakes.map(({ key, ...value }) => ({ kind: INTAKE, key, value: value satisfies Intake })),
      ],
    });
    return { sources: this.#done, packages: create.map((c) => c.package), counters };
  }

  #rejects() {
    const lines = [...this.#linesBefore];
    const shards = this.#shards.map(({ source, result }) => {
      const before = lines[source] ?? 0;
      lines[source] = before + result.counts.lines;
      return { result, before, source: this.#sources[source]?.name ?? '' };
    });
    return gatherRejects(this.#hands, shards);
  }

  #progress(): void {
    this.#o.onProgress?.(
      this.#bytesDone,
      this.#sources.reduce((n, s) => n + s.bytes, 0),
    );
  }
}

/** Bytes behind the last newline of what was read; a line may be longer than a chunk, and chunks have no newline then. */
function tornOf(results: readonly ParseResult[]): number {
  let torn = 0;
  for (const { chunkBytes, newlineEnd } of results.toReversed()) {
    torn += chunkBytes - newlineEnd;
    if (newlineEnd > 0) break;
  }
  return torn;
}
