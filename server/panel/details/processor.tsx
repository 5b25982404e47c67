import { useRef } from 'preact/hooks';
import type { ProcessorDetail } from '../api/types.js';
import { lookOfProcessor } from '../flow/states.js';
import { counted, formatCount } from '../format/number.js';
import { visible } from '../format/text.js';
import { links } from '../state/router.js';
import { useResource } from '../state/use-resource.js';
import { perform } from '../ui/action.js';
import { Answer, Empty } from '../ui/answers.js';
import { Badge } from '../ui/badge.js';
import { FactsList } from '../ui/facts-list.js';
import { JobTable, rerun } from './job-table.js';

const KINDS: Readonly<Record<ProcessorDetail['kind'], string>> = {
  mapreduce: 'map and reduce',
  map: 'map only',
  link: 'links packages, unchanged',
  inject: 'injection into the database',
};

const EXAMPLES = { package: '2026-03-02', day: '2026-03-02', week: '2026-W10', month: '2026-03' } as const;

export function ProcessorDetails({ name }: { readonly name: string }) {
  const resource = useResource<ProcessorDetail>(
    `processors/${encodeURIComponent(name)}`,
    (event) => event.kind === 'job' && event.data.processor === name,
  );
  return (
    <Answer resource={resource} what={name}>
      {(p) => (
        <>
          <FactsList
            facts={[
              ['State', <Badge look={lookOfProcessor(p)} />],
              ['Reads', <a href={links.location(p.input)}>{p.input}</a>],
              ['Writes', <a href={links.location(p.output)}>{p.output}</a>],
              ['A job covers', p.covers === 'package' ? 'one package' : `a ${p.covers}`],
              ['Kind', `${KINDS[p.kind]}${p.custom ? ' (your own)' : ''}`],
              ['Succeeded', formatCount(p.succeeded)],
              ['Failed', formatCount(p.failed)],
              ['Waiting', formatCount(p.waiting)],
            ]}
          />
          {p.state === 'failed' && p.lastJob?.error !== undefined && (
            <div class="failure">
              <p class="failure-title">{visible(p.lastJob.error.message)}</p>
              <p>
                <code>{p.lastJob.error.code}</code> What depends on it waits. Mend the cause, then retry the job.
              </p>
            </div>
          )}
          <Rerun processor={p} />
          <section>
            <div class="section-head">
              <h3>Jobs</h3>
              <a href={links.jobs({ processor: name })}>All jobs of {name}</a>
            </div>
            {p.jobs.length === 0 ? (
              <Empty title="It has not run yet.">It runs by itself when a package is complete in {p.input}.</Empty>
            ) : (
              <JobTable jobs={p.jobs} caption={`The last ${counted(p.jobs.length, 'job')} of ${name}`} />
            )}
          </section>
        </>
      )}
    </Answer>
  );
}

/** Run a period again, or everything. */
function Rerun({ processor: { name, covers } }: { readonly processor: ProcessorDetail }) {
  const field = useRef<HTMLInputElement>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    void perform(() => rerun(name, field.current?.value.trim()));
  };
  const unit = covers === 'package' ? 'day' : covers;
  return (
    <form class="inline-form" onSubmit={submit}>
      <label for="rerun-period">Run a {unit} again</label>
      <input
        ref={field}
        id="rerun-period"
        required
        pattern="\d{4}-(\d\d-\d\d|W\d\d|\d\d)"
        title={`For example ${EXAMPLES[covers]}`}
        placeholder={EXAMPLES[covers]}
        autocomplete="off"
        size={12}
      />
      <button type="submit" class="button">
        Re-run
      </button>
    </form>
  );
}
