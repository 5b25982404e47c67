import type { WorkPackage } from './work-package.js';
import type { LocationStore } from './store/location-store.js';

interface Shelf {
  readonly byPath: Map<string, WorkPackage>;
  /** In the order of paths; undefined when it has to be made anew. */
  sorted: WorkPackage[] | undefined;
}

/** The packages of every location in memory, kept up with the commits of one process. A change costs what changes. */
export class Catalogue {
  readonly #shelves = new Map<string, Shelf>();
  readonly #locationOf = new Map<string, string>();

  constructor(store: LocationStore, locations: Iterable<string>) {
    for (const name of locations) {
      const sorted = store.packages(name);
      this.#shelves.set(name, { byPath: new Map(sorted.map((p) => [p.path, p])), sorted });
      for (const p of sorted) this.#locationOf.set(p.path, name);
    }
  }

  /** The packages of a location in the order of their paths. */
  packages(location: string): readonly WorkPackage[] {
    const shelf = this.#shelves.get(location);
    if (shelf === undefined) return [];
    shelf.sorted ??= [...shelf.byPath.values()].sort(byPath);
    return shelf.sorted;
  }

  package(path: string): WorkPackage | undefined {
    return this.#shelves.get(this.#locationOf.get(path) ?? '')?.byPath.get(path);
  }

  /** Take in what a commit did. Answers the packages that are no more as they were: removed, or made anew. */
  apply(created: readonly WorkPackage[], removed: readonly string[]): WorkPackage[] {
    const before: WorkPackage[] = [];
    for (const at of [...removed, ...created.map((p) => p.path)]) {
      const shelf = this.#shelves.get(this.#locationOf.get(at) ?? '');
      const old = shelf?.byPath.get(at);
      if (shelf === undefined || old === undefined) continue;
      before.push(old);
      shelf.byPath.delete(at);
      shelf.sorted = undefined;
      this.#locationOf.delete(at);
    }
    for (const p of created) {
      const shelf = this.#shelves.get(p.location);
      if (shelf === undefined) continue;
      shelf.byPath.set(p.path, p);
      shelf.sorted = undefined;
      this.#locationOf.set(p.path, p.location);
    }
    return before;
  }
}

export function byPath(a: WorkPackage, b: WorkPackage): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
