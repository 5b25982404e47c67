import type { LocationSummary, ProcessorSummary, Status } from '../api/types.js';
import { counted, formatCompact, formatCount } from '../format/number.js';
import { links } from '../state/router.js';
import { lookOfAgent, lookOfDatabase, lookOfLocation, lookOfProcessor, lookOfSensor, type Look } from './states.js';

/** What a node of the flow says, in the chart and in the list alike. */
export interface Facts {
  readonly name: string;
  readonly href: string;
  readonly look: Look;
  readonly details: readonly string[];
  /** From 0 to 1, of a job that runs. */
  readonly progress?: number;
}

export function factsOfSensor({ capture }: Status): Facts {
  const details =
    capture === null ? ['no report from it'] : [`${formatCount(capture.perSecond)}/s`, `queue ${formatCompact(capture.queue)}`];
  return { name: 'Sensor', href: links.sensor, look: lookOfSensor(capture), details };
}

export function factsOfAgent({ agent }: Status): Facts {
  const details = [counted(agent.packagesMoved, 'package') + ' moved'];
  if (agent.sources.length > 0) details.push(counted(agent.sources.length, 'log source'));
  return { name: 'Agent', href: links.agent, look: lookOfAgent(agent), details };
}

export function factsOfDatabase({ database }: Status): Facts {
  const kind = { duckdb: 'DuckDB', postgres: 'PostgreSQL' }[database.kind];
  return { name: 'Database', href: links.database, look: lookOfDatabase(database), details: [kind] };
}

export function factsOfLocation({ agent }: Status, location: LocationSummary, producer?: ProcessorSummary): Facts {
  const look = lookOfLocation(location, producer, agent);
  const details = [counted(location.packages, 'package')];
  if (location.beans.length > 0) details.push(`${formatCompact(location.records)} beans`);
  return { name: location.name, href: links.location(location.name), look, details };
}

export function factsOfProcessor(processor: ProcessorSummary): Facts {
  const { lastJob, running } = processor;
  const facts = { name: processor.name, href: links.processor(processor.name), look: lookOfProcessor(processor), details: [] };
  if (processor.state !== 'running' || running > 1 || lastJob?.state !== 'running' || lastJob.progress.total === 0) return facts;
  return { ...facts, progress: lastJob.progress.done / lastJob.progress.total };
}
