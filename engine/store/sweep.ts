import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ALONE, folderOf, SCRATCH } from './layout.js';
import { forgetSwept, SetAside } from './set-aside.js';
import type { Journal } from './journal.js';
import type { WorkPackage } from '../work-package.js';

/** Set aside the files that commits of an ended process left without a package, and empty the scratch folder. Nothing else is touched. */
export function sweep(store: string, journal: Journal, packageAt: (path: string) => WorkPackage | undefined, now: number): void {
  const aside = new SetAside(store, 'swept', now);
  for (const { create, remove } of journal.entries()) {
    for (const at of [...create, ...remove]) {
      const folder = folderOf(store, at);
      const p = packageAt(at);
      if (p === undefined) aside.move(folder);
      else if (p.state === 'purged' && existsSync(folder))
        for (const name of readdirSync(folder)) if (name !== ALONE) aside.move(path.join(folder, name));
    }
  }
  rmSync(path.join(store, SCRATCH), { recursive: true, force: true });
  forgetSwept(store, now);
}
