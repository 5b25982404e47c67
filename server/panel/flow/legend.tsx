import { MarkShape } from '../ui/mark.js';
import type { Box } from './layout.js';
import type { Tone } from './states.js';

const TONES: readonly (readonly [Tone, string])[] = [
  ['ok', 'up to date'],
  ['run', 'running'],
  ['wait', 'waiting'],
  ['idle', 'nothing yet'],
  ['warn', 'wants a look'],
  ['bad', 'failed'],
];

/** What the marks and the shapes of the chart mean. All of them stand beside a word too: this is for the eye. */
export function Legend({ x, y, height }: Box) {
  return (
    <g class="flow-legend" transform={`translate(${x} ${y})`} aria-hidden="true">
      {TONES.map(([tone, word], i) => (
        <g key={tone} class={`tone-${tone}`} transform={`translate(${i < 3 ? 0 : 104} ${height - 74 + (i % 3) * 24})`}>
          <MarkShape tone={tone} />
          <text class="node-fact" x={19} y={10}>
            {word}
          </text>
        </g>
      ))}
      <g class="tone-idle" transform={`translate(214 ${height - 76})`}>
        <rect class="frame" width={26} height={15} rx={7.5} />
        <text class="node-fact" x={34} y={12}>
          processor
        </text>
        <path class="frame" d="M2 24h8l3 3h11q2 0 2 2v9q0 2-2 2H2q-2 0-2-2V26q0-2 2-2z" />
        <text class="node-fact" x={34} y={36}>
          location
        </text>
      </g>
    </g>
  );
}
