import { fail } from '../errors.js';
import { openForReading } from '../dataset.js';
import { formatPeriod, recordsOf, type WorkPackage } from '../../engine/index.js';
import { formatBytes, formatCount, formatTime } from '../terminal/format.js';
import { datasetOptions, type Invocation } from './program.js';
import { print, printJson, printTable, withPeriod } from './output.js';

export async function locations({ options }: Invocation<{ readonly limit: number }>, name: string | undefined): Promise<void> {
  const { store, topology } = await openForReading(datasetOptions(options));
  try {
    if (name === undefined) {
      const rows = [...topology.locations.values()].map((l) => summaryOf(l.name, l.layout, store.packages(l.name)));
      if (options.json === true) for (const row of rows) printJson(row);
      else
        printTable(
          COLUMNS,
          rows.map((r) => [r.location, r.layout, formatCount(r.packages), formatCount(r.beans), formatBytes(r.bytes), r.first, r.last]),
        );
      return;
    }
    if (!topology.locations.has(name)) throw fail('TM_ERR_LOCATION_UNKNOWN', `there is no location '${name}'`);
    const packages = store.packages(name).reverse();
    const shown = packages.slice(0, options.limit);
    if (options.json === true) {
      for (const p of shown) printJson(withPeriod(p));
      return;
    }
    printTable(
      [
        { title: 'package', whole: true },
        { title: 'period' },
        { title: 'beans', align: 'right' },
        { title: 'size', align: 'right' },
        { title: 'created (UTC)' },
        { title: 'job' },
      ],
      shown.map((p) => [
        p.path,
        formatPeriod(p.period),
        formatCount(recordsOf(p)),
        formatBytes(bytesOf(p)),
        formatTime(p.createdAt),
        p.job ?? '',
      ]),
    );
    if (packages.length > shown.length) print(`${formatCount(packages.length - shown.length)} more; --limit shows more of them`);
  } finally {
    await store.close();
  }
}

const COLUMNS = [
  { title: 'location' },
  { title: 'layout' },
  { title: 'packages', align: 'right' as const },
  { title: 'beans', align: 'right' as const },
  { title: 'size', align: 'right' as const },
  { title: 'first' },
  { title: 'last' },
];

function summaryOf(location: string, layout: string, packages: readonly WorkPackage[]) {
  const byPeriod = [...packages].sort((a, b) => a.period.first - b.period.first);
  const [first, last] = [byPeriod[0], byPeriod.at(-1)];
  return {
    location,
    layout,
    packages: packages.length,
    beans: packages.reduce((n, p) => n + recordsOf(p), 0),
    bytes: packages.reduce((n, p) => n + bytesOf(p), 0),
    first: first === undefined ? '' : formatPeriod(first.period),
    last: last === undefined ? '' : formatPeriod(last.period),
  };
}

function bytesOf(p: WorkPackage): number {
  return p.parts.reduce((n, part) => n + part.bytes, 0);
}
