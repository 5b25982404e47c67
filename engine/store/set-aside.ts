import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { SET_ASIDE } from './layout.js';

const SWEPT = 'swept-';
/** How long what a sweep has set aside can be looked at, in ms. */
const KEPT_MS = 7 * 86_400_000;

/** A folder for what is set aside, made with the first of it. */
export class SetAside {
  readonly folder: string;
  readonly #store: string;

  constructor(store: string, why: 'swept' | 'repaired', now: number) {
    this.#store = store;
    const name = `${why}-${now}`;
    let n = 0;
    while (existsSync(path.join(store, SET_ASIDE, `${name}-${n}`))) n++;
    this.folder = path.join(store, SET_ASIDE, `${name}-${n}`);
  }

  /** Give a file of the store a second name, or make a copy of it where there are none. */
  link(from: string): void {
    const to = path.join(this.folder, path.relative(this.#store, from));
    mkdirSync(path.dirname(to), { recursive: true });
    try {
      linkSync(from, to);
    } catch {
      copyFileSync(from, to);
    }
  }

  /** Move a file or folder of the store away, with its place; folders above it that it leaves empty go. */
  move(from: string): void {
    if (!existsSync(from)) return;
    const to = path.join(this.folder, path.relative(this.#store, from));
    mkdirSync(path.dirname(to), { recursive: true });
    renameSync(from, existsSync(to) ? `${to}-${Date.now()}` : to);
    for (let at = path.dirname(from); at !== this.#store; at = path.dirname(at)) {
      if (readdirSync(at).length > 0) break;
      rmdirSync(at);
    }
  }
}

/** Remove what sweeps have set aside long ago. What a repair has set aside stays. */
export function forgetSwept(store: string, now: number): void {
  const folder = path.join(store, SET_ASIDE);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name.startsWith(SWEPT) && Number.parseInt(name.slice(SWEPT.length)) < now - KEPT_MS)
      rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}
