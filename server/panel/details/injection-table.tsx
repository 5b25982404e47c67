import type { InjectionPage } from '../api/types.js';
import { formatCount } from '../format/number.js';
import { links } from '../state/router.js';
import { useResource } from '../state/use-resource.js';
import { Answer, Empty } from '../ui/answers.js';
import { DataTable } from '../ui/data-table.js';
import { Pager, usePaging } from '../ui/pager.js';
import { When } from '../ui/when.js';

/** What went into the database, newest first. */
export function InjectionTable({ limit, paged = true }: { readonly limit: number; readonly paged?: boolean }) {
  const paging = usePaging('injections');
  const cursor = paging.cursor === undefined ? '' : `&cursor=${encodeURIComponent(paging.cursor)}`;
  const resource = useResource<InjectionPage>(
    `injections?limit=${limit}${cursor}`,
    (event) => event.kind === 'package' && event.data.location.endsWith('injected'),
  );
  return (
    <Answer resource={resource} what="injections">
      {({ items, next }) =>
        items.length === 0 ? (
          <Empty title="Nothing is in the database yet.">
            A day is injected when its sums are complete; weeks and months when they close.
          </Empty>
        ) : (
          <>
            <DataTable
              caption="Injections, newest first"
              rows={items}
              keyOf={(i) => i.path}
              columns={[
                { head: 'Period', cell: (i) => <a href={links.injection(i.path)}>{i.period.label}</a> },
                { head: 'Processor', cell: (i) => <a href={links.processor(i.processor)}>{i.processor}</a> },
                { head: 'Injected', cell: (i) => <When at={i.injectedAt} /> },
                { head: 'Beans', numeric: true, cell: (i) => formatCount(i.rows) },
                { head: 'Tables', numeric: true, minor: true, cell: (i) => formatCount(i.tables) },
              ]}
            />
            {paged && <Pager paging={paging} next={next} what="injections" />}
          </>
        )
      }
    </Answer>
  );
}
