import { DEPTHS } from '../calendar/layout-of.js';
import type { LocationDay, LocationDetail, LocationSummary, Status } from '../api/types.js';
import { PackageTable } from '../details/package-table.js';
import { counted, formatCompact } from '../format/number.js';
import { status } from '../state/live.js';
import { links } from '../state/router.js';
import { useStore } from '../state/store.js';
import { useResource } from '../state/use-resource.js';
import { Answer, Empty, Failure, Loading } from '../ui/answers.js';
import { ApiError } from '../api/client.js';
import { Pager, usePaging } from '../ui/pager.js';
import { foldersBelow, rangeOf, type Folder } from './folders.js';

/** The browser of packages: the folders of the seed, from the dataset down to the packages of a day, week or month. */
export function PackagesPage({ path }: { readonly path: readonly string[] }) {
  const now = useStore(status);
  if (now === null) return <Loading what="locations" />;
  return (
    <>
      <div class="page-head">
        <h1>Packages</h1>
      </div>
      <Crumbs path={path.length === 0 ? [now.dataset] : path} />
      <Folders status={now} path={path} />
    </>
  );
}

/** Whether a path is that of a package: it is as deep as the layout of its location makes packages. */
export function isPackagePath(path: readonly string[], { locations }: Pick<Status, 'locations'>): boolean {
  const layout = locations.find((l) => l.name === path[1])?.layout;
  return layout !== undefined && path.length > 2 + DEPTHS[layout];
}

function Crumbs({ path }: { readonly path: readonly string[] }) {
  return (
    <nav class="crumbs" aria-label="Path">
      <ol>
        {path.map((segment, i) => (
          <li key={i}>
            <a href={links.packages(`/${path.slice(0, i + 1).join('/')}`)} aria-current={i === path.length - 1 ? 'page' : undefined}>
              {segment}
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function Folders({ status: { dataset, locations }, path }: { readonly status: Status; readonly path: readonly string[] }) {
  const [root, name, ...rest] = path;
  if (name === undefined && (root === undefined || root === dataset))
    return <FolderList folders={locations.map(folderOf)} above={`/${dataset}`} />;
  const location = root === dataset ? locations.find((l) => l.name === name) : undefined;
  if (location === undefined) return <Failure error={new ApiError(404, `There is no folder /${path.join('/')}.`)} />;
  return <LocationFolders key={location.name} location={location} above={`/${path.join('/')}`} rest={rest} />;
}

const folderOf = (l: LocationSummary): Folder => ({ name: l.name, packages: l.packages, records: l.records });

interface Inside {
  readonly location: LocationSummary;
  readonly above: string;
  /** The folders from the location on. */
  readonly rest: readonly string[];
}

function LocationFolders({ location, above, rest }: Inside) {
  const resource = useResource<LocationDetail>(
    `locations/${encodeURIComponent(location.name)}?limit=1`,
    (event) => event.kind === 'package' && event.data.location === location.name,
  );
  if (rest.length >= DEPTHS[location.layout]) return <PackagesOf location={location} above={above} rest={rest} />;
  return (
    <Answer resource={resource} what="folders">
      {({ days }: { readonly days: readonly LocationDay[] }) => (
        <FolderList folders={foldersBelow(location.layout, days, rest)} above={above} />
      )}
    </Answer>
  );
}

function FolderList({ folders, above }: { readonly folders: readonly Folder[]; readonly above: string }) {
  if (folders.length === 0) return <Empty title="The folder is empty.">Packages appear here as soon as they are complete.</Empty>;
  return (
    <ul class="folders">
      {folders.map(({ name, packages, records }) => (
        <li key={name}>
          <a class="folder" href={links.packages(`${above}/${name}`)}>
            <span class="folder-name">{name}</span>
            <span class="quiet">
              {counted(packages, 'package')}
              {records > 0 && ` · ${formatCompact(records)} beans`}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function PackagesOf({ location, above, rest }: Inside) {
  const paging = usePaging(above);
  const cursor = paging.cursor === undefined ? '' : `&cursor=${encodeURIComponent(paging.cursor)}`;
  const { from, to } = rangeOf(location.layout, rest);
  const resource = useResource<LocationDetail>(
    `locations/${encodeURIComponent(location.name)}?from=${from}&to=${to}&limit=50${cursor}`,
    (event) => event.kind === 'package' && event.data.location === location.name,
  );
  return (
    <Answer resource={resource} what="packages">
      {({ items, next }) =>
        items.length === 0 ? (
          <Empty title="The folder is empty." />
        ) : (
          <>
            <PackageTable packages={items} caption={`Packages in ${above}`} />
            <Pager paging={paging} next={next} what="packages" />
          </>
        )
      }
    </Answer>
  );
}
