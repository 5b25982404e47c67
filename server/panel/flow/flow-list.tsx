import type { Status } from '../api/types.js';
import { Mark } from '../ui/mark.js';
import { factsOfAgent, factsOfDatabase, factsOfLocation, factsOfProcessor, factsOfSensor, type Facts } from './facts.js';
import { forestOf, stepsOf } from './topology.js';

interface Item {
  readonly kind: 'sensor' | 'agent' | 'location' | 'processor' | 'database';
  readonly facts: Facts;
  readonly branch: number;
}

/** The same flow from top to bottom, for a narrow screen: what branches off is set in. */
export function FlowList({ status }: { readonly status: Status }) {
  return (
    <ol class="flow-list" aria-label="Flow from the sensor to the database">
      {itemsOf(status).map(({ kind, facts, branch }) => (
        <li key={`${kind} ${facts.name}`} class={`step step-${kind} branch-${Math.min(branch, 4)}`}>
          <a href={facts.href} class={`step-link tone-${facts.look.tone}`} data-node={facts.name} data-state={facts.look.state}>
            <Mark tone={facts.look.tone} />
            <span class="step-name">{facts.name}</span>
            <span class="step-word">{facts.look.word}</span>
            {facts.details.length > 0 && <span class="step-facts">{factLine(facts)}</span>}
            {facts.progress !== undefined && (
              <progress class="step-progress" value={facts.progress} max={1} aria-label={`Progress of ${facts.name}`} />
            )}
          </a>
        </li>
      ))}
    </ol>
  );
}

const factLine = ({ details, look }: Facts): string => details.filter((d) => d !== look.word).join(' · ');

function itemsOf(status: Status): Item[] {
  const items: Item[] = [
    { kind: 'sensor', facts: factsOfSensor(status), branch: 0 },
    { kind: 'agent', facts: factsOfAgent(status), branch: 0 },
  ];
  for (const { step, branch } of stepsOf(forestOf(status.locations, status.processors))) {
    if (step.processor !== undefined) items.push({ kind: 'processor', facts: factsOfProcessor(step.processor), branch });
    items.push({ kind: 'location', facts: factsOfLocation(status, step.location, step.processor), branch });
  }
  items.push({ kind: 'database', facts: factsOfDatabase(status), branch: 0 });
  return items;
}
