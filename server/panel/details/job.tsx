import type { JobDetail } from '../api/types.js';
import { formatCount, formatShare } from '../format/number.js';
import { formatDuration } from '../format/time.js';
import { visible, wordsOf } from '../format/text.js';
import { links } from '../state/router.js';
import { useResource } from '../state/use-resource.js';
import { Answer, Empty } from '../ui/answers.js';
import { StateBadge } from '../ui/badge.js';
import { FactsList } from '../ui/facts-list.js';
import { PathLink } from '../ui/path-link.js';
import { WhenAgo } from '../ui/when.js';
import { JobActions } from './job-table.js';
import { TaskTable } from './task-table.js';
import { Timeline } from './timeline.js';

export function JobDetails({ id }: { readonly id: string }) {
  const resource = useResource<JobDetail>(`jobs/${encodeURIComponent(id)}`, (event) => event.kind === 'job' && event.data.id === id);
  return (
    <Answer resource={resource} what="the job">
      {(job) => (
        <>
          <div class="actions">
            <JobActions job={job} />
          </div>
          {job.error !== undefined && (
            <div class="failure">
              <p class="failure-title">{visible(job.error.message)}</p>
              <p>
                <code>{job.error.code}</code>
              </p>
            </div>
          )}
          {job.state === 'running' && (
            <p class="progress-line">
              <progress value={job.progress.done} max={Math.max(1, job.progress.total)} aria-label="Progress" />
              {formatCount(job.progress.done)} of {formatCount(job.progress.total)} tasks known so far (
              {formatShare(job.progress.done, job.progress.total)})
            </p>
          )}
          <FactsList
            facts={[
              ['State', <StateBadge state={job.state} />],
              ['Processor', <a href={links.processor(job.processor)}>{job.processor}</a>],
              ['Period', job.period.label],
              ['Attempt', formatCount(job.attempt)],
              ['Created', <WhenAgo at={job.createdAt} />],
              ['Started', <WhenAgo at={job.startedAt} />],
              job.finishedAt !== undefined && ['Ended', <WhenAgo at={job.finishedAt} />],
              job.durationMs !== undefined && ['Took', formatDuration(job.durationMs)],
              job.recordsIn !== undefined && ['Records in', formatCount(job.recordsIn)],
              job.recordsOut !== undefined && ['Records out', formatCount(job.recordsOut)],
            ]}
          />
          <section>
            <h3>Tasks</h3>
            {job.tasks.length === 0 ? (
              <Empty title="No tasks are known.">They are while a job runs, and for some time after.</Empty>
            ) : (
              <>
                <Timeline tasks={job.tasks} />
                <TaskTable tasks={job.tasks} />
              </>
            )}
          </section>
          {Object.keys(job.counters).length > 0 && (
            <section>
              <h3>Counters</h3>
              <FactsList facts={Object.entries(job.counters).map(([name, n]) => [wordsOf(name), formatCount(n)] as const)} />
            </section>
          )}
          <section>
            <h3>Packages</h3>
            <p class="eyebrow">Writes</p>
            <PathLink path={job.output} />
            <p class="eyebrow">Reads</p>
            <ul class="paths">
              {job.inputs.map((path) => (
                <li key={path}>
                  <PathLink path={path} />
                </li>
              ))}
            </ul>
          </section>
        </>
      )}
    </Answer>
  );
}
