import { fail, type TidemillError } from './errors.js';
import type { Shard } from './task/tasks.js';
import type { BlockRef, Part, PartFile, WorkPackage } from './work-package.js';

/** A record that a processor could not digest, alone: where it is, and why. */
export interface Quarantined {
  /** Path of the package, and name of its part. */
  readonly package: string;
  readonly part: string;
  readonly type: string;
  /** Its number among the beans of its type in the part, from 0. */
  readonly row: number;
  readonly code: string;
  readonly message: string;
}

/** The records that one job leaves out. */
export class Quarantine {
  readonly records: Quarantined[] = [];
  readonly #most: number;
  /** What the input files are parts of. */
  readonly #places = new Map<string, { readonly package: string; readonly part: Part }>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Get to know the files of an input. */
  learn(p: WorkPackage, file: (part: Part) => string): void {
    for (const part of p.parts) this.#places.set(file(part), { package: p.path, part });
  }

  /** Leave the only record of a shard out. Errors: TM_ERR_TASK_FAILED where they have become too many. */
  add(shard: Shard, error: TidemillError): void {
    if (this.records.length >= this.#most) {
      throw fail('TM_ERR_TASK_FAILED', `more than ${this.#most} records cannot be processed; the last: ${error.message}`, { cause: error });
    }
    const { file, blocks } = shard.parts[0] as PartFile;
    const { type, offset } = blocks[0] as BlockRef;
    const { package: at, part } = this.#places.get(file) as { package: string; part: Part };
    const before = part.blocks.filter((b) => b.type === type && b.offset < offset).reduce((n, b) => n + b.records, 0);
    const row = before + (shard.rows?.[0] ?? 0);
    this.records.push({ package: at, part: part.name, type, row, code: error.code, message: error.message });
  }
}
