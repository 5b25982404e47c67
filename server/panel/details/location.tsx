import { Calendar } from '../calendar/calendar.js';
import type { LiveEvent, LocationDetail, LocationSummary, PackageSummary, Status } from '../api/types.js';
import { lookOfLocation } from '../flow/states.js';
import { counted, formatBytes, formatCount } from '../format/number.js';
import { formatDuration, localDay } from '../format/time.js';
import { serviceNow, status } from '../state/live.js';
import { links, route, setQuery } from '../state/router.js';
import { useStore } from '../state/store.js';
import { useResource } from '../state/use-resource.js';
import { Answer, Empty } from '../ui/answers.js';
import { Badge } from '../ui/badge.js';
import { FactsList } from '../ui/facts-list.js';
import { Pager, usePaging } from '../ui/pager.js';
import { PackageTable } from './package-table.js';

export function LocationDetails({ name }: { readonly name: string }) {
  const concerns = concernsOf(name, status.get());
  const resource = useResource<LocationDetail>(`locations/${encodeURIComponent(name)}?limit=1`, concerns);
  const { query } = useStore(route);
  const zone = useStore(status)?.timeZone ?? 'UTC';
  return (
    <Answer resource={resource} what={name}>
      {(location) => {
        const lastDay = location.days.at(-1)?.day ?? localDay(serviceNow(), zone);
        return (
          <>
            <Summary location={location} />
            <Calendar
              layout={location.layout}
              days={location.days}
              month={query['month'] ?? (query['day'] ?? lastDay).slice(0, 7)}
              chosen={query['day']}
              onMonth={(month) => setQuery({ month })}
              hrefOf={(day) => links.location(name, { day: query['day'] === day ? undefined : day, month: query['month'] })}
            />
            <Packages location={location} day={query['day']} />
          </>
        );
      }}
    </Answer>
  );
}

/** What changes a location: its packages, and the states of the jobs that write to it. */
function concernsOf(name: string, now: Status | null): (event: LiveEvent) => boolean {
  const producer = now?.processors.find((p) => p.output === name)?.name;
  return (event) => (event.kind === 'package' ? event.data.location === name : event.kind === 'job' && event.data.processor === producer);
}

function Summary({ location }: { readonly location: LocationSummary }) {
  const now = useStore(status);
  if (now === null) return null;
  const producer = now.processors.find((p) => p.output === location.name);
  const readers = now.processors.filter((p) => p.input === location.name);
  const kept = now.retention.find((r) => r.location === location.name);
  return (
    <FactsList
      facts={[
        ['State', <Badge look={lookOfLocation(location, producer, now.agent)} />],
        [
          'Filled by',
          producer === undefined ? <a href={links.agent}>Agent</a> : <a href={links.processor(producer.name)}>{producer.name}</a>,
        ],
        readers.length > 0 && [
          'Read by',
          readers.map((p, i) => (
            <span key={p.name}>
              {i > 0 && ', '}
              <a href={links.processor(p.name)}>{p.name}</a>
            </span>
          )),
        ],
        ['Packages', formatCount(location.packages)],
        location.beans.length > 0 && ['Beans', formatCount(location.records)],
        location.beans.length > 0 && ['Size', formatBytes(location.bytes)],
        location.beans.length > 0 && ['Bean types', location.beans.join(', ')],
        ['Folders', <a href={links.packages(`/${now.dataset}/${location.name}`)}>{`/${now.dataset}/${location.name}`}</a>],
        kept !== undefined && [
          'Kept for',
          `${formatDuration(kept.keepMs)}; ${counted(kept.purged, 'package')} purged, ${formatCount(kept.held)} held`,
        ],
        kept?.reason !== undefined && ['Held because', kept.reason],
      ]}
    />
  );
}

/** The packages of a period, or all; newest as the API orders them. */
function Packages({ location: { name, packages }, day }: { readonly location: LocationSummary; readonly day: string | undefined }) {
  const range = day === undefined ? '' : `&from=${day}&to=${day}`;
  const paging = usePaging(`${name}${range}`);
  const cursor = paging.cursor === undefined ? '' : `&cursor=${encodeURIComponent(paging.cursor)}`;
  const resource = useResource<LocationDetail>(
    `locations/${encodeURIComponent(name)}?limit=25${range}${cursor}`,
    (event) => event.kind === 'package' && event.data.location === name,
  );
  return (
    <section>
      <div class="section-head">
        <h3>{day === undefined ? 'All packages' : `Packages of ${day}`}</h3>
        {day !== undefined && <a href={links.location(name, { month: day.slice(0, 7) })}>Show all {formatCount(packages)}</a>}
      </div>
      <Answer resource={resource} what="packages">
        {({ items, next }: { readonly items: readonly PackageSummary[]; readonly next?: string | undefined }) =>
          items.length === 0 ? (
            <Empty title={day === undefined ? 'No packages yet.' : 'No packages on that day.'}>
              {day === undefined
                ? 'They appear when what comes before this location has run.'
                : 'Choose a day with a mark in the calendar.'}
            </Empty>
          ) : (
            <>
              <PackageTable packages={items} caption={`Packages of ${name}`} />
              <Pager paging={paging} next={next} what="packages" />
            </>
          )
        }
      </Answer>
    </section>
  );
}
