import { createHash } from 'node:crypto';
import { beansOf, formatPeriod, readPart } from '#engine/index.js';
import type { Dataset } from '#server/dataset.js';

/** What order means in a location: that of the beans, or none. */
export type Order = 'as they are' | 'sorted';

/**
 * A digest of the beans of each period of each location, by `location period`: the types and beans in the order of packages,
 * parts and rows, or sorted. Two datasets with the same digests hold the same, however it is cut into packages and blocks.
 */
export function digests({ store, topology }: Dataset, order: (location: string) => Order = () => 'as they are'): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name, holds } of topology.locations.values()) {
    const types = new Map(holds.map((type) => [type.name, type]));
    const periods = new Map<string, string[]>();
    for (const p of store.packages(name)) {
      const period = formatPeriod(p.period);
      const beans = periods.get(period) ?? [];
      periods.set(period, beans);
      for (const file of store.files(p)) {
        for (const batch of readPart(file)) {
          for (const bean of beansOf(types.get(batch.type)!, batch)) beans.push(`${batch.type} ${JSON.stringify(bean)}`);
        }
      }
    }
    for (const [period, beans] of periods) {
      const inOrder = order(name) === 'sorted' ? beans.sort() : byType(beans);
      const hash = createHash('sha256');
      for (const bean of inOrder) hash.update(`${bean}\n`);
      found[`${name} ${period}`] = `${beans.length} beans, ${hash.digest('hex').slice(0, 16)}`;
    }
  }
  return found;
}

/** Types one after the other; the order of two beans of different types has no meaning. */
function byType(beans: readonly string[]): string[] {
  const type = (bean: string): string => bean.slice(0, bean.indexOf(' '));
  return beans.toSorted((a, b) => (type(a) < type(b) ? -1 : type(a) > type(b) ? 1 : 0));
}
