import type { Task } from '../api/types.js';
import { counted } from '../format/number.js';
import { formatDuration } from '../format/time.js';
import { visible } from '../format/text.js';

const WIDTH = 800;
const LANE = 22;
const LABEL = 62;

/** When each thread worked at what: a lane a thread, a bar a task; the axis begins with the first task. */
export function Timeline({ tasks }: { readonly tasks: readonly Task[] }) {
  const threads = [...new Set(tasks.map((t) => t.thread))].toSorted((a, b) => a - b);
  const start = tasks.reduce((at, t) => Math.min(at, t.start), Infinity);
  const end = tasks.reduce((at, t) => Math.max(at, t.end), -Infinity);
  const span = Math.max(1, end - start);
  const x = (at: number): number => LABEL + ((WIDTH - LABEL) * (at - start)) / span;
  const height = threads.length * LANE + 20;
  return (
    <svg
      class="timeline"
      viewBox={`0 0 ${WIDTH} ${height}`}
      role="img"
      aria-label={`Timeline: ${counted(tasks.length, 'task')} on ${counted(threads.length, 'thread')} in ${formatDuration(span)}`}
    >
      {threads.map((thread, lane) => (
        <g key={thread}>
          <text class="lane-label" x={0} y={lane * LANE + 15}>
            {thread === 0 ? 'main' : `thread ${thread}`}
          </text>
          <line class="lane" x1={LABEL} x2={WIDTH} y1={lane * LANE + LANE - 1} y2={lane * LANE + LANE - 1} />
        </g>
      ))}
      {tasks.map((t, i) => (
        <rect
          key={`${t.start} ${i}`}
          class={t.error === undefined ? 'task' : 'task task-failed'}
          x={x(t.start)}
          y={threads.indexOf(t.thread) * LANE + 4}
          width={Math.max(1.5, x(t.end) - x(t.start) - 0.5)}
          height={LANE - 8}
          rx={2}
        >
          <title>{`${visible(t.label)}: ${formatDuration(t.end - t.start)}${t.error === undefined ? '' : `, failed: ${visible(t.error.message)}`}`}</title>
        </rect>
      ))}
      {[0, 0.25, 0.5, 0.75, 1].map((share) => (
        <text key={share} class={`tick ${share === 1 ? 'tick-end' : ''}`} x={LABEL + (WIDTH - LABEL) * share} y={height - 4}>
          {formatDuration(span * share)}
        </text>
      ))}
    </svg>
  );
}
