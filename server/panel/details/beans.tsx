import { packagePath } from '../api/client.js';
import type { BeanPage, PackageDetail } from '../api/types.js';
import { formatCount } from '../format/number.js';
import { valueText } from '../format/text.js';
import { hrefOf, route } from '../state/router.js';
import { useStore } from '../state/store.js';
import { useResource } from '../state/use-resource.js';
import { Answer, Empty } from '../ui/answers.js';
import { DataTable } from '../ui/data-table.js';
import { Pager, usePaging } from '../ui/pager.js';

/** The beans of a package, one type at a time; `?type=` of the address chooses it. */
export function Beans({ of }: { readonly of: PackageDetail }) {
  const { path, query } = useStore(route);
  const types = Object.keys(of.beans);
  const type = types.find((t) => t === query['type']) ?? types[0];
  if (type === undefined) return null;
  return (
    <section>
      <h3>Beans</h3>
      <nav class="chips" aria-label="Bean types">
        {types.map((t) => (
          <a key={t} class="chip" href={hrefOf(path, { ...query, type: t })} aria-current={t === type ? 'true' : undefined}>
            {t} <span class="quiet">{formatCount(of.beans[t] ?? 0)}</span>
          </a>
        ))}
      </nav>
      <BeanTable path={of.path} type={type} />
    </section>
  );
}

const NUMBERS = new Set(['integer', 'number']);

function BeanTable({ path, type }: { readonly path: string; readonly type: string }) {
  const paging = usePaging(`${path} ${type}`);
  const cursor = paging.cursor === undefined ? '' : `&cursor=${encodeURIComponent(paging.cursor)}`;
  const resource = useResource<BeanPage>(`packages/${packagePath(path)}/beans?type=${encodeURIComponent(type)}&limit=25${cursor}`);
  return (
    <Answer resource={resource} what={`beans of ${type}`}>
      {({ fields, items, next }) =>
        items.length === 0 ? (
          <Empty title={`No beans of type ${type}.`} />
        ) : (
          <>
            <DataTable<BeanPage['items'][number]>
              caption={`Beans of type ${type}`}
              rows={items}
              keyOf={(_, i) => `${paging.page} ${i}`}
              columns={fields.map(({ name, kind }) => ({
                head: name,
                numeric: NUMBERS.has(kind),
                cell: (bean) => <Value value={bean[name]} />,
              }))}
            />
            <Pager paging={paging} next={next} what="beans" />
          </>
        )
      }
    </Answer>
  );
}

/** A value in one line; what is cut off is in the title. Times and ids are numbers too: without separators. */
function Value({ value }: { readonly value: unknown }) {
  const text = valueText(value);
  if (text === '') return <span class="quiet">–</span>;
  return (
    <bdi class="value" title={text.length > 40 ? text : undefined}>
      {text}
    </bdi>
  );
}
