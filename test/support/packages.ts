/* Work packages with real parts, for tests of what lies around them. */
import path from 'node:path';
import { batchOf, type Bean } from '#engine/bean-batch.js';
import { parseDay, periodOf } from '#engine/period.js';
import { PartWriter } from '#engine/task/part-file.js';
import { countBeans, type WorkPackage } from '#engine/work-package.js';
import type { BeanType } from '#engine/bean.js';
import type { LocationStore, StagedFile } from '#engine/store/location-store.js';

export interface Staged {
  readonly package: WorkPackage;
  readonly files: readonly StagedFile[];
}

/** A package of raw data that is ready to be committed: one part for each list of beans, in blocks of at most `blockRows`. */
export function staged(
  store: LocationStore,
  packagePath: string,
  date: string,
  type: BeanType,
  parts: readonly (readonly Bean[])[],
  blockRows = Infinity,
): Staged {
  const folder = store.scratch(packagePath.replaceAll('/', '-'));
  const made = parts.map((beans, i) => {
    const name = `part-${String(i).padStart(5, '0')}`;
    const from = path.join(folder, name);
    const writer = new PartWriter(from);
    const step = Math.min(blockRows, beans.length);
    for (let at = 0; at < beans.length; at += step) writer.append(batchOf(type, beans.slice(at, at + step)));
    return { part: writer.close(name), file: { name, from, how: 'move' as const } };
  });
  const list = made.map((m) => m.part);
  return {
    package: {
      path: packagePath,
      location: packagePath.split('/')[2]!,
      period: periodOf('day', parseDay(date)),
      state: 'complete',
      createdAt: 1,
      inputs: [],
      parts: list,
      beans: countBeans(list),
      counters: {},
    },
    files: made.map((m) => m.file),
  };
}
