import { packagePath } from '../api/client.js';
import type { PackageDetail } from '../api/types.js';
import { formatBytes, formatCount } from '../format/number.js';
import { wordsOf } from '../format/text.js';
import { status } from '../state/live.js';
import { links } from '../state/router.js';
import { useStore } from '../state/store.js';
import { useResource } from '../state/use-resource.js';
import { Action } from '../ui/action.js';
import { Answer } from '../ui/answers.js';
import { StateBadge } from '../ui/badge.js';
import { DataTable } from '../ui/data-table.js';
import { FactsList } from '../ui/facts-list.js';
import { PathLink } from '../ui/path-link.js';
import { WhenAgo } from '../ui/when.js';
import { Beans } from './beans.js';
import { rerun } from './job-table.js';
import { RejectedLines } from './rejected-lines.js';

export function PackageDetails({ path }: { readonly path: string }) {
  const resource = useResource<PackageDetail>(
    `packages/${packagePath(path)}`,
    (event) => event.kind === 'package' && (event.data.path === path || event.data.change === 'created'),
  );
  return (
    <Answer resource={resource} what="the package">
      {(p) => (
        <>
          <p class="path full-path">{p.path}</p>
          <Reruns of={p} />
          <FactsList
            facts={[
              ['State', <StateBadge state={p.state} />],
              ['Location', <a href={links.location(p.location, { day: p.period.first })}>{p.location}</a>],
              ['Period', p.period.label],
              ['Created', <WhenAgo at={p.createdAt} />],
              p.processor !== undefined && ['Made by', <a href={links.processor(p.processor)}>{p.processor}</a>],
              p.job !== undefined && ['Job', <a href={links.job(p.job)}>{p.job}</a>],
              ['Beans', formatCount(p.records)],
              ['Size', formatBytes(p.bytes)],
              p.rejected > 0 && ['Rejected lines', formatCount(p.rejected)],
              p.processor !== undefined &&
                p.parts.length === 0 &&
                p.report !== undefined && ['Report', <a href={links.injection(p.path)}>Injection report</a>],
            ]}
          />
          {Object.keys(p.counters).length > 0 && (
            <section>
              <h3>Counted on the way</h3>
              <FactsList facts={Object.entries(p.counters).map(([name, n]) => [wordsOf(name), formatCount(n)] as const)} />
            </section>
          )}
          {p.records > 0 && p.parts.length > 0 && <Beans of={p} />}
          {p.rejected > 0 && (
            <section>
              <h3>Rejected lines</h3>
              <RejectedLines path={`packages/${packagePath(p.path)}/rejects`} />
            </section>
          )}
          {p.parts.length > 0 && <Parts of={p} />}
          <Paths title="Made from" paths={p.inputs} />
          <Paths title="Used by" paths={p.usedBy} />
        </>
      )}
    </Answer>
  );
}

/** The processors that read this package, or made it, can run again for it alone. */
function Reruns({ of }: { readonly of: PackageDetail }) {
  const processors = useStore(status)?.processors ?? [];
  const names = processors.filter((p) => p.input === of.location || p.name === of.processor).map((p) => p.name);
  if (names.length === 0) return null;
  return (
    <div class="actions" role="group" aria-label="Run again for this package">
      {names.map((name) => (
        <Action key={name} label={`Re-run ${name} for this package`} run={() => rerun(name, undefined, of.path)}>
          Re-run {name}
        </Action>
      ))}
    </div>
  );
}

function Parts({ of }: { readonly of: PackageDetail }) {
  return (
    <section>
      <h3>Parts</h3>
      <DataTable
        caption="Parts of the package"
        rows={of.parts}
        keyOf={(part) => part.name}
        columns={[
          { head: 'Part', cell: (part) => <code>{part.name}</code> },
          { head: 'Beans', numeric: true, cell: (part) => formatCount(part.records) },
          { head: 'Size', numeric: true, cell: (part) => formatBytes(part.bytes) },
          { head: 'CRC-32', cell: (part) => <code>{part.checksum}</code> },
        ]}
      />
    </section>
  );
}

const SHOWN = 50;

function Paths({ title, paths }: { readonly title: string; readonly paths: readonly string[] }) {
  if (paths.length === 0) return null;
  const rest = paths.length - SHOWN;
  return (
    <section>
      <h3>
        {title} <span class="quiet">{formatCount(paths.length)}</span>
      </h3>
      <ul class="paths">
        {paths.slice(0, SHOWN).map((path) => (
          <li key={path}>
            <PathLink path={path} />
          </li>
        ))}
        {rest > 0 && <li class="quiet">and {formatCount(rest)} more</li>}
      </ul>
    </section>
  );
}
