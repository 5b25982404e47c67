import { mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDiskFull } from './disk.js';
import { SCRATCH } from './layout.js';

/** What a commit is about to do to the folders of packages, by their paths. */
export interface Intent {
  readonly create: readonly string[];
  readonly remove: readonly string[];
}

/**
 * Commits under way, a small file each: written before the first file of a package moves, gone when the commit is made and
 * nothing of what it removes is left. Whatever it does not name the sweep leaves alone, so that nothing waits for it to be on the
 * disk: what a power cut takes of it costs files of no package, and never a package.
 */
export class Journal {
  readonly #folder: string;
  #last = 0;

  constructor(store: string) {
    this.#folder = path.join(store, SCRATCH, 'commits');
  }

  /** Answers what ends the entry. What is urgent does without one on a full disk: it leaves files of no package at worst. */
  begin(intent: Intent, isUrgent: boolean): () => void {
    const file = path.join(this.#folder, `${process.pid}-${++this.#last}`);
    const text = JSON.stringify(intent);
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(file, text);
    } catch (error) {
      if (!isUrgent || !isDiskFull(error)) throw error;
    }
    return () => {
      try {
        unlinkSync(file);
      } catch {
        // What it names has its package, or none and no file: the sweep has nothing to do for it.
      }
    };
  }

  /** The commits under way; after the end of a process those that it did not finish. One that was cut off names nothing. */
  entries(): Intent[] {
    let names: string[];
    try {
      names = readdirSync(this.#folder);
    } catch {
      return [];
    }
    return names.flatMap((name) => {
      try {
        return [JSON.parse(readFileSync(path.join(this.#folder, name), 'utf8')) as Intent];
      } catch {
        return [];
      }
    });
  }
}
