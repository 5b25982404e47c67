import type { Sample } from '../state/live.js';
import type { Box } from './layout.js';

/** The path of a rate over time in a box; the newest at its right side, 60 s wide. Pure. */
export function sparkline(samples: readonly Sample[], { x, y, width, height }: Box): string {
  const newest = samples.at(-1)?.at ?? 0;
  const highest = Math.max(1, ...samples.map((s) => s.perSecond));
  return samples
    .map((s, i) => {
      const px = x + width * (1 - Math.min(60, newest - s.at) / 60);
      const py = y + height * (1 - s.perSecond / highest);
      return `${i === 0 ? 'M' : 'L'}${px.toFixed(1)} ${py.toFixed(1)}`;
    })
    .join('');
}
