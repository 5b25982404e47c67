import { addMeasures, type Measures } from './measure-task.js';
import { checksOf, type Check } from './conservation.js';
import { checkLedger } from './ledger.js';
import { fail } from '../errors.js';
import {
  Agenda,
  formatDay,
  formatPeriod,
  type AggregateType,
  type Executor,
  type Granularity,
  type Lane,
  type LocationStore,
  type Topology,
  type WorkPackage,
} from '../../engine/index.js';
import type { RowFilter } from '../database/database.js';
import type { DatabaseReader } from '../database/open-database.js';

export interface Verified {
  readonly packages: number;
  readonly parts: number;
  readonly bytes: number;
  /** Equations between two counts that were looked at. */
  readonly checks: number;
  /** Packages that were made of others than there are now. */
  readonly stale: number;
  /** Jobs whose output is missing or stale; more may follow from them. */
  readonly due: number;
  /** Files in the store's folder that are none of a package's, and do not look as if they were. */
  readonly unknown: readonly string[];
}

/** Kinds of the records that a dataset has beside packages and jobs: its zone, what was imported and moved, what outlives a restart. */
const RECORDS = ['dataset', 'import', 'service', 'spool'];

const MEASURE = new URL('./measure-task.js', import.meta.url).href;

/**
 * Check every checksum, then the counts along the flow, from raw lines to the database.
 * Errors: TM_ERR_VERIFY naming the first place where two counts part, TM_ERR_BLOCK_CORRUPT, TM_ERR_STORE_CORRUPT.
 */
export async function verify(
  store: LocationStore,
  topology: Topology,
  executor: Executor,
  database: DatabaseReader | undefined,
  onProgress: (done: number, total: number) => void,
): Promise<Verified> {
  const packages = [...topology.locations.keys()].flatMap((location) => store.packages(location));
  // To read them is to check them.
  store.jobs();
  for (const kind of RECORDS) store.records(kind);
  const measures = new Map<string, Measures>();
  let done = 0;
  const total = packages.reduce((n, p) => n + p.parts.length, 0);
  const settled = await Promise.allSettled(
    packages.map(async (p) => {
      // What is known of purged beans can be looked at no more.
      if (p.state === 'purged') return;
      const parts = [...p.parts, ...(p.rejects === undefined ? [] : [p.rejects])].map(async (part) => {
        const measured = await executor.run<Measures>({
          module: MEASURE,
          name: 'measurePart',
          argument: { file: store.file(p, part), part },
        });
        onProgress(++done, total);
        return measured;
      });
      try {
        measures.set(p.path, addMeasures(await Promise.all(parts)));
      } catch (error) {
        // A service that works beside may have made it again, or purged it.
        const now = store.package(p.path);
        if (now?.state === p.state && now.createdAt === p.createdAt) throw error;
      }
    }),
  );
  for (const s of settled) if (s.status === 'rejected') throw s.reason;

  const byPath = new Map(packages.map((p) => [p.path, p]));
  const looked = packages.filter((p) => p.state === 'complete' && measures.has(p.path));
  const checks: Check[] = looked.flatMap((p) =>
    checksOf(
      p,
      (at) => measures.get(at),
      (at) => byPath.get(at),
    ),
  );
  for (const { at, what, left, right } of checks) {
    if (left !== right) throw fail('TM_ERR_VERIFY', `${at}: ${what}: ${left} and ${right}`, { data: { at, what, left, right } });
  }
  const { parts: strays, others: unknown } = await store.strays(packages);
  if (strays[0] !== undefined) {
    throw fail(
      'TM_ERR_VERIFY',
      `${strays[0]}: it lies as a part of a package, but is of none (${strays.length} such files); see tidemill repair`,
      {
        data: { at: strays[0], files: strays.length },
      },
    );
  }
  const { lanes } = new Agenda(topology, (location) => packages.filter((p) => p.location === location));
  let inDatabase = 0;
  if (database !== undefined) {
    const ledger = await database.ledger();
    inDatabase = checkLedger(ledger, packages, lanes, { dataset: store.dataset, topology });
    inDatabase += await checkDatabase(packages, topology, measures, database);
  }
  return {
    packages: packages.length,
    parts: total,
    bytes: packages.reduce((n, p) => n + p.parts.reduce((m, part) => m + part.bytes, 0), 0),
    checks: checks.length + inDatabase,
    stale: packages.filter((p) => p.inputs.some((input) => !byPath.has(input))).length,
    due: dueJobs(lanes),
    unknown,
  };
}

function dueJobs(lanes: readonly Lane[]): number {
  // What was made of purged beans stays as it is.
  return lanes.flatMap(({ due }) => [...due.values()].filter((unit) => unit.purged === undefined)).length;
}

/** Each period's rows in each table add up to the beans that were injected, and there are no rows of other periods. */
async function checkDatabase(
  packages: readonly WorkPackage[],
  topology: Topology,
  measures: ReadonlyMap<string, Measures>,
  database: DatabaseReader,
): Promise<number> {
  let checks = 0;
  const compare = async (
    type: AggregateType,
    injected: Measures,
    filter: RowFilter & { granularity: Granularity },
    periods: string,
  ): Promise<void> => {
    const table = type.table as string;
    const { sums } = await database.totals(table, filter);
    for (const [measure, { op }] of Object.entries(type.measures)) {
      if (op !== 'sum') continue;
      checks++;
      const [left, right] = [injected[type.name]?.sums[measure] ?? 0, sums[measure] ?? 0];
      if (left === right) continue;
      throw fail('TM_ERR_VERIFY', `${table}, ${periods}: ${measure} injected and in the database: ${left} and ${right}`, {
        data: { table, granularity: filter.granularity, measure, left, right },
      });
    }
  };
  for (const processor of topology.processors.values()) {
    if (processor.kind !== 'inject') continue;
    // Master tables (l2_…) hold no period.
    const types = (topology.location(processor.input).holds as readonly AggregateType[]).filter(
      (type) => type.table?.startsWith('l2_') === false,
    );
    const injections = packages.filter((p) => p.location === processor.output);
    const current = injections.filter((p) => p.state === 'complete' && p.inputs.every((input) => measures.has(input)));
    const all = new Map<Granularity, Measures>();
    for (const p of current) {
      const { granularity, first } = p.period;
      const day = formatDay(first);
      const injected = addMeasures(p.inputs.map((input) => measures.get(input) ?? {}));
      all.set(granularity, addMeasures([all.get(granularity) ?? {}, injected]));
      for (const type of types)
        await compare(type, injected, { granularity, from: day, to: day }, `${granularity} ${formatPeriod(p.period)}`);
    }
    if (current.length < injections.length) continue;
    for (const [granularity, injected] of all) {
      for (const type of types) await compare(type, injected, { granularity }, `all ${granularity}s together`);
    }
  }
  return checks;
}
