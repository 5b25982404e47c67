import { afterEach, beforeEach, describe } from 'vitest';
import { exportTests } from './conformance-export.js';
import { injectTests } from './conformance-inject.js';
import { largeTests } from './conformance-large.js';
import { mergeTests } from './conformance-merge.js';
import { migrateTests } from './conformance-migrate.js';
import { queryTests } from './conformance-query.js';
import { readTests } from './conformance-read.js';
import { valueTests } from './conformance-values.js';
import { Databases, type MakeDatabase } from './harness.js';

/** What every analytics database must do, whatever is below it. */
export function conformance(name: string, make: MakeDatabase): void {
  describe(`${name} as an analytics database`, () => {
    let databases: Databases;
    beforeEach(() => {
      databases = new Databases(make);
    });
    afterEach(() => databases.end());

    for (const tests of [migrateTests, injectTests, largeTests, mergeTests, valueTests, readTests, queryTests, exportTests])
      tests(() => databases);
  });
}
