import { createReadStream } from 'node:fs';
import path from 'node:path';
import {
  rawPath,
  zone,
  type Day,
  type Executor,
  type LocationStore,
  type Part,
  type Spill,
  type StagedFile,
  type WorkPackage,
} from '../../engine/index.js';
import { detectFormat, HEAD_BYTES } from '../import/detect-format.js';
import { withoutByteOrderMark } from '../import/lines.js';
import { fail } from '../errors.js';
import { headDigest, INTAKE, intakes, knownBeginning, type Intake } from './ledger.js';
import { CHUNK_BYTES, chunksOf, headOf, isStream, lookAt, openSource, spool, type Source } from './source.js';
import type { Duplicates, NumberedFile } from './duplicates.js';
import type { ParserOptions, Format } from '../import/parse-shard.js';
import type { ParseResult, ParseTask, ShardInput } from './parse-task.js';
import type { ShardRejects } from './reject-task.js';

const task = (file: string): string => new URL(file, import.meta.url).href;
/** Before every job: what is read makes the jobs. */
const PRIORITY = 100;
/** Impressions with an id whose ids are compared in one task. */
const IDS_PER_PARTITION = 500_000;

export interface ImportOptions {
  readonly format: Format | 'auto';
  readonly parser: Omit<ParserOptions, 'format'>;
  /** Bytes of content that one task parses. Results do not depend on it; it must not change in the life of a store. */
  readonly chunkBytes?: number;
  /** Told of the bytes read so far, of all there are. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Where `-` reads from. */
  readonly standardInput?: NodeJS.ReadableStream;
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

/** The format of a source by its beginning; undefined where it has no line. Errors: TM_ERR_IMPORT_BINARY, TM_ERR_IMPORT_FORMAT. */
function formatOf(head: Uint8Array, name: string, wanted: Format | 'auto'): Format | undefined {
  const isWhole = head.length < HEAD_BYTES;
  if (isWhole && head.every((byte) => byte === 0x0a || byte === 0x0d)) return undefined;
  const found = detectFormat(head, name, wanted);
  if (found === undefined && !isWhole)
    throw fail('TM_ERR_IMPORT_FORMAT', `${name} begins with nothing but empty lines`, { data: { source: name } });
  return found;
}

/**
 * See that files can be imported, before a dataset is made for them. What can be read once only is not looked at.
 * Errors: TM_ERR_IMPORT_*.
 */
export async function checkSources(names: readonly string[], wanted: Format | 'auto'): Promise<void> {
  for (const name of names) {
    if (name !== '-') lookAt(name);
    if (!isStream(name)) formatOf(await headOf(openSource(name)), name, wanted);
  }
}

interface ShardOf {
  readonly source: number;
  readonly result: ParseResult;
}

/**
 * Read logs or raw lines into oirawdata and sesrawdata: parsed in the pool, committed at once when all is read.
 * Content that was imported before changes nothing; a source that grew is read from where it ended.
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
      const spooled = path.join(folder, `stream-${i}`);
      if (name !== '-') lookAt(name);
      if (!isStream(name)) sources.push(openSource(name));
      else if (name === '-') sources.push(await spool('standard input', options.standardInput ?? process.stdin, spooled, options.signal));
      else sources.push(await spool(name, createReadStream(name), spooled, options.signal));
    }
    return await new Import(sources, store, executor, now, options, folder, number).run();
  } finally {
    store.dropScratch(scratch);
  }
}

class Import {
  readonly #sources: readonly Source[];
  readonly #store: LocationStore;
  readonly #executor: Executor;
  readonly #now: number;
  readonly #o: ImportOptions;
  readonly #folder: string;
  readonly #number: number;
  readonly #chunkBytes: number;
  readonly #shards: ShardOf[] = [];
  readonly #done: ImportedSource[] = [];
  readonly #intakes: Intake[] = [];
  /** Lines before the first that this import reads, by source. */
  readonly #linesBefore: number[] = [];
  #bytesDone = 0;

  constructor(
    sources: readonly Source[],
    store: LocationStore,
    executor: Executor,
    now: number,
    options: ImportOptions,
    folder: string,
    number: number,
  ) {
    this.#sources = sources;
    this.#store = store;
    this.#executor = executor;
    this.#now = now;
    this.#o = options;
    this.#folder = folder;
    this.#number = number;
    this.#chunkBytes = options.chunkBytes ?? CHUNK_BYTES;
  }

  async run(): Promise<ImportReport> {
    const heads: Buffer[] = [];
    const formats: (Format | undefined)[] = [];
    // Everything that can be wrong with a source is found before the first one is parsed.
    for (const source of this.#sources) {
      const head = await headOf(source);
      heads.push(head);
      formats.push(formatOf(head, source.name, this.#o.format));
    }
    const known = intakes(this.#store);
    for (const [i, source] of this.#sources.entries()) {
      const head = heads[i] as Buffer;
      const format = formats[i];
      if (format === undefined) this.#done.push({ name: source.name, state: 'empty', bytes: 0 });
      else await this.#read(i, source, headDigest(head), format, known);
      this.#o.signal?.throwIfAborted();
    }
    return this.#commit();
  }

  async #read(index: number, source: Source, head: string, format: Format, known: readonly Intake[]): Promise<void> {
    const before = await knownBeginning(source, head, [...known, ...this.#intakes], this.#chunkBytes);
    this.#linesBefore[index] = before?.intake.lines ?? 0;
    if (before !== undefined && !before.grown) {
      this.#done.push({ name: source.name, state: 'known', format, bytes: 0 });
      this.#bytesDone += source.bytes;
      return;
    }
    const first = this.#shards.length;
    const start = before?.intake.resumeAt ?? 0;
    let length = 0;
    const results: Promise<ParseResult>[] = [];
    const running = new Set<Promise<unknown>>();
    try {
      for await (const { input, end, weight } of this.#inputs(source, start)) {
        length = end;
        const at = first + results.length;
        const argument: ParseTask = {
          input,
          options: { ...this.#o.parser, format },
          file: path.join(this.#folder, `shard-${String(at).padStart(6, '0')}`),
        };
        const work = this.#call<ParseResult>('./parse-task.js', 'parseShard', argument);
        const ended = work.then(() => {
          this.#bytesDone += weight;
          this.#progress();
          running.delete(ended);
        });
        // It may fail while the next shard is waited for, and is looked at after that only.
        ended.catch(() => undefined);
        running.add(ended);
        results.push(work);
        // One shard more than there are workers is read ahead: memory does not grow with the source.
        while (running.size > this.#executor.workers) await Promise.race(running);
      }
    } finally {
      await Promise.allSettled([...results, ...running]);
    }
    for (const result of await Promise.all(results)) this.#shards.push({ source: index, result });
    this.#remember(
      index,
      source,
      head,
      before?.intake,
      length,
      this.#shards.slice(first).map((s) => s.result),
    );
    this.#done.push({ name: source.name, state: before === undefined ? 'new' : 'grown', format, bytes: length - start });
  }

  #remember(
    index: number,
    source: Source,
    head: string,
    before: Intake | undefined,
    length: number,
    results: readonly ParseResult[],
  ): void {
    // A line that is longer than a chunk leaves shards behind it in which no line begins.
    const last = results.findLast((r) => r.counts.lines > 0);
    const torn = last?.torn ?? 0;
    const kept = before === undefined ? [] : before.chunks.slice(0, Math.floor(before.resumeAt / this.#chunkBytes));
    // A torn last line that was refused is read again when it has grown to a whole one.
    const again = last?.tornRejected === true ? torn : 0;
    const lines = results.reduce((n, r) => n + r.counts.lines, this.#linesBefore[index] ?? 0);
    this.#intakes.push({
      name: source.name,
      head,
      length,
      chunks: [...kept, ...results.map((r) => r.digest)],
      resumeAt: length - again,
      // What comes behind a torn line that was taken as it is belongs to it still.
      lines: lines - (torn > 0 ? 1 : 0),
      importedAt: this.#now,
    });
  }

  /** The shards of a source from an offset of its content on; `end` is where each ends, `weight` its bytes on the disk. */
  async *#inputs(source: Source, start: number): AsyncGenerator<{ input: ShardInput; end: number; weight: number }> {
    const size = this.#chunkBytes;
    const first = Math.floor(start / size) * size;
    if (!source.compressed) {
      for (let chunk = first; chunk < source.bytes; chunk += size) {
        const end = Math.min(chunk + size, source.bytes);
        const from = Math.max(chunk, start);
        yield {
          input: { kind: 'range', path: source.path, size: source.bytes, chunk, start: from, end, aligned: from === start },
          end,
          weight: end - chunk,
        };
      }
      return;
    }
    let offset = 0;
    let bytesRead = 0;
    let bytesTold = 0;
    let carry = Buffer.alloc(0);
    let waiting: { chunk: Buffer; from: number } | undefined;
    const cut = (last: boolean): { input: ShardInput; end: number; weight: number } => {
      const { chunk, from } = waiting as { chunk: Buffer; from: number };
      const fresh = chunk.subarray(Math.max(0, start - from));
      const stop = last ? fresh.length : fresh.lastIndexOf(0x0a) + 1;
      const whole = stop === 0 ? Buffer.alloc(0) : Buffer.concat([carry, fresh.subarray(0, stop)]);
      const lines = from === 0 && start === 0 ? withoutByteOrderMark(whole) : whole;
      carry = stop === 0 ? Buffer.concat([carry, fresh]) : Buffer.from(fresh.subarray(stop));
      const weight = bytesRead - bytesTold;
      bytesTold = bytesRead;
      return { input: { kind: 'bytes', lines, chunk }, end: from + chunk.length, weight };
    };
    const onRead = (bytes: number): void => {
      bytesRead += bytes;
    };
    for await (const chunk of chunksOf(source, size, onRead)) {
      if (waiting !== undefined) yield cut(false);
      waiting = offset >= first ? { chunk, from: offset } : undefined;
      offset += chunk.length;
    }
    if (waiting !== undefined) yield cut(true);
  }

  async #commit(): Promise<ImportReport> {
    const files = this.#shards.flatMap(({ result }) => result.days.map((d) => ({ ...d, part: d.part })));
    const { kept, duplicates } = await this.#withoutDuplicates(files);
    const rejects = await this.#rejects();
    const counters = this.#counters(duplicates);
    if ((counters['read'] ?? 0) === 0 && this.#intakes.length === 0) return { sources: this.#done, packages: [], counters };

    const byDay = new Map<Day, { file: string; part: Part; withId: number }[]>();
    for (const f of kept) if (f.part.blocks.length > 0) byDay.set(f.day, [...(byDay.get(f.day) ?? []), f]);
    const days = [...byDay.keys()].sort((a, b) => a - b);
    // What was not accepted belongs to no day for certain: the first package of the import keeps it.
    if (days.length === 0 && (counters['read'] ?? 0) > 0) days.push(zone(this.#o.parser.zone).dayOf(this.#now));
    const create = [];
    for (const [i, day] of days.entries())
      create.push(...this.#packages(day, byDay.get(day) ?? [], i === 0 ? counters : undefined, i === 0 ? rejects : undefined));
    await this.#store.commit({
      create,
      records: this.#intakes.map((intake, i) => ({
        kind: INTAKE,
        key: `${String(this.#number).padStart(6, '0')}/${String(i).padStart(6, '0')}`,
        value: intake,
      })),
    });
    return { sources: this.#done, packages: create.map((c) => c.package), counters };
  }

  /** The two packages of a day: the parts of the one are links to those of the other. */
  #packages(
    day: Day,
    files: readonly { file: string; part: Part; withId: number }[],
    all: Readonly<Record<string, number>> | undefined,
    rejects: { file: string; part: Part } | undefined,
  ): { package: WorkPackage; files: StagedFile[] }[] {
    const accepted = files.reduce((n, { part }) => n + part.blocks.reduce((m, b) => m + b.records, 0), 0);
    const withId = files.reduce((n, f) => n + f.withId, 0);
    const refused = (all?.['rejected'] ?? 0) + (all?.['filtered'] ?? 0) + (all?.['duplicate'] ?? 0);
    const make = (location: string, type: string): { package: WorkPackage; files: StagedFile[] } => {
      const at = rawPath(this.#store.dataset, location, day, 'import', this.#number, this.#now);
      const first = location === 'oirawdata';
      const parts = files.map(({ part }, i) => ({
        ...part,
        name: `part-${String(i).padStart(5, '0')}`,
        blocks: part.blocks.map((b) => ({ ...b, type })),
      }));
      const staged: StagedFile[] = files.map(({ file }, i) => ({
        name: `part-${String(i).padStart(5, '0')}`,
        from: file,
        how: first ? 'link' : 'move',
      }));
      if (first && rejects !== undefined) staged.push({ name: 'rejects', from: rejects.file, how: 'move' });
      return {
        package: {
          path: at,
          location,
          period: { granularity: 'day', first: day },
          state: 'complete',
          createdAt: this.#now,
          inputs: [],
          parts,
          beans: accepted === 0 ? {} : { [type]: accepted },
          counters: { ...(first ? all : {}), read: accepted + (first ? refused : 0), accepted, ...(withId > 0 ? { with_id: withId } : {}) },
          ...(first && rejects !== undefined ? { rejects: rejects.part } : {}),
        },
        files: staged,
      };
    };
    const oi = make('oirawdata', 'TransferObject');
    return accepted === 0 ? [oi] : [oi, make('sesrawdata', 'RawSensorCallBean')];
  }

  #counters(duplicates: number): Record<string, number> {
    const total: Record<string, number> = { read: 0, accepted: 0, rejected: 0, filtered: 0, duplicate: duplicates, unknown_fields: 0 };
    const add = (name: string, n: number): void => {
      if (n !== 0) total[name] = (total[name] ?? 0) + n;
    };
    for (const { result } of this.#shards) {
      const { read, accepted, rejected, filtered, unknownFields } = result.counts;
      add('read', read);
      add('accepted', accepted);
      add('unknown_fields', unknownFields);
      for (const [kind, reasons] of Object.entries({ rejected, filtered })) {
        for (const [reason, n] of Object.entries(reasons)) {
          add(kind, n);
          add(`${kind}:${reason}`, n);
        }
      }
    }
    total['accepted'] = (total['accepted'] ?? 0) - duplicates;
    return total;
  }

  async #rejects(): Promise<{ file: string; part: Part } | undefined> {
    const shards: ShardRejects[] = [];
    const lines = [...this.#linesBefore];
    for (const { source, result } of this.#shards) {
      const before = lines[source] ?? 0;
      lines[source] = before + result.counts.lines;
      const { rejects } = result;
      if (rejects !== undefined)
        shards.push({ file: rejects.file, blocks: rejects.part.blocks, before, source: this.#sources[source]?.name ?? '' });
    }
    if (shards.length === 0) return undefined;
    const file = path.join(this.#folder, 'rejects');
    return { file, part: await this.#call<Part>('./reject-task.js', 'gatherRejects', { shards, file }) };
  }

  /** The files without the rows that repeat an id of their day, in this import or in an earlier one. */
  async #withoutDuplicates<F extends { file: string; part: Part; day: Day; withId: number }>(
    files: readonly F[],
  ): Promise<{ kept: F[]; duplicates: number }> {
    const days = new Set(files.filter((f) => f.withId > 0).map((f) => f.day));
    if (days.size === 0) return { kept: [...files], duplicates: 0 };
    const earlier = this.#store
      .packages('oirawdata')
      .filter((p) => days.has(p.period.first) && (p.counters['with_id'] ?? 0) > 0)
      .flatMap((p) => this.#store.files(p).map((f) => ({ ...f, day: p.period.first, withId: p.counters['with_id'] ?? 0 })));
    const all: NumberedFile[] = [];
    for (const f of earlier) all.push({ file: f.file, blocks: f.blocks, day: f.day, number: all.length });
    const base = all.length;
    for (const f of files) all.push({ file: f.file, blocks: f.part.blocks, day: f.day, number: all.length });
    const involved = all.filter((f) => days.has(f.day) && (f.number < base || (files[f.number - base] as F).withId > 0));
    const ids = involved.reduce((n, f) => n + f.blocks.reduce((m, b) => m + b.records, 0), 0);
    const partitions = Math.ceil(ids / IDS_PER_PARTITION);
    const spills = await Promise.all(
      involved.map((f) =>
        this.#call<Spill>('./duplicates.js', 'spillIds', { files: [f], partitions, file: path.join(this.#folder, `ids-${f.number}`) }),
      ),
    );
    const found = await Promise.all(
      Array.from({ length: partitions }, (_, p) =>
        this.#call<Duplicates[]>('./duplicates.js', 'findDuplicates', {
          inputs: spills.map((s) => ({ file: s.file, blocks: s.partitions[p] ?? [] })).filter((f) => f.blocks.length > 0),
        }),
      ),
    );
    const drop = new Map<number, number[]>();
    for (const { number, rows } of found.flat()) drop.set(number, [...(drop.get(number) ?? []), ...rows]);
    const kept = await Promise.all(
      files.map(async (f, i) => {
        const rows = drop.get(base + i);
        if (rows === undefined) return f;
        const file = `${f.file}-unique`;
        const part = await this.#call<Part>('./duplicates.js', 'dropRows', {
          input: { file: f.file, blocks: f.part.blocks },
          rows: Uint32Array.from(rows),
          file,
        });
        return { ...f, file, part };
      }),
    );
    return { kept, duplicates: [...drop.values()].reduce((n, rows) => n + rows.length, 0) };
  }

  #call<T>(module: string, name: string, argument: unknown): Promise<T> {
    const { signal } = this.#o;
    return this.#executor.run<T>(
      { module: task(module), name, argument },
      { priority: PRIORITY, label: `import ${name}`, ...(signal === undefined ? {} : { signal }) },
    );
  }

  #progress(): void {
    this.#o.onProgress?.(
      this.#bytesDone,
      this.#sources.reduce((n, s) => n + s.bytes, 0),
    );
  }
}
