import type { PackageSummary } from '../api/types.js';
import { formatBytes, formatCount } from '../format/number.js';
import { lastSegment, visible } from '../format/text.js';
import { links } from '../state/router.js';
import { StateBadge } from '../ui/badge.js';
import { DataTable } from '../ui/data-table.js';
import { When } from '../ui/when.js';

export function PackageTable({ packages, caption }: { readonly packages: readonly PackageSummary[]; readonly caption: string }) {
  return (
    <DataTable
      caption={caption}
      rows={packages}
      keyOf={(p) => p.path}
      columns={[
        {
          head: 'Package',
          long: true,
          cell: (p) => (
            <a class="path" href={links.packages(p.path)} title={visible(p.path)}>
              <span class="quiet">{p.period.label}/</span>
              {visible(lastSegment(p.path))}
            </a>
          ),
        },
        { head: 'State', minor: true, cell: (p) => <StateBadge state={p.state} /> },
        { head: 'Created', cell: (p) => <When at={p.createdAt} /> },
        { head: 'Beans', numeric: true, cell: (p) => formatCount(p.records) },
        { head: 'Size', numeric: true, minor: true, cell: (p) => formatBytes(p.bytes) },
        { head: 'Rejected', numeric: true, minor: true, cell: (p) => formatCount(p.rejected) },
      ]}
    />
  );
}
