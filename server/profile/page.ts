import { kindOf, type Lane, type Span, type Timeline } from './timeline.js';
import { formatCount, formatDuration } from '../terminal/format.js';

const WIDTH = 1200;
const LEFT = 90;
const LANE = 34;
const GAP = 10;

/** Hues far apart for neighbours of the table of kinds; a wait is hatched, so that it does not depend on colour. */
const hueOf = (place: number): number => (place * 137.5 + 205) % 360;

/**
 * A timeline as one HTML page without scripts or anything from elsewhere: a lane a thread, a bar a task, hatched where a
 * thread waited; what a bar is stands in its title. `title` and `about` are text.
 */
export function profilePage(timeline: Timeline, { title, about }: { readonly title: string; readonly about: readonly string[] }): string {
  const place = new Map(timeline.kinds.map(({ kind }, i) => [kind, i]));
  const classOf = (label: string): string => `k${place.get(kindOf(label)) ?? 0}`;
  const x = (ms: number): number => LEFT + (ms / Math.max(1, timeline.totalMs)) * (WIDTH - LEFT - 10);
  const height = timeline.lanes.length * (LANE + GAP) + 40;
  const bar = (span: Span, y: number, name: string): string => {
    const width = Math.max(0.5, x(span.end) - x(span.start));
    const told = `${span.label}: ${formatDuration(span.end - span.start)}, from ${formatDuration(span.start)}`;
    return `<rect class="${name}" x="${x(span.start).toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${LANE}"><title>${escaped(told)}</title></rect>`;
  };
  const lane = ({ name, spans, waits }: Lane, i: number): string => {
    const y = i * (LANE + GAP) + 6;
    return [
      `<text x="${LEFT - 8}" y="${y + LANE / 2 + 4}" text-anchor="end">${escaped(name)}</text>`,
      ...waits.map((wait) => bar(wait, y, 'wait')),
      ...spans.map((span) => bar(span, y, classOf(span.label))),
    ].join('\n');
  };
  const ticks = tickTimes(timeline.totalMs).map(
    (ms) =>
      `<line x1="${x(ms)}" x2="${x(ms)}" y1="0" y2="${height - 34}"/><text x="${x(ms)}" y="${height - 16}" text-anchor="middle">${formatDuration(ms)}</text>`,
  );
  const colours = timeline.kinds.map((_, i) => `.k${i} { fill: hsl(${hueOf(i)} 60% 50%); background: hsl(${hueOf(i)} 60% 50%); }`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>
:root { color-scheme: light dark; }
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: ${WIDTH}px; padding: 0 1rem; }
svg { width: 100%; min-width: 700px; height: auto; font-size: 12px; fill: currentColor; }
.scroll { overflow-x: auto; }
line { stroke: currentColor; opacity: .2; }
.wait { fill: url(#hatch); }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .2rem .8rem; border-bottom: 1px solid #8884; }
th:first-child, td:first-child { text-align: left; }
i { display: inline-block; width: .8em; height: .8em; margin-right: .5em; border-radius: 2px; }
${colours.join('\n')}
</style>
<h1>${escaped(title)}</h1>
${about.map((line) => `<p>${escaped(line)}</p>`).join('\n')}
<div class="scroll">
<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Timeline: a lane a thread; the tables below hold its figures">
<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V6" stroke="#888" stroke-width="1.5"/></pattern></defs>
${ticks.join('\n')}
${timeline.lanes.map(lane).join('\n')}
</svg>
</div>
${table(
  ['thread', 'busy', 'share', 'waited', 'longest waits'],
  timeline.lanes.map(({ name, busyMs, waits }) => [
    escaped(name),
    formatDuration(busyMs),
    percent(busyMs, timeline.totalMs),
    formatDuration(waits.reduce((n, w) => n + w.end - w.start, 0)),
    [...waits]
      .sort((a, b) => b.end - b.start - (a.end - a.start))
      .slice(0, 3)
      .map((w) => escaped(`${formatDuration(w.end - w.start)} at ${formatDuration(w.start)}: ${w.label}`))
      .join('<br>'),
  ]),
)}
${table(
  ['what', 'tasks', 'busy', 'share of all work'],
  timeline.kinds.map(({ kind, tasks, busyMs }, i) => [
    `<i class="k${i}"></i>${escaped(kind)}`,
    formatCount(tasks),
    formatDuration(busyMs),
    percent(
      busyMs,
      timeline.kinds.reduce((n, k) => n + k.busyMs, 0),
    ),
  ]),
)}
</html>
`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]): string => `<tr>${row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table>\n<thead>${cells('th', head)}</thead>\n<tbody>\n${rows.map((row) => cells('td', row)).join('\n')}\n</tbody>\n</table>`;
}

/** About ten round times. */
function tickTimes(totalMs: number): number[] {
  const rough = Math.max(1, totalMs / 10);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((n) => n * power >= rough) ?? 10);
  return Array.from({ length: Math.floor(totalMs / step) + 1 }, (_, i) => i * step);
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${Math.round((100 * part) / whole)} %`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] as string);
}
