import type { ErrorNote, Status } from '../api/types.js';
import { JobActions } from '../details/job-table.js';
import { visible } from '../format/text.js';
import { links } from '../state/router.js';
import { Mark } from '../ui/mark.js';
import type { ComponentChildren } from 'preact';

interface Trouble {
  readonly name: string;
  readonly href: string;
  readonly tone: 'bad' | 'warn';
  readonly text: string;
  readonly action?: ComponentChildren;
}

/** What is wrong, each with the reason and what can be done; nothing where nothing is. */
export function Troubles({ status }: { readonly status: Status }) {
  const troubles = troublesOf(status);
  if (troubles.length === 0) return null;
  return (
    <ul class="troubles" aria-label="What needs attention">
      {troubles.map(({ name, href, tone, text, action }) => (
        <li key={name} class={`trouble tone-${tone}`}>
          <Mark tone={tone} />
          <a href={href}>{name}</a>
          <span class="trouble-text" title={text}>
            {text}
          </span>
          {action}
        </li>
      ))}
    </ul>
  );
}

function troublesOf({ capture, agent, scheduler, database, processors }: Status): Trouble[] {
  const troubles: Trouble[] = [];
  const add = (name: string, href: string, text: string, tone: Trouble['tone'] = 'bad', action?: ComponentChildren): void => {
    troubles.push({ name, href, text, tone, ...(action === undefined ? {} : { action }) });
  };
  const words = (error: ErrorNote | undefined, otherwise: string): string => (error === undefined ? otherwise : visible(error.message));
  if (capture?.state === 'DOWN') add('Sensor', links.sensor, 'The capture process is down; it is started again.');
  if (capture?.state === 'CRITICAL') add('Sensor', links.sensor, words(capture.error, 'The queue is full: requests are refused.'));
  if (capture?.state === 'WARNING') add('Sensor', links.sensor, 'More requests wait than the warning size.', 'warn');
  if (agent.state === 'failed') add('Agent', links.agent, words(agent.error, 'The agent failed.'));
  for (const { name, lastError } of agent.sources)
    if (lastError !== undefined) add(`Log source ${visible(name)}`, links.agent, words(lastError, ''), 'warn');
  if (scheduler.state === 'failed') add('Scheduler', links.jobs(), words(scheduler.error, 'The scheduler failed.'));
  if (database.state === 'failed') add('Database', links.database, words(database.error, 'The database does not answer.'));
  for (const { name, state, lastJob } of processors) {
    if (state !== 'failed') continue;
    const action = lastJob?.state === 'failed' ? <JobActions job={lastJob} /> : undefined;
    add(name, links.processor(name), words(lastJob?.error, 'A job failed.'), 'bad', action);
  }
  return troubles;
}
