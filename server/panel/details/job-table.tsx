import { post } from '../api/client.js';
import type { JobList, JobSummary } from '../api/types.js';
import { formatCount, formatShare } from '../format/number.js';
import { formatDuration } from '../format/time.js';
import { breakable, visible } from '../format/text.js';
import { links } from '../state/router.js';
import { Action } from '../ui/action.js';
import { StateBadge } from '../ui/badge.js';
import { DataTable, type Column } from '../ui/data-table.js';
import { When } from '../ui/when.js';

/** What can be done with a job now: stop it, try it again, or run what it did once more. */
export function JobActions({ job }: { readonly job: JobSummary }) {
  const { id, processor, period, state } = job;
  const about = `${processor} of ${period.label}`;
  if (state === 'running' || state === 'scheduled')
    return (
      <Action
        tone="danger"
        label={`Cancel ${about}`}
        run={() => post(`jobs/${encodeURIComponent(id)}/cancel`).then(() => `${about} is cancelled.`)}
      >
        Cancel
      </Action>
    );
  if (state === 'succeeded')
    return (
      <Action label={`Re-run ${about}`} run={() => rerun(processor, period.label)}>
        Re-run
      </Action>
    );
  return (
    <Action
      tone="main"
      label={`Retry ${about}`}
      run={() => post(`jobs/${encodeURIComponent(id)}/retry`).then(() => `${about} is tried again.`)}
    >
      Retry
    </Action>
  );
}

/** Run what has run once more. Errors: ApiError. */
export async function rerun(processor: string, period?: string, path?: string): Promise<string> {
  const { items } = await post<JobList>('jobs', {
    processor,
    ...(period === undefined || period === '' ? {} : { period }),
    ...(path === undefined ? {} : { package: path }),
  });
  return items.length === 1 ? `A job of ${processor} is scheduled.` : `${formatCount(items.length)} jobs of ${processor} are scheduled.`;
}

const columns: readonly Column<JobSummary>[] = [
  {
    head: 'Job',
    cell: (j) => (
      <>
        <a href={links.job(j.id)} data-job={j.id}>
          {j.period.label}
        </a>
        <span class="narrow">{breakable(j.processor)}</span>
        <span class="narrow quiet">
          <When at={j.startedAt ?? j.createdAt} />
        </span>
      </>
    ),
  },
  {
    head: 'State',
    cell: (j) => (
      <>
        <StateBadge state={j.state} />
        {j.state === 'running' && j.progress.total > 0 && <span class="quiet"> {formatShare(j.progress.done, j.progress.total)}</span>}
        {j.error !== undefined && j.state === 'failed' && <span class="cell-error">{visible(j.error.message)}</span>}
      </>
    ),
  },
  { head: 'Started', minor: true, cell: (j) => <When at={j.startedAt ?? j.createdAt} /> },
  { head: 'Took', numeric: true, minor: true, cell: (j) => (j.durationMs === undefined ? '–' : formatDuration(j.durationMs)) },
  { head: 'Attempt', numeric: true, minor: true, cell: (j) => formatCount(j.attempt) },
  { head: 'In', numeric: true, minor: true, cell: (j) => (j.recordsIn === undefined ? '–' : formatCount(j.recordsIn)) },
  { head: 'Out', numeric: true, minor: true, cell: (j) => (j.recordsOut === undefined ? '–' : formatCount(j.recordsOut)) },
  { head: 'Action', cell: (j) => <JobActions job={j} /> },
];

const ofProcessor: Column<JobSummary> = {
  head: 'Processor',
  minor: true,
  cell: (j) => <a href={links.processor(j.processor)}>{j.processor}</a>,
};

export function JobTable({
  jobs,
  caption,
  all = false,
}: {
  readonly jobs: readonly JobSummary[];
  readonly caption: string;
  readonly all?: boolean;
}) {
  const [first, ...rest] = columns;
  return (
    <DataTable
      caption={caption}
      columns={all && first !== undefined ? [first, ofProcessor, ...rest] : columns}
      rows={jobs}
      keyOf={(j) => j.id}
    />
  );
}
