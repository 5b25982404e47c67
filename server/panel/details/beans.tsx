import { packagePath } from '../api/client.js';
import type { BeanPage, PackageDetail } from '../api/types.js';
import { formatCount } from '../format/number.js';
import { valueText } from '../format/text.js';
import { formatTime } from '../format/time.js';
import { status } from '../state/live.js';
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
  const zone = useStore(status)?.timeZone ?? 'UTC';
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
                cell: (bean) => <Value value={bean[name]} zone={zone} />,
              }))}
            />
            <Pager paging={paging} next={next} what="beans" />
          </>
        )
      }
    </Answer>
  );
}

/** From 1990 to 2100 in ms: what a number in that range is, if it is a time. */
const TIMES = [631_152_000_000, 4_102_444_800_000] as const;

/**
 * A value in one line; what is cut off is in the title, and so is the time that a number may stand for. Numbers are shown as
 * they are stored, without separators: they may be ids and times as well as counts.
 */
function Value({ value, zone }: { readonly value: unknown; readonly zone: string }) {
  const text = valueText(value);
  if (text === '') return <span class="quiet">–</span>;
  const time = typeof value === 'number' && value >= TIMES[0] && value < TIMES[1] ? formatTime(value, zone) : undefined;
  return (
    <bdi class="value" title={time ?? (text.length > 40 ? text : undefined)}>
      {text}
    </bdi>
  );
}
