import type { WorkPackage } from './work-package.js';
import type { LocationStore } from './store/location-store.js';

/** The packages of every location in memory, in the order of their paths, kept up with the commits of one process. */
export class Catalogue {
  readonly #byLocation = new Map<string, WorkPackage[]>();

  constructor(store: LocationStore, locations: Iterable<string>) {
    for (const name of locations) this.#byLocation.set(name, store.packages(name));
  }

  packages(location: string): readonly WorkPackage[] {
    return this.#byLocation.get(location) ?? [];
  }

  apply(created: readonly WorkPackage[], removed: readonly string[]): void {
    const gone = new Set([...removed, ...created.map((p) => p.path)]);
    for (const [name, list] of this.#byLocation) {
      const added = created.filter((p) => p.location === name);
      if (added.length === 0 && !list.some((p) => gone.has(p.path))) continue;
      const next = [...list.filter((p) => !gone.has(p.path)), ...added];
      this.#byLocation.set(
        name,
        next.sort((a, b) => (a.path < b.path ? -1 : 1)),
      );
    }
  }
}
