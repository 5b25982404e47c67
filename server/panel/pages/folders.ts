import { weekOf } from '../calendar/months.js';
import type { Layout } from '../calendar/layout-of.js';
import type { LocationDay } from '../api/types.js';

/** A folder above packages, and what is in it. */
export interface Folder {
  readonly name: string;
  readonly packages: number;
  readonly records: number;
}

/** The folders of a period's packages, from the location on: `2026/03/02`, `2026/W10`, … (spec §4). Pure. */
export function foldersOf(layout: Layout, first: string): string[] {
  const [year = '', month = '', day = ''] = first.split('-');
  const week = weekOf(first).split('-');
  switch (layout) {
    case 'day-time':
    case 'daily':
      return [year, month, day];
    case 'weekly-by-day':
      return [...week, year, month, day];
    case 'weekly':
      return week;
    case 'monthly':
      return [year, month];
  }
}

/** The folders right below one, newest first. Pure. */
export function foldersBelow(layout: Layout, days: readonly LocationDay[], above: readonly string[]): Folder[] {
  const found = new Map<string, Folder>();
  for (const { day, packages, records } of days) {
    const path = foldersOf(layout, day);
    const name = path[above.length];
    // A day with jobs and no packages yet has no folder.
    if (packages === 0 || name === undefined || above.some((segment, i) => segment !== path[i])) continue;
    const before = found.get(name) ?? { name, packages: 0, records: 0 };
    found.set(name, { name, packages: before.packages + packages, records: before.records + records });
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? 1 : -1));
}

/** The first and last day of the folder that packages lie in. Pure. */
export function rangeOf(layout: Layout, folders: readonly string[]): { readonly from: string; readonly to: string } {
  if (layout === 'weekly') {
    const monday = mondayOf(`${folders[0]}-${folders[1]}`);
    return { from: monday, to: monday };
  }
  const [year = '', month = '', day = '01'] = layout === 'weekly-by-day' ? folders.slice(2) : folders;
  const first = `${year}-${month}-${day}`;
  return { from: first, to: first };
}

/** The Monday of `2026-W10`: 4 January is always in week 1. */
function mondayOf(week: string): string {
  const [year = 0, n = 1] = week.split('-W').map(Number);
  const fourth = new Date(Date.UTC(year, 0, 4));
  const monday = fourth.getTime() + (n * 7 - 7 - ((fourth.getUTCDay() + 6) % 7)) * 86_400_000;
  return Number.isFinite(monday) ? new Date(monday).toISOString().slice(0, 10) : '';
}
