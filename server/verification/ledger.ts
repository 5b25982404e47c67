import { formatDay, formatPeriod, parseDay, type Lane, type Topology, type WorkPackage } from '../../engine/index.js';
import { fail } from '../errors.js';
import type { LedgerRow } from '../database/database.js';

/**
 * The database's ledger has each package that was injected, and no other. Not looked at is what a job is due for, since a database and
 * a store do not change at once, and what other datasets, or processors that are no more, have put into the same database.
 * Answers how many were compared. Errors: TM_ERR_VERIFY.
 */
export function checkLedger(
  ledger: readonly LedgerRow[],
  packages: readonly WorkPackage[],
  lanes: readonly Lane[],
  { dataset, topology }: { readonly dataset: string; readonly topology: Topology },
): number {
  const byPath = new Map(packages.map((p) => [p.path, p]));
  const rows = new Set(ledger.map((row) => row.package));
  const due = new Set(
    lanes.flatMap(({ processor, due: units }) =>
      [...units.values()].map(({ period }) => keyOf(processor.name, period.granularity, period.first)),
    ),
  );
  let checks = 0;
  for (const { package: at, processor, granularity, period } of ledger) {
    if (!at.startsWith(`/${dataset}/`) || !topology.processors.has(processor)) continue;
    checks++;
    if (byPath.has(at) || due.has(keyOf(processor, granularity, parseDay(period)))) continue;
    throw missing(at, `the database has the sums of ${processor} ${granularity} ${period}, but the store has no such package`);
  }
  for (const p of packages) {
    if (topology.producerOf(p.location)?.kind !== 'inject') continue;
    // Reports of purged beans are all that another database can have of them.
    if (p.inputs.some((input) => byPath.get(input)?.state === 'purged')) continue;
    checks++;
    if (rows.has(p.path) || due.has(keyOf(p.processor ?? '', p.period.granularity, p.period.first))) continue;
    throw missing(p.path, `the database has no ledger row of this injection (${formatPeriod(p.period)})`);
  }
  return checks;
}

function keyOf(processor: string, granularity: string, first: number): string {
  return `${processor} ${granularity} ${formatDay(first)}`;
}

function missing(at: string, what: string): Error {
  return fail('TM_ERR_VERIFY', `${at}: ${what}`, { data: { at } });
}
