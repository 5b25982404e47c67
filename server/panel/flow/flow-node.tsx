import type { Sample } from '../state/live.js';
import { MarkShape } from '../ui/mark.js';
import type { Facts } from './facts.js';
import { squeezed } from './fit-text.js';
import type { Box, Placed } from './layout.js';
import { sparkline } from './sparkline.js';

interface NodeProps {
  readonly node: Placed;
  readonly facts: Facts;
  readonly samples: readonly Sample[];
}

const PAD = 11;

/** A node of the chart: a link, so that mouse, Enter and screen readers all work as everywhere else. */
export function FlowNode({ node, facts, samples }: NodeProps) {
  const { name, href, look, details } = facts;
  const { x, y, width, height, kind } = node;
  return (
    <a href={href} class={`node node-${kind} tone-${look.tone}`} data-node={name} data-state={look.state}>
      <desc>{[spoken[kind], ...details].filter(Boolean).join(', ')}</desc>
      <g transform={`translate(${x} ${y})`}>
        <Frame kind={kind} width={width} height={height} />
        {kind === 'processor' ? <Pill facts={facts} width={width} height={height} /> : <Card node={node} facts={facts} samples={samples} />}
      </g>
    </a>
  );
}

const spoken = { sensor: '', agent: '', database: '', location: 'Location', processor: 'Processor' } as const;

/** Processors are pills, locations boxes with a tab, the database a drum, sensor and agent boxes. */
function Frame({ kind, width, height }: Pick<Placed, 'kind' | 'width' | 'height'>) {
  if (kind === 'location') return <path class="frame" d={`M5 0H48l6 6H${width - 5}q5 0 5 5V${height - 5}q0 5-5 5H5q-5 0-5-5V5q0-5 5-5z`} />;
  if (kind === 'database') {
    const side = `M0 11V${height - 11}q0 11 ${width / 2} 11t${width / 2}-11V11`;
    return (
      <>
        <path class="frame" d={`${side}q0-11-${width / 2}-11T0 11z`} />
        <path class="frame-line" d={`M0 11q0 11 ${width / 2} 11t${width / 2}-11`} />
      </>
    );
  }
  return <rect class="frame" width={width} height={height} rx={kind === 'processor' ? height / 2 : 9} />;
}

function Pill({ facts: { name, look, progress }, width, height }: { readonly facts: Facts } & Pick<Box, 'width' | 'height'>) {
  const inset = 15;
  const room = width - 2 * inset;
  return (
    <>
      <text class="node-name" x={inset} y={17} {...squeezed(name, room, 12, 600)}>
        {name}
      </text>{' '}
      <MarkShape tone={look.tone} x={inset} y={21.5} />
      <text class="node-word" x={inset + 17} y={31.5} {...squeezed(look.word, room - 17, 11, 500)}>
        {look.word}
      </text>
      {progress !== undefined && (
        <>
          <rect class="track" x={inset + 4} y={height - 4} width={room - 8} height={2} rx={1} />
          <rect class="bar" x={inset + 4} y={height - 4} width={(room - 8) * progress} height={2} rx={1} />
        </>
      )}
    </>
  );
}

function Card({ node, facts: { name, look, details }, samples }: NodeProps) {
  const { kind, width, height } = node;
  const room = width - 2 * PAD;
  const base = kind === 'location' ? 21 : kind === 'database' ? height / 2 - 12 : 20;
  // A location that is neither empty nor in trouble says how much it holds; the word would say the same again.
  const word = kind === 'location' && look.tone === 'ok' ? details[0] : look.word;
  return (
    <>
      <MarkShape tone={look.tone} x={PAD} y={base - 10} />
      <text class="node-name" x={PAD + 18} y={base} {...squeezed(name, room - 18, 12, 600)}>
        {name}
      </text>{' '}
      <text class="node-word" x={PAD} y={base + 15} {...squeezed(word ?? '', room, 11, 500)}>
        {word}
      </text>
      {kind !== 'location' &&
        details.map((detail, i) => (
          <text key={i} class="node-fact" x={PAD} y={base + 31 + i * 15} {...squeezed(detail, room, 11, 400)}>
            {kind === 'sensor' && i === 0 ? details.join(' · ') : kind === 'sensor' ? '' : detail}
          </text>
        ))}
      {kind === 'sensor' && samples.length > 1 && (
        <path class="spark" d={sparkline(samples.slice(-60), { x: PAD, y: base + 40, width: room, height: height - base - 50 })} />
      )}
    </>
  );
}
