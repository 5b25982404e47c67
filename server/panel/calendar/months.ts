const DAY_MS = 86_400_000;

const toDay = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const toMs = (day: string): number => Date.parse(`${day}T00:00Z`);

/** A week of a month's grid: its ISO number and its days from Monday, null where they are of another month. */
export interface Week {
  readonly label: string;
  /** The Monday, also where it is of the month before. */
  readonly first: string;
  readonly days: readonly (string | null)[];
}

/** The weeks of `2026-03` that have a day of it. Pure, on dates without a zone. */
export function weeksOf(month: string): Week[] {
  const first = toMs(`${month}-01`);
  const weeks: Week[] = [];
  for (let monday = first - mondayOffset(first); monday === first || toDay(monday).slice(0, 7) <= month; monday += 7 * DAY_MS) {
    const days = Array.from({ length: 7 }, (_, i) => toDay(monday + i * DAY_MS));
    weeks.push({ label: weekLabel(monday), first: toDay(monday), days: days.map((d) => (d.startsWith(month) ? d : null)) });
  }
  return weeks;
}

const mondayOffset = (ms: number): number => ((new Date(ms).getUTCDay() + 6) % 7) * DAY_MS;

/** `2026-W10` of the week that begins on a Monday: the ISO year is that of its Thursday. */
function weekLabel(monday: number): string {
  const thursday = new Date(monday + 3 * DAY_MS);
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS));
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/** The ISO week of a day, as `2026-W10`. */
export const weekOf = (day: string): string => weekLabel(toMs(day) - mondayOffset(toMs(day)));

/** `2026-03` and 1 → `2026-04`. */
export function shiftMonth(month: string, by: number): string {
  const [year = 0, m = 1] = month.split('-').map(Number);
  return toDay(Date.UTC(year, m - 1 + by, 1)).slice(0, 7);
}
