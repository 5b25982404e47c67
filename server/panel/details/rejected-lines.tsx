import type { RejectedLine } from '../api/types.js';
import { formatCount } from '../format/number.js';
import { visible } from '../format/text.js';
import { useResource } from '../state/use-resource.js';
import { Answer, Empty } from '../ui/answers.js';
import { DataTable, type Column } from '../ui/data-table.js';
import { Pager, usePaging } from '../ui/pager.js';
import { PathLink } from '../ui/path-link.js';

interface Page {
  readonly items: readonly (RejectedLine & { readonly package?: string })[];
  readonly next?: string | undefined;
}

type Row = Page['items'][number];

/** Rejected lines as the API pages them: of a package, or of all with the package beside each. */
export function RejectedLines({ path, packages = false }: { readonly path: string; readonly packages?: boolean }) {
  const paging = usePaging(path);
  const cursor = paging.cursor === undefined ? '' : `&cursor=${encodeURIComponent(paging.cursor)}`;
  const resource = useResource<Page>(
    `${path}?limit=25${cursor}`,
    (event) => event.kind === 'package' && event.data.location === 'oirawdata',
  );
  return (
    <Answer resource={resource} what="rejected lines">
      {({ items, next }) =>
        items.length === 0 ? (
          <Empty title="No line was rejected.">Lines that break a rule are kept here, to be mended and sent again.</Empty>
        ) : (
          <>
            <DataTable
              caption="Rejected lines"
              rows={items}
              keyOf={(row, i) => `${paging.page} ${i} ${row.line}`}
              columns={columnsOf(packages)}
            />
            <Pager paging={paging} next={next} what="rejected lines" />
          </>
        )
      }
    </Answer>
  );
}

function columnsOf(packages: boolean): Column<Row>[] {
  return [
    { head: 'Reason', cell: (row) => <code>{visible(row.reason)}</code> },
    { head: 'Line', numeric: true, cell: (row) => formatCount(row.line) },
    { head: 'Source', minor: true, long: true, cell: (row) => (row.source === undefined ? '–' : visible(row.source)) },
    ...(packages
      ? [
          {
            head: 'Package',
            minor: true,
            long: true,
            cell: (row: Row) => (row.package === undefined ? '–' : <PathLink path={row.package} short />),
          },
        ]
      : []),
    {
      head: 'The line as it came',
      long: true,
      cell: (row) => (
        <bdi>
          <code class="raw">{visible(row.raw)}</code>
        </bdi>
      ),
    },
  ];
}
