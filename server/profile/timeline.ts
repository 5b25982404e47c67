import type { TaskEvent } from '../../engine/index.js';

/** A stretch of a thread's time; times in ms from the beginning of the run. */
export interface Span {
  readonly label: string;
  readonly start: number;
  readonly end: number;
}

/** One thread, and what it did in order of time. */
export interface Lane {
  readonly name: string;
  readonly spans: readonly Span[];
  readonly busyMs: number;
  /** Where it had nothing to do for `WAIT_MS` or longer: the label says what the others were doing. */
  readonly waits: readonly Span[];
}

export interface Timeline {
  readonly totalMs: number;
  readonly lanes: readonly Lane[];
  /** Time by what was done, the longest first. */
  readonly kinds: readonly { readonly kind: string; readonly tasks: number; readonly busyMs: number }[];
}

/** Shorter gaps are the way from one task to the next. */
const WAIT_MS = 20;

/** What a task is coloured and summed by: its processor, or `import`. */
export function kindOf(label: string): string {
  return label.split(' ', 1)[0] ?? label;
}

/** The timeline of a run from `from` to `to`, both in ms since the epoch. */
export function timeline(events: readonly TaskEvent[], from: number, to: number): Timeline {
  const totalMs = to - from;
  const byThread = new Map<number, Span[]>();
  for (const { label, thread, start, end } of [...events].sort((a, b) => a.start - b.start)) {
    const span = { label, start: Math.max(0, start - from), end: Math.min(totalMs, end - from) };
    byThread.set(thread, [...(byThread.get(thread) ?? []), span]);
  }
  const database = new Set(events.filter((e) => isOfDatabase(e.label)).map((e) => e.thread));
  const threads = [...byThread.keys()].sort((a, b) => Number(database.has(a)) - Number(database.has(b)) || a - b);
  let workers = 0;
  const lanes = threads.map((thread) => {
    const spans = byThread.get(thread) as Span[];
    const others = [...byThread].flatMap(([other, theirs]) => (other === thread ? [] : theirs));
    return {
      name: database.has(thread) ? 'database' : `worker ${++workers}`,
      spans,
      busyMs: spans.reduce((n, s) => n + s.end - s.start, 0),
      waits: waitsOf(spans, others, totalMs),
    };
  });
  return { totalMs, lanes, kinds: kindsOf(events) };
}

function isOfDatabase(label: string): boolean {
  return label === 'open the database' || label.endsWith('Injection');
}

function waitsOf(spans: readonly Span[], others: readonly Span[], totalMs: number): Span[] {
  const waits: Span[] = [];
  let idleFrom = 0;
  for (const { start, end } of [...spans, { start: totalMs, end: totalMs }]) {
    if (start - idleFrom >= WAIT_MS) waits.push({ label: meanwhile(others, idleFrom, start), start: idleFrom, end: start });
    idleFrom = Math.max(idleFrom, end);
  }
  return waits;
}

/** What others did for most of a stretch of time. */
function meanwhile(others: readonly Span[], from: number, to: number): string {
  const time = new Map<string, number>();
  for (const { label, start, end } of others) {
    const shared = Math.min(end, to) - Math.max(start, from);
    if (shared > 0) time.set(kindOf(label), (time.get(kindOf(label)) ?? 0) + shared);
  }
  const names = [...time].sort(([, a], [, b]) => b - a).map(([kind]) => kind);
  return names.length === 0 ? 'no task ran: starting, committing or ending' : `waited while ${names.slice(0, 3).join(', ')} ran`;
}

function kindsOf(events: readonly TaskEvent[]): Timeline['kinds'] {
  const kinds = new Map<string, { kind: string; tasks: number; busyMs: number }>();
  for (const { label, start, end } of events) {
    const kind = kindOf(label);
    const sum = kinds.get(kind) ?? { kind, tasks: 0, busyMs: 0 };
    kinds.set(kind, { kind, tasks: sum.tasks + 1, busyMs: sum.busyMs + end - start });
  }
  return [...kinds.values()].sort((a, b) => b.busyMs - a.busyMs);
}
