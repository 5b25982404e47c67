import type { JobPage } from '../api/types.js';
import { status } from '../state/live.js';
import { setQuery, type Route } from '../state/router.js';
import { useStore } from '../state/store.js';
import { useResource } from '../state/use-resource.js';
import { Answer, Empty } from '../ui/answers.js';
import { Pager, usePaging } from '../ui/pager.js';
import { JobTable } from '../details/job-table.js';
import { SchedulerControl } from './scheduler-control.js';

const STATES = ['scheduled', 'running', 'succeeded', 'failed', 'cancelled'] as const;
const FILTERS = ['processor', 'state', 'location', 'from', 'to'] as const;

export function JobsPage({ filters }: { readonly filters: Route['query'] }) {
  const now = useStore(status);
  const search = new URLSearchParams(FILTERS.flatMap((f) => (filters[f] === undefined ? [] : [[f, filters[f]]]))).toString();
  const paging = usePaging(search);
  const cursor = paging.cursor === undefined ? '' : `&cursor=${encodeURIComponent(paging.cursor)}`;
  const resource = useResource<JobPage>(`jobs?limit=50${search === '' ? '' : `&${search}`}${cursor}`, (event) => event.kind === 'job');
  const filtered = search !== '';
  return (
    <>
      <div class="page-head">
        <h1>Jobs</h1>
        <SchedulerControl />
      </div>
      <form class="filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
        <Choice name="processor" all="All processors" options={now?.processors.map((p) => p.name) ?? []} value={filters['processor']} />
        <Choice name="state" all="All states" options={STATES} value={filters['state']} />
        <Choice name="location" all="All locations" options={now?.locations.map((l) => l.name) ?? []} value={filters['location']} />
        <DayField name="from" label="From day" value={filters['from']} />
        <DayField name="to" label="To day" value={filters['to']} />
        {filtered && (
          <button type="button" class="button plain" onClick={() => setQuery(Object.fromEntries(FILTERS.map((f) => [f, undefined])))}>
            Clear filters
          </button>
        )}
      </form>
      <Answer resource={resource} what="jobs">
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title={filtered ? 'No job is like that.' : 'No jobs yet.'}>
              {filtered
                ? 'Clear a filter to see more.'
                : 'The first runs when the first package is complete; the sensor ends one every few minutes.'}
            </Empty>
          ) : (
            <>
              <JobTable jobs={items} caption="Jobs, newest first" all />
              <Pager paging={paging} next={next} what="jobs" />
            </>
          )
        }
      </Answer>
    </>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly all: string;
  readonly options: readonly string[];
  readonly value: string | undefined;
}

function Choice({ name, all, options, value }: ChoiceProps) {
  return (
    <select aria-label={name} name={name} value={value ?? ''} onChange={(event) => setQuery({ [name]: event.currentTarget.value })}>
      <option value="">{all}</option>
      {options.map((o) => (
        <option key={o} value={o} selected={o === value}>
          {o}
        </option>
      ))}
    </select>
  );
}

function DayField({ name, label, value }: { readonly name: string; readonly label: string; readonly value: string | undefined }) {
  return (
    <label class="day-field">
      {label}
      <input type="date" name={name} value={value ?? ''} onChange={(event) => setQuery({ [name]: event.currentTarget.value })} />
    </label>
  );
}
