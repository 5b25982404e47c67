/* What a store holds, as a number that does not depend on how it is cut: for tests of the same result by other ways. */
import { createHash } from 'node:crypto';
import { beansOf } from '#engine/bean-batch.js';
import { formatPeriod } from '#engine/period.js';
import { readPart } from '#engine/task/part-file.js';
import type { BeanType } from '#engine/bean.js';
import type { Topology } from '#engine/processor.js';
import type { LocationStore } from '#engine/store/location-store.js';
import type { WorkPackage } from '#engine/work-package.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The path below the dataset, without what changes from one run to the next: a uuid becomes the period, and the time at the
 * end of a raw package's name is left out.
 */
export function stablePath(p: WorkPackage): string {
  const segments = p.path.split('/').slice(2);
  const name = segments.pop()!;
  return [...segments, UUID.test(name) ? formatPeriod(p.period) : name.replace(/-\d+$/, '')].join('/');
}

/** SHA-256 over all beans of a location: packages by their stable path, in them the types by name, of each its beans in order. */
export function digestOfLocation(store: LocationStore, topology: Topology, location: string): string {
  const hash = createHash('sha256');
  const packages = store.packages(location).map((p) => ({ p, at: stablePath(p) }));
  const types = topology.location(location).holds.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const { p, at } of packages.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))) {
    hash.update(`${JSON.stringify([at, formatPeriod(p.period)])}\n`);
    for (const type of types) {
      hash.update(`${JSON.stringify([type.name, p.beans[type.name] ?? 0])}\n`);
      for (const line of beanLines(store, p, type)) hash.update(line);
    }
  }
  return hash.digest('hex');
}

/** The digest of every location. */
export function digestOfStore(store: LocationStore, topology: Topology): Record<string, string> {
  return Object.fromEntries([...topology.locations.keys()].map((name) => [name, digestOfLocation(store, topology, name)]));
}

/** One JSON line a bean: the values in the order of the type's fields. */
function* beanLines(store: LocationStore, p: WorkPackage, type: BeanType): Generator<string> {
  const fields = Object.keys(type.fields);
  for (const { file, blocks } of store.files(p)) {
    for (const batch of readPart({ file, blocks: blocks.filter((b) => b.type === type.name) })) {
      for (const bean of beansOf(type, batch)) yield `${JSON.stringify(fields.map((f) => canonical(bean[f])))}\n`;
    }
  }
}

function canonical(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, canonical(v)]),
  );
}
