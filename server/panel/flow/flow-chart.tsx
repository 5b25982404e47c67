import { useMemo } from 'preact/hooks';
import type { Status } from '../api/types.js';
import { samples } from '../state/live.js';
import { useStore } from '../state/store.js';
import { factsOfAgent, factsOfDatabase, factsOfLocation, factsOfProcessor, factsOfSensor, type Facts } from './facts.js';
import { FlowNode } from './flow-node.js';
import { Legend } from './legend.js';
import { layOut, type Placed } from './layout.js';

/** The flow chart of a wide screen. */
export function FlowChart({ status }: { readonly status: Status }) {
  const { locations, processors } = status;
  const chart = useMemo(() => layOut(locations, processors), [locations, processors]);
  const recent = useStore(samples);
  const running = new Set(processors.filter((p) => p.state === 'running').map((p) => p.name));
  return (
    <svg class="flow" viewBox={`0 0 ${chart.width} ${chart.height}`} role="group" aria-label="Flow from the sensor to the database">
      <g class="pipes" aria-hidden="true">
        {chart.pipes.map(({ d, processor }) => (
          <path key={d} class={processor !== undefined && running.has(processor) ? 'pipe pipe-run' : 'pipe'} d={d} />
        ))}
      </g>
      {chart.nodes.map((node) => {
        const facts = factsOf(node, status);
        return <FlowNode key={`${node.kind} ${facts.name}`} node={node} facts={facts} samples={recent} />;
      })}
      {chart.legend !== undefined && <Legend {...chart.legend} />}
    </svg>
  );
}

function factsOf(node: Placed, status: Status): Facts {
  switch (node.kind) {
    case 'sensor':
      return factsOfSensor(status);
    case 'agent':
      return factsOfAgent(status);
    case 'database':
      return factsOfDatabase(status);
    case 'location':
      return factsOfLocation(status, node.location, node.producer);
    case 'processor':
      return factsOfProcessor(node.processor);
  }
}
