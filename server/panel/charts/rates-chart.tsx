import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatCompact, formatCount } from '../format/number.js';
import { formatClock } from '../format/time.js';
import { samples, status, type Sample } from '../state/live.js';
import { useStore } from '../state/store.js';
import { theme } from '../state/theme.js';
import { useDark } from '../ui/use-dark.js';

const HEIGHT = 220;

const dataOf = (recent: readonly Sample[]): uPlot.AlignedData => [
  recent.map((s) => s.at),
  recent.map((s) => s.perSecond),
  recent.map((s) => s.queue),
];

/** Impressions a second, and waiting requests, since the page was opened; at most a quarter of an hour. */
export function RatesChart() {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const recent = useStore(samples);
  const zone = useStore(status)?.timeZone ?? 'UTC';
  const chosen = useStore(theme);
  const dark = useDark();

  useEffect(() => {
    const own = box.current;
    if (own === null) return;
    const chart = new uPlot(optionsOf(own, zone), dataOf(samples.get()), own);
    plot.current = chart;
    const observer = new ResizeObserver(() => chart.setSize({ width: own.clientWidth, height: HEIGHT }));
    observer.observe(own);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [zone, chosen, dark]);

  useEffect(() => plot.current?.setData(dataOf(recent)), [recent]);

  const last = recent.at(-1);
  const highest = recent.reduce((most, s) => Math.max(most, s.perSecond), 0);
  const words =
    last === undefined
      ? 'No figures yet; they come once a second.'
      : `Now ${formatCount(last.perSecond)} impressions a second, ${formatCount(last.queue)} waiting; the most was ${formatCount(highest)} a second.`;
  return (
    <figure class="chart">
      <div ref={box} class="chart-box" role="img" aria-label={`Chart of the last minutes. ${words}`} />
      <figcaption class="quiet">{words}</figcaption>
    </figure>
  );
}

/** Colours come from the style sheet: the canvas knows nothing of it. */
function optionsOf(box: HTMLElement, zone: string): uPlot.Options {
  const style = getComputedStyle(box);
  const colour = (property: string): string => resolve(box, style.getPropertyValue(property));
  const axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  };
  return {
    width: box.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: { time: true },
      y: { range: (_, __, max) => [0, Math.max(10, max * 1.1)] },
      queue: { range: (_, __, max) => [0, Math.max(10, max * 1.1)] },
    },
    axes: [
      { ...axis, space: 90, values: (_, times) => times.map((at) => formatClock(at * 1000, zone)) },
      {
        ...axis,
        size: 56,
        label: 'impressions a second',
        labelSize: 18,
        labelFont: axis.font,
        values: (_, ns) => ns.map((n) => formatCompact(n)),
      },
      {
        ...axis,
        side: 1,
        scale: 'queue',
        size: 56,
        label: 'waiting (dashed)',
        labelSize: 18,
        labelFont: axis.font,
        grid: { show: false },
        values: (_, ns) => ns.map((n) => formatCompact(n)),
      },
    ],
    series: [
      {},
      { label: 'impressions a second', stroke: colour('--accent'), width: 2, fill: colour('--accent-soft'), points: { show: false } },
      { label: 'waiting', scale: 'queue', stroke: colour('--wait'), width: 1.5, dash: [5, 4], points: { show: false } },
    ],
  };
}

/** What a custom property comes to: `light-dark()` is not for a canvas. */
function resolve(box: HTMLElement, value: string): string {
  const probe = box.appendChild(document.createElement('i'));
  probe.style.color = value;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
