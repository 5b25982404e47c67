import type { Tone } from '../flow/states.js';

/** The marks of states in a box of 12 by 12, each a shape of its own, so that colour is not all that tells them apart. */
const SHAPES: Readonly<Record<Tone, { readonly solid?: string; readonly line?: string; readonly cut?: string }>> = {
  ok: { solid: 'M6 0a6 6 0 1 0 0 12A6 6 0 0 0 6 0', cut: 'M3.3 6.2 5.2 8.1 8.8 4.1' },
  run: { solid: 'M1.5 .5 11.5 6 1.5 11.5z' },
  wait: { line: 'M6 .9a5.1 5.1 0 1 0 0 10.2A5.1 5.1 0 0 0 6 .9M6 3v3.2l2.2 1.4' },
  bad: { solid: 'M3.5 0h5L12 3.5v5L8.5 12h-5L0 8.5v-5z', cut: 'M4 4l4 4M8 4 4 8' },
  warn: { solid: 'M6 .3 12 11.5H0z', cut: 'M6 4.2v3.3M6 9.4v.3' },
  idle: { line: 'M6 1.2a4.8 4.8 0 1 0 0 9.6A4.8 4.8 0 0 0 6 1.2' },
  pause: { solid: 'M1.5 1h3v10h-3zM7.5 1h3v10h-3z' },
  off: { line: 'M6 .9a5.1 5.1 0 1 0 0 10.2A5.1 5.1 0 0 0 6 .9M2.5 9.5l7-7' },
};

/** A state's mark inside an SVG, its upper left corner at `x`, `y`. The colour is that of the `tone-…` around it. */
export function MarkShape({ tone, x = 0, y = 0 }: { readonly tone: Tone; readonly x?: number; readonly y?: number }) {
  const { solid, line, cut } = SHAPES[tone];
  return (
    <g class="mark" transform={`translate(${x} ${y})`}>
      {solid !== undefined && <path class="mark-solid" d={solid} />}
      {line !== undefined && <path class="mark-line" d={line} />}
      {cut !== undefined && <path class="mark-cut" d={cut} />}
    </g>
  );
}

/** A state's mark in running text; the word stands beside it. */
export function Mark({ tone }: { readonly tone: Tone }) {
  return (
    <svg class={`mark-icon tone-${tone}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      <MarkShape tone={tone} />
    </svg>
  );
}
