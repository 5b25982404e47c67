import { packagePath } from '../api/client.js';
import type { InjectionDetail } from '../api/types.js';
import { formatCount } from '../format/number.js';
import { wordsOf } from '../format/text.js';
import { links } from '../state/router.js';
import { useResource } from '../state/use-resource.js';
import { Answer } from '../ui/answers.js';
import { DataTable, type Column } from '../ui/data-table.js';
import { FactsList } from '../ui/facts-list.js';
import { PathLink } from '../ui/path-link.js';
import { WhenAgo } from '../ui/when.js';

type TableReport = InjectionDetail['tables'][number];

const count = (head: string, of: (t: TableReport) => number): Column<TableReport> => ({
  head,
  numeric: true,
  cell: (t) => <span class={of(t) === 0 ? 'quiet' : ''}>{formatCount(of(t))}</span>,
});

const columns: readonly Column<TableReport>[] = [
  { head: 'Table', cell: (t) => <code>{t.table}</code> },
  count('Before', (t) => t.before),
  count('Inserted', (t) => t.inserted),
  count('Updated', (t) => t.updated),
  count('Removed', (t) => t.removed),
  count('Unchanged', (t) => t.unchanged),
  count('After', (t) => t.after),
  {
    head: 'Sums of the beans',
    cell: (t) =>
      Object.entries(t.sums)
        .map(([name, n]) => `${wordsOf(name)} ${formatCount(n)}`)
        .join(', '),
  },
];

/** The report of an injection: what became of the rows of each table. */
export function InjectionDetails({ path }: { readonly path: string }) {
  const resource = useResource<InjectionDetail>(`injections/${packagePath(path)}`);
  return (
    <Answer resource={resource} what="the report">
      {(report) => (
        <>
          <FactsList
            facts={[
              ['Processor', <a href={links.processor(report.processor)}>{report.processor}</a>],
              ['Period', report.period.label],
              ['Injected', <WhenAgo at={report.injectedAt} />],
              report.job !== undefined && ['Job', <a href={links.job(report.job)}>{report.job}</a>],
              ['Beans', formatCount(report.rows)],
              ['Package', <PathLink path={report.path} />],
            ]}
          />
          <section>
            <h3>Tables</h3>
            <DataTable caption="What became of the rows, by table" rows={report.tables} keyOf={(t) => t.table} columns={columns} />
          </section>
          <section>
            <h3>Made from</h3>
            <ul class="paths">
              {report.inputs.map((input) => (
                <li key={input}>
                  <PathLink path={input} />
                </li>
              ))}
            </ul>
          </section>
        </>
      )}
    </Answer>
  );
}
