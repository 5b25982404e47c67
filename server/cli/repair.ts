import { existsSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../errors.js';
import { folderOf, storeFolder } from '../dataset-folder.js';
import { loadDeclarations } from '../declarations.js';
import { readSettings } from '../settings.js';
import { repairStore, type Repaired } from '../../engine/store/repair.js';
import { formatCount } from '../terminal/format.js';
import { startProgress } from '../terminal/progress.js';
import { visible } from '../terminal/text.js';
import { datasetOptions, sameDataset, type Invocation } from './program.js';
import { print, printJson } from './output.js';

/** Names that are printed of a long list; `--json` has all. */
const NAMED = 20;

/** Make the records of a dataset's store again. Errors: TM_ERR_REPAIR, TM_ERR_DATASET_UNKNOWN, those of `repairStore`. */
export async function repair({ options }: Invocation<object>): Promise<void> {
  const at = datasetOptions(options);
  const folder = folderOf(at);
  const store = storeFolder(folder);
  if (!existsSync(store)) throw fail('TM_ERR_DATASET_UNKNOWN', `there is no dataset '${at.name}' in ${path.resolve(at.data)}`);
  const { processors, scheduler } = readSettings(folder, at.environment);
  const { topology } = await loadDeclarations(folder, processors, scheduler.taskTimeout);
  const progress = startProgress({ quiet: options.json === true });
  const bar = progress.task('repair', { unit: 'files' });
  let repaired: Repaired;
  try {
    repaired = await repairStore(store, at.name, topology, Date.now(), (done) => bar.update(done, done));
  } finally {
    progress.stop();
  }
  if (options.json === true) printJson({ ok: repaired.lost.length === 0, ...repaired });
  else printRepaired(repaired, sameDataset(options));
  const [first] = repaired.lost;
  if (first !== undefined)
    throw fail('TM_ERR_REPAIR', `${repaired.lost.length} things could not be brought back, the first ${first}`, {
      data: { lost: repaired.lost },
    });
}

function printRepaired({ packages, fromParts, jobs, records, again, lost, forgotten, others, setAside }: Repaired, same: string): void {
  print(
    `The store has ${formatCount(packages)} packages, ${formatCount(jobs)} jobs and ${formatCount(records)} records; of ${formatCount(fromParts)} packages its parts told.`,
  );
  printList(
    'Jobs make again',
    again.map(({ path: p, why }) => `${p}: ${why}`),
  );
  printList('Lost', lost);
  printList('Not known any more', forgotten);
  printList('Left alone, for they are of no package', others);
  print(`What was there before is in ${visible(setAside)}.`);
  print(`Next: tidemill process --close${same}, then tidemill verify${same}`);
}

function printList(title: string, all: readonly string[]): void {
  if (all.length === 0) return;
  print(`${title} (${formatCount(all.length)}):`);
  for (const line of all.slice(0, NAMED)) print(`  ${visible(line)}`);
  if (all.length > NAMED) print(`  and ${formatCount(all.length - NAMED)} more (--json names all)`);
}
